"""Every mechanism on the same week of the same homes: welfare, prices, fairness, truthfulness, money, gas.

The draws of `dem.studies.market_week.books` give the intervals; everybody reports the truth, but for
`dem.studies.misreporting`, which asks what a lie would have brought.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field
from scipy.optimize import linprog
from scipy.sparse import csr_array

from dem import plots, units
from dem.studies import mechanism_gas, misreporting
from dem.studies.config import EUR_PER_ETHER
from dem.studies.market_week import Book, WeekConfig, books, load_week
from dem.studies.mechanism_rules import CURVE_WH_PER_HOME, MECHANISMS, PAIR, Outcome, balancing, coins_of, play
from dem.units import CENTS_PER_EUR

CURVE_SCALES = (3, 10, CURVE_WH_PER_HOME, 100, 300)
NAMES = [mechanism.name for mechanism in MECHANISMS]


class Config(WeekConfig):
    """Settings of the study. Prices of gas and ether are assumptions to be replaced, not measurements."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {"draws": 3, "coins": 4, "sampled_orders": 40, "false_prices": 15, "gas_homes": 5},
        "full": {"draws": 10, "coins": 8, "sampled_orders": 60, "false_prices": 21, "gas_homes": 20},
    }

    draws: int = Field(default=3, ge=1, description="draws of what energy is worth to the homes")
    coins: int = Field(default=4, ge=1, description="coins that a lottery's outcome is averaged over")
    sampled_orders: int = Field(default=40, ge=1, description="orders of each draw that try to lie")
    false_prices: int = Field(default=15, ge=2, description="prices that each of them tries")
    gas_homes: int = Field(default=5, ge=2, le=50, description="homes of the interval that is played on the chain")
    gas_prices_gwei: tuple[float, ...] = Field((0.01, 1, 20), min_length=1, description="assumed gas prices")
    eur_per_ether: float = Field(default=EUR_PER_ETHER, gt=0, description="assumed exchange rate")


@dataclass(frozen=True)
class Result:
    """What was measured.

    Attributes:
        intervals: one row per draw, mechanism and interval: ``buyers``, ``sellers``, ``budget``, ``welfare`` (their
            sum), ``optimum`` (all mEUR), ``energy`` and ``best_energy`` (Wh bought, and at the optimum), ``paid`` and
            ``received`` (cents/kWh on average, missing where nothing trades), ``retail``, ``feed_in`` (cents/kWh).
        homes: one row per draw, mechanism and home: its ``gain`` over the week, EUR.
        draws: one row per draw and mechanism: ``welfare``, ``buyers``, ``sellers`` and ``budget`` as shares of the
            optimum, ``energy`` as a share of the optimum's, ``gini`` and ``jain`` of the homes' gains, and ``lying``:
            what the best lie adds, as a share of an order's average part in the optimum.
        lies: one row per draw, mechanism and sampled order, see `dem.studies.misreporting.measure`.
        scales: one row per scale of the balancing curve, in Wh for each home: ``welfare`` and ``budget`` as shares of
            the optimum, in the first draw.
        gas: one row per contract and step, see `dem.studies.mechanism_gas.measure`.
        gas_book: the interval that was played on the chain.
        config: the settings.
    """

    intervals: pd.DataFrame
    homes: pd.DataFrame
    draws: pd.DataFrame
    lies: pd.DataFrame
    scales: pd.DataFrame
    gas: pd.DataFrame
    gas_book: Book
    config: Config

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per mechanism and measure of `draws`: ``mean`` and ``pm``, its 95 % interval over the draws."""
        measures = self.draws.melt(["draw", "mechanism"], var_name="measure")
        rows = []
        for (mechanism, measure), group in measures.groupby(["mechanism", "measure"], sort=False):
            mean, interval = plots.mean_interval(group["value"].to_numpy())
            rows.append({"mechanism": mechanism, "measure": measure, "mean": float(mean), "pm": float(interval)})
        return pd.DataFrame(rows)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """What recording a traded kWh costs, see `dem.studies.mechanism_gas.costs`."""
        return mechanism_gas.costs(self.gas, self.config.gas_prices_gwei, self.config.eur_per_ether)

    @cached_property
    def gain_per_kwh(self) -> float:
        """What a traded kWh gains at the optimum, EUR, over all draws."""
        auction = self.intervals[self.intervals["mechanism"] == PAIR.name]
        return float(auction["optimum"].sum() / auction["best_energy"].sum())

    def mean(self, measure: str) -> pd.Series:
        """Mean of a measure by mechanism, in the order of the comparison."""
        rows = self.summary[self.summary["measure"] == measure]
        return rows.set_index("mechanism")["mean"].loc[NAMES]

    def interval(self, measure: str) -> pd.Series:
        """The 95 % interval of a measure by mechanism; missing where there is one draw only."""
        rows = self.summary[self.summary["measure"] == measure]
        return rows.set_index("mechanism")["pm"].loc[NAMES]


def run(config: Config) -> Result:
    """Play the week under every mechanism, for every draw.

    Raises:
        dem.data.DataError: if the data cannot be used.
        ValueError: if the homes of the interval for the chain never trade among themselves.
    """
    table = load_week(config)
    weeks = [books(table, config, draw) for draw in range(config.draws)]
    gas_book = mechanism_gas.representative(weeks[0], config.gas_homes)
    played = [_play(week, config.coins) for week in weeks]
    intervals, homes = (_stack(frames) for frames in zip(*played, strict=True))
    lies = _stack([_lies(draw, week, config) for draw, week in enumerate(weeks)])
    return Result(
        intervals=intervals,
        homes=homes,
        draws=_shares(intervals).join(_fairness(homes)).join(_lying(lies)).reset_index(),
        lies=lies,
        scales=_scales(weeks[0]),
        gas=mechanism_gas.measure(gas_book, config.eur_per_ether),
        gas_book=gas_book,
        config=config,
    )


def optimum(week: Sequence[Book]) -> tuple[np.ndarray, np.ndarray]:
    """The most welfare (mEUR) that each interval's orders allow, and the energy (Wh) that it takes; a linear programme.

    Variables are the fills of all orders of the week; in each interval purchases and sales are the same.
    """
    value = np.concatenate([np.concatenate([book.bid_price, -book.ask_price]) for book in week])
    sign = np.concatenate([np.repeat([1.0, -1.0], [len(book.bid_price), len(book.ask_price)]) for book in week])
    most = np.concatenate([np.concatenate([book.bid_quantity, book.ask_quantity]) for book in week])
    interval = np.repeat(np.arange(len(week)), [len(book) for book in week])
    balance = csr_array((sign, (interval, np.arange(len(value)))), shape=(len(week), len(value)))
    solved = linprog(-value, A_eq=balance, b_eq=np.zeros(len(week)), bounds=np.column_stack([0 * most, most]))
    bought = np.where(sign > 0, solved.x, 0.0)
    return tuple(np.bincount(interval, weights, len(week)) for weights in (value * solved.x, bought))


def gini(gains: np.ndarray) -> float:
    """Gini coefficient of gains (n,) that are not negative: 0 where all gain the same, towards 1 where one has it all.

    Half the mean absolute difference of two gains over the mean gain (Gini 1912); NaN where nobody gains.
    """
    total = gains.sum()
    ranks = np.arange(1, len(gains) + 1)
    return float(((2 * ranks - len(gains) - 1) * np.sort(gains)).sum() / (len(gains) * total)) if total > 0 else np.nan


def jain(gains: np.ndarray) -> float:
    """Jain's index of gains (n,): 1 where all gain the same, 1/n where one has it all; NaN where nobody gains.

    (Σ x)² / (n Σ x²) (Jain, Chiu & Hawe 1984).
    """
    squares = (gains**2).sum()
    return float(gains.sum() ** 2 / (len(gains) * squares)) if squares > 0 else np.nan


def _stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([frame.assign(draw=draw) for draw, frame in enumerate(frames)], ignore_index=True)


def _play(week: Sequence[Book], coins: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One draw under every mechanism: intervals and homes, see `Result`."""
    bounds = list(zip(week, *optimum(week), strict=True))
    intervals, homes = [], []
    for mechanism in MECHANISMS:
        gain = np.zeros(week[0].homes)
        for number, (book, welfare, energy) in enumerate(bounds):
            outcome = play(mechanism, book, coins_of(number, coins))
            np.add.at(gain, book.bid_home, outcome.bid_gain)
            np.add.at(gain, book.ask_home, outcome.ask_gain)
            best = {"optimum": welfare, "best_energy": energy}
            intervals.append({"mechanism": mechanism.name, "time": book.time} | _row(outcome, book) | best)
        gain_eur = units.wh_to_kwh(gain)
        homes.append(pd.DataFrame({"mechanism": mechanism.name, "home": np.arange(len(gain)), "gain": gain_eur}))
    return pd.DataFrame(intervals), pd.concat(homes)


def _row(outcome: Outcome, book: Book) -> dict[str, float]:
    return {
        "buyers": float(outcome.bid_gain.sum()),
        "sellers": float(outcome.ask_gain.sum()),
        "budget": float(outcome.budget),
        "welfare": float(outcome.welfare),
        "energy": float(outcome.bought),
        "paid": CENTS_PER_EUR * outcome.paid / outcome.bought if outcome.bought else np.nan,
        "received": CENTS_PER_EUR * outcome.received / outcome.sold if outcome.sold else np.nan,
        "retail": CENTS_PER_EUR * book.retail,
        "feed_in": CENTS_PER_EUR * book.feed_in,
    }


def _scales(week: Sequence[Book]) -> pd.DataFrame:
    best = optimum(week)[0].sum()
    rows = []
    for scale in CURVE_SCALES:
        outcomes = [play(balancing(scale), book, (0,)) for book in week]
        welfare, budget = (sum(getattr(outcome, name) for outcome in outcomes) / best for name in ("welfare", "budget"))
        rows.append({"wh_per_home": scale, "welfare": float(welfare), "budget": float(budget)})
    return pd.DataFrame(rows)


def _lies(draw: int, week: Sequence[Book], config: Config) -> pd.DataFrame:
    return misreporting.measure(
        MECHANISMS,
        week,
        orders=config.sampled_orders,
        reports=config.false_prices,
        coins=range(config.coins),
        generator=np.random.default_rng([config.seed, draw]),
    )


def _shares(intervals: pd.DataFrame) -> pd.DataFrame:
    total = intervals.groupby(["draw", "mechanism"], sort=False).sum(numeric_only=True)
    shares = total[["welfare", "buyers", "sellers", "budget"]].div(total["optimum"], axis=0)
    return shares.assign(energy=total["energy"] / total["best_energy"])


def _fairness(homes: pd.DataFrame) -> pd.DataFrame:
    grouped = homes.groupby(["draw", "mechanism"], sort=False)["gain"]
    # Rounding may leave a home without trade a hair below nothing.
    gains = {name: gain.to_numpy().clip(min=0) for name, gain in grouped}
    index = pd.MultiIndex.from_tuples(gains, names=["draw", "mechanism"])
    return pd.DataFrame([(gini(gain), jain(gain)) for gain in gains.values()], index, ["gini", "jain"])


def _lying(lies: pd.DataFrame) -> pd.Series:
    """What the best lie adds, over all sampled orders; truth is always at hand, so it never takes anything away."""
    added = (lies["best"] - lies["honest"]).clip(lower=0).groupby([lies["draw"], lies["mechanism"]], sort=False).mean()
    part = lies["part"].groupby([lies["draw"], lies["mechanism"]], sort=False).mean()
    return (added / part).rename("lying")
