"""What thieves, and meters that fail, report instead of what was used.

The attacks are of the types that the literature injects into honest series, there being next to no published thefts:
P. Jokar, N. Arianpoo and V. C. M. Leung, "Electricity theft detection in AMI using customers' consumption patterns",
IEEE Transactions on Smart Grid 7(1), 2016 (scaling by 0.1 to 0.8, nothing for more than four hours of a day), and
R. Punmiya and S. Choe, "Energy theft detection using gradient boosting theft detector with feature engineering-based
preprocessing", IEEE Transactions on Smart Grid 10(2), 2019 (factors that depend on the hour). A limit on what is
reported, and another day's readings, complete them. All lower the bill; what is given to the network is left as it is,
but for a whole day that is replayed.

The evasions are thefts by somebody who knows what a home is compared with.
"""

from collections.abc import Callable
from functools import wraps

import numpy as np

from dem.meters.anomalies.readings import IMPORTED, PAST_DAYS

# (what was used, generator) -> what is reported; shape (TOTAL_DAYS, slots, 2), Wh.
Attack = Callable[[np.ndarray, np.random.Generator], np.ndarray]
# (window, past, generator) -> what is reported in the window.
_Change = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
_LEAST_SHARE, _MOST_SHARE = 0.1, 0.8
_PEAK_HOURS = (4, 6)
_ZERO_HOURS = (4, 8)
_CUT_QUANTILES = (0.6, 0.95)
_CHEAP_SHARE = 1 / 3
_STUCK_DAYS = (1, 7)
_SHIFT_HOURS = (2, 6)
_NOISE = 0.05


def _in_the_window(change: _Change) -> Attack:
    """The attack that reports the past as it was and changes the days that are judged."""

    @wraps(change)
    def attack(used: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        past, window = used[:PAST_DAYS], used[PAST_DAYS:]
        return np.concatenate([past, change(window, past, generator)])

    return attack


@_in_the_window
def scaling(window: np.ndarray, past: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A constant share of what was used: a bypassed meter, a changed transformer ratio."""
    return _imports_times(window, generator.uniform(_LEAST_SHARE, _MOST_SHARE))


@_in_the_window
def peak_hours(window: np.ndarray, past: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A constant share in the hours of the day in which the home used most, four to six of them in a row."""
    hour = _slots_per_hour(window)
    length = hour * generator.integers(*_PEAK_HOURS, endpoint=True)
    profile = past[..., IMPORTED].mean(axis=0)
    sums = np.convolve(np.tile(profile, 2), np.ones(length), "valid")[: len(profile)]
    slots = (np.argmax(sums) + np.arange(length)) % len(profile)
    reported = window.copy()
    reported[:, slots, IMPORTED] *= generator.uniform(_LEAST_SHARE, _MOST_SHARE)
    return reported


@_in_the_window
def zeroing(window: np.ndarray, past: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Nothing for four to eight hours of each day, begun at random."""
    hour, reported = _slots_per_hour(window), window.copy()
    for day in reported:
        length = hour * generator.integers(*_ZERO_HOURS, endpoint=True)
        begin = generator.integers(len(day) - length + 1)
        day[begin : begin + length, IMPORTED] = 0.0
    return reported


@_in_the_window
def replay(window: np.ndarray, past: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """For each day the readings of an earlier one, out of the third in which least was used."""
    return _cheap_days(window, past, generator)


@_in_the_window
def clipping(window: np.ndarray, past: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """No more than a limit, which 5 to 40 % of the past readings exceed."""
    reported = window.copy()
    limit = np.quantile(past[..., IMPORTED], generator.uniform(*_CUT_QUANTILES))
    reported[..., IMPORTED] = np.minimum(reported[..., IMPORTED], limit)
    return reported


@_in_the_window
def stuck(window: np.ndarray, past: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A register that repeats its last reading for one to seven days."""
    days, slots, _ = window.shape
    length = slots * generator.integers(*_STUCK_DAYS, endpoint=True)
    begin = generator.integers(days * slots - length + 1)
    series = window.reshape(-1, 2).copy()
    series[begin : begin + length] = series[begin]
    return series.reshape(window.shape)


@_in_the_window
def shifted_clock(window: np.ndarray, past: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A clock that is two to six hours fast or slow."""
    slots = _slots_per_hour(window) * generator.integers(*_SHIFT_HOURS, endpoint=True) * generator.choice([-1, 1])
    return np.roll(window.reshape(-1, 2), slots, axis=0).reshape(window.shape)


def older(used: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A constant share of what was used, in the past that it is compared with too."""
    return _imports_times(used, generator.uniform(_LEAST_SHARE, _MOST_SHARE))


def growing(used: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A share that shrinks day by day from all to as little as `scaling` leaves, begun with the past."""
    return _imports_times(used, np.linspace(1, generator.uniform(_LEAST_SHARE, _MOST_SHARE), len(used))[:, None])


@_in_the_window
def noisy_replay(window: np.ndarray, past: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Replayed days with 5 % noise on every reading, so that none was there before."""
    days = _cheap_days(window, past, generator)
    return days * (1 + _NOISE * generator.standard_normal(days.shape))


ATTACKS: dict[str, Attack] = {
    "scaling": scaling,
    "peak hours": peak_hours,
    "zeroing": zeroing,
    "replay": replay,
    "clipping": clipping,
}
FAULTS: dict[str, Attack] = {"stuck": stuck, "shifted clock": shifted_clock}
EVASIONS: dict[str, Attack] = {"older theft": older, "growing theft": growing, "noisy replay": noisy_replay}


def falsify(honest: np.ndarray, attack: Attack, generator: np.random.Generator) -> np.ndarray:
    """What is reported if every home does the same, each on its own.

    Args:
        honest: shape (homes, `TOTAL_DAYS`, slots, 2), whole Wh.
        attack: what is done.
        generator: draws how strongly.

    Returns:
        The same shape, whole Wh.
    """
    return np.maximum(np.rint([attack(home, generator) for home in honest]), 0.0)


def _imports_times(used: np.ndarray, share: float | np.ndarray) -> np.ndarray:
    reported = used.copy()
    reported[..., IMPORTED] *= share
    return reported


def _cheap_days(window: np.ndarray, past: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """As many days of the past as the window has, out of the third in which least was used."""
    cheapest = np.argsort(past[..., IMPORTED].sum(axis=1))[: max(1, round(_CHEAP_SHARE * len(past)))]
    return past[generator.choice(cheapest, len(window))]


def _slots_per_hour(window: np.ndarray) -> int:
    return window.shape[1] // 24
