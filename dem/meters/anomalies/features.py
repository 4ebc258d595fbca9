"""What the detector looks at: a home beside its own past, beside its neighbours at the same hours, and by itself.

Weather and sun need no columns of their own: the neighbours have the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from dem.meters.anomalies.readings import EXPORTED, IMPORTED, PAST_DAYS, WINDOW_DAYS, Readings

_BLOCKS = 8  # of three hours, in a day
_HEIGHTS = (0.1, 0.5, 0.9, 0.95, 0.99, 1)
_BASE = 0.1  # quantile that stands for what runs all the time
_SMALL = 0.02  # of a home's mean reading: below this, one is as good as none
_AS_BEFORE = 0.02  # a day this near to an earlier one, as a share of its own size, repeats it
_AWAY = 0.5  # of a usual day


@dataclass(frozen=True)
class Street:
    """What is usual among each home's neighbours in the same days; the home itself does not count.

    Attributes:
        usual: one row a home: median of its neighbours' changes beside their own past.
        mean: its neighbours' mean reading, shape (homes, days, slots, 2), Wh.
    """

    usual: pd.DataFrame
    mean: np.ndarray

    @classmethod
    def of(cls, reported: np.ndarray) -> Self:
        """Of what all homes of a street reported, shape (homes, past and window days, slots, 2), Wh.

        Raises:
            ValueError: there is one home alone.
        """
        if len(reported) < 2:
            raise ValueError("a home without neighbours cannot be compared with its street")
        changes = _beside_past(reported)
        rows = changes.to_numpy()
        usual = [np.median(np.delete(rows, home, axis=0), axis=0) for home in range(len(rows))]
        others = (reported.sum(axis=0) - reported) / (len(reported) - 1)
        return cls(pd.DataFrame(usual, columns=changes.columns), others)

    @classmethod
    def of_windows(cls, honest: Readings) -> Self:
        """Of every window of a street, the homes of the first window before those of the second."""
        each = [cls.of(reported) for reported in honest.windows()]
        usual = pd.concat([street.usual for street in each], ignore_index=True)
        return cls(usual, np.concatenate([street.mean for street in each]))


def features(reported: np.ndarray, street: Street) -> pd.DataFrame:
    """One row a home.

    Args:
        reported: what each home reported, whatever its neighbours did, shape as `Street.of` takes it, Wh.
        street: the same homes' neighbours.
    """
    own = _beside_past(reported)
    beside_street = (own - street.usual).add_suffix(", beside the street")
    return pd.concat([own, beside_street, _by_itself(reported), _with_street(reported, street.mean)], axis=1)


def _beside_past(energy: np.ndarray) -> pd.DataFrame:
    """Logarithms of what is now over what was before: of the mean, by hour, of the base load, of the heights."""
    imported = energy[..., IMPORTED]
    past, now = imported[:, :PAST_DAYS], imported[:, PAST_DAYS:]
    least = _SMALL * past.mean(axis=(1, 2)) + 1.0
    columns = {"mean": (now.mean(axis=(1, 2)), past.mean(axis=(1, 2)))}
    columns |= _named("height", _HEIGHTS, _heights(now), _heights(past))
    blocks_now, blocks_past = _by_block(now), _by_block(past)
    columns |= _named("hours", range(_BLOCKS), blocks_now.mean(axis=2).T, blocks_past.mean(axis=2).T)
    columns |= _named("base load", range(_BLOCKS), _base_loads(blocks_now), _base_loads(blocks_past))
    frame = pd.DataFrame({name: np.log((a + least) / (b + least)) for name, (a, b) in columns.items()})
    for name in ("hours", "base load"):
        blocks = frame[[f"{name} {block}" for block in range(_BLOCKS)]]
        frame[f"deepest {name}"] = blocks.min(axis=1) - blocks.median(axis=1)
        frame[f"median {name}"] = blocks.median(axis=1)
    frame["spread"] = np.log((_spread(now) + _SMALL) / (_spread(past) + _SMALL))
    return frame


def _by_itself(energy: np.ndarray) -> pd.DataFrame:
    """Nothing at all, flat tops, standing registers, days that were there before, days away, hours that moved."""
    now, past = energy[:, PAST_DAYS:], energy[:, :PAST_DAYS]
    nothing = (now == 0).all(axis=-1).reshape(len(now), -1)
    series = now[..., IMPORTED].reshape(len(now), -1)
    top = series.max(axis=1, keepdims=True)
    same = (series[:, 1:] == series[:, :-1]) & (series[:, 1:] > 0)
    repeated = _nearest_day(energy)
    shift, gain, likeness = _hours_moved(now[..., IMPORTED].mean(axis=1), past[..., IMPORTED].mean(axis=1))
    return pd.DataFrame(
        {
            "nothing": nothing.mean(axis=1),
            "nothing before": (past == 0).all(axis=-1).mean(axis=(1, 2)),
            "longest nothing": _longest_run(nothing) / now.shape[2],
            "not imported": (series == 0).mean(axis=1) - (past[..., IMPORTED] == 0).mean(axis=(1, 2)),
            "at the top": ((series == top) & (top > 0)).mean(axis=1),
            "longest the same": _longest_run(same) / now.shape[2],
            "nearest day": repeated.min(axis=1),
            "usual nearest day": np.median(repeated, axis=1),
            "days as before": (repeated < _AS_BEFORE).mean(axis=1),
            "days away": _days_away(energy[..., IMPORTED]),
            "hours moved": shift,
            "likeness when moved": gain,
            "likeness of hours": likeness,
        }
    )


def _with_street(reported: np.ndarray, neighbours: np.ndarray) -> pd.DataFrame:
    """How closely a home follows its street, now and less than before."""
    columns = {}
    for name, register in (("imports", IMPORTED), ("exports", EXPORTED)):
        now, past = (
            _correlation(reported[:, days, :, register], neighbours[:, days, :, register])
            for days in (slice(PAST_DAYS, None), slice(PAST_DAYS))
        )
        columns |= {f"{name} with the street": now, f"{name} with the street, beside the past": now - past}
    return pd.DataFrame(columns)


def _named(
    name: str, parts: Iterable[object], now: np.ndarray, past: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    return {f"{name} {part}": pair for part, *pair in zip(parts, now, past, strict=True)}


def _heights(imported: np.ndarray) -> np.ndarray:
    """Shape (heights, homes)."""
    return np.quantile(imported.reshape(len(imported), -1), _HEIGHTS, axis=1)


def _by_block(imported: np.ndarray) -> np.ndarray:
    """Shape (homes, blocks of the day, readings)."""
    homes, days, slots = imported.shape
    blocks = imported.reshape(homes, days, _BLOCKS, slots // _BLOCKS)
    return blocks.swapaxes(1, 2).reshape(homes, _BLOCKS, -1)


def _base_loads(blocks: np.ndarray) -> np.ndarray:
    """Shape (blocks, homes)."""
    return np.quantile(blocks, _BASE, axis=2).T


def _spread(imported: np.ndarray) -> np.ndarray:
    series = imported.reshape(len(imported), -1)
    return series.std(axis=1) / (series.mean(axis=1) + 1.0)


def _longest_run(mask: np.ndarray) -> np.ndarray:
    """Longest run of true values in each row."""
    count = np.cumsum(mask, axis=1)
    return (count - np.maximum.accumulate(np.where(mask, 0, count), axis=1)).max(axis=1)


def _nearest_day(energy: np.ndarray) -> np.ndarray:
    """Distance of each day to the nearest other one, as a share of its own size, shape (homes, window days)."""
    days = energy.reshape(*energy.shape[:2], -1)
    now = days[:, PAST_DAYS:]
    size = (days**2).sum(axis=2)
    squared = size[:, PAST_DAYS:, None] + size[:, None] - 2 * now @ days.transpose(0, 2, 1)
    itself = np.arange(WINDOW_DAYS)
    squared[:, itself, PAST_DAYS + itself] = np.inf
    own = size[:, PAST_DAYS:]
    return np.where(own > 0, np.sqrt(np.maximum(squared.min(axis=2), 0.0) / np.maximum(own, 1.0)), 1.0)


def _days_away(imported: np.ndarray) -> np.ndarray:
    daily = imported.sum(axis=2)
    usual = np.median(daily[:, :PAST_DAYS], axis=1, keepdims=True)
    return (daily[:, PAST_DAYS:] < _AWAY * usual).mean(axis=1)


def _hours_moved(now: np.ndarray, past: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shift at which the usual day fits its past best, what that gains, and how well it fits without; correlations."""
    first, second = _standard(now), _standard(past)
    slots = now.shape[1]
    fits = np.stack([(np.roll(first, shift, axis=1) * second).mean(axis=1) for shift in range(slots)], axis=1)
    best = fits.argmax(axis=1)
    return np.minimum(best, slots - best) / slots, fits.max(axis=1) - fits[:, 0], fits[:, 0]


def _correlation(homes: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    return (_standard(homes.reshape(len(homes), -1)) * _standard(neighbours.reshape(len(homes), -1))).mean(axis=1)


def _standard(rows: np.ndarray) -> np.ndarray:
    centred = rows - rows.mean(axis=1, keepdims=True)
    return centred / np.maximum(centred.std(axis=1, keepdims=True), 1e-9)
