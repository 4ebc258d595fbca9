"""The homes of notebook 14 hour by hour, and what a retailer knows of them on the eve of a day.

A day is 24 hours of the local clock; days on which clocks change are left out. Assumed, and to be replaced by a
retailer's own books: homes pay a flat reference price, the mean of the table's import price weighted by what they take;
of what lies between it and the wholesale price, the share ``margin`` is the retailer's, the rest goes to network and
taxes. Tomorrow is expected to have today's wholesale prices, give or take what such a forecast missed on each of the
days before, and a load like one of theirs.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from dem import data
from dem.homes import Battery
from dem.retail.demand import LinearDemand
from dem.retail.pool import Pool
from dem.retail.pricing import Terms
from dem.retail.scenarios import Scenarios
from dem.studies.config import EUR_PER_ETHER, StudyConfig

HOURS = 24
HOUR = pd.Timedelta(hours=1)
DAYS_OF_A_WEEK = 7
SATURDAY = 5


class Config(StudyConfig):
    """Settings of the study. What is assumed of homes and retailer is here, and nowhere else."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {"weeks": 3, "events": 6, "placebos": 12},
        "full": {"weeks": 12, "events": 30, "placebos": 60, "risk_days": 30},
    }

    homes: int = Field(default=12, ge=4, le=100, description="homes; fewer where the data has fewer")
    weeks: int = Field(default=3, ge=1, le=52, description="weeks drawn that tariffs are tried in")
    events: int = Field(default=6, ge=1, le=100, description="days drawn that have an event")
    placebos: int = Field(default=12, ge=1, le=100, description="days drawn without event that baselines are tried on")
    risk_days: int = Field(default=5, ge=1, le=100, description="days drawn that fear of risk is tried on")
    history: int = Field(default=28, ge=10, le=90, description="past days that are tomorrow's scenarios")
    margin: float = Field(default=0.2, ge=0, le=1, description="retailer's share of retail less wholesale price")
    elasticities: tuple[float, ...] = Field((-0.1, -0.2, -0.3), min_length=1, description="own plus shift, compared")
    elasticity: float = Field(
        default=-0.2, le=0, description="of all else; half is given up, half moves to other hours"
    )
    price_floor: float = Field(default=0.5, gt=0, le=1, description="lowest price, as a share of the reference price")
    price_cap: float = Field(default=2.0, ge=1, le=5, description="highest price, likewise")
    batteries: float = Field(default=0.5, gt=0, le=1, description="share of the homes whose battery is in the pool")
    forward_premium: float = Field(default=0.03, ge=0, le=1, description="of energy bought ahead, over mean wholesale")
    tail: float = Field(default=0.2, gt=0, le=1, description="share of the scenarios that count as the worst")
    aversions: tuple[float, ...] = Field((0.0, 0.25, 0.5, 0.75, 1.0), min_length=2, description="to risk, compared")
    event_hours: int = Field(default=3, ge=1, le=6, description="length of an event")
    reward: float = Field(default=0.4, gt=0, le=2, description="EUR for a kWh of response")
    penalty: float = Field(default=0.1, ge=0, le=2, description="EUR for a kWh that was promised and did not come")
    waiting: float = Field(default=0.25, ge=0, le=0.5, description="most of a home's load that can wait, as a share")
    comfort_k: float = Field(default=1.0, ge=0, le=5, description="how far rooms may go from what is set, K")
    dearest_ask: float = Field(default=0.5, gt=0, le=2, description="most that a home wants for a kWh, EUR")
    override: float = Field(default=0.1, ge=0, le=1, description="share of called homes that do not respond after all")
    control: float = Field(default=0.3, gt=0, lt=1, description="share of the homes that are never called")
    events_in_ten_days: int = Field(default=3, ge=1, le=10, description="events that a home burns energy for at once")
    eur_per_ether: float = Field(default=EUR_PER_ETHER, gt=0, description="assumed exchange rate")


@dataclass(frozen=True)
class Days:
    """Whole local days of the homes.

    Attributes:
        date: shape (D,), local dates.
        load_kwh: shape (D, 24, homes), what homes use.
        grid_kwh: shape (D, 24, homes), what they take from the grid, their roofs served first.
        wholesale: shape (D, 24), EUR/kWh.
        retail: shape (D, 24), the table's import price, EUR/kWh.
    """

    date: pd.DatetimeIndex
    load_kwh: np.ndarray
    grid_kwh: np.ndarray
    wholesale: np.ndarray
    retail: np.ndarray

    def __len__(self) -> int:
        return len(self.date)

    def weekdays(self) -> "Days":
        """Mondays to Fridays: baselines compare like with like."""
        kept = np.flatnonzero(self.date.dayofweek < SATURDAY)
        return Days(*(values[kept] for values in vars(self).values()))


@dataclass(frozen=True)
class Eve:
    """What the retailer knows on the eve of a day: the days before, and so tomorrow's scenarios.

    Attributes:
        reference_price: EUR/kWh.
        delivery: EUR/kWh that network and taxes take.
        forward_price: EUR/kWh of energy bought ahead.
        expected_kwh: shape (homes, 24), mean of the days before.
        scenarios: one for each of the days before.
    """

    reference_price: float
    delivery: float
    forward_price: float
    expected_kwh: np.ndarray
    scenarios: Scenarios

    @classmethod
    def of(cls, days: Days, number: int, config: Config) -> "Eve":
        """The eve of day ``number``."""
        past, earlier = slice(number - config.history, number), slice(number - config.history - 1, number - 1)
        load, wholesale = days.grid_kwh[past], days.wholesale[past]
        total = load.sum(axis=2)
        reference, bought = (float((price * total).sum() / total.sum()) for price in (days.retail[past], wholesale))
        delivery = (1 - config.margin) * (reference - bought)
        tomorrow = days.wholesale[number - 1] + wholesale - days.wholesale[earlier]
        forward = float(tomorrow.mean()) * (1 + config.forward_premium)
        return cls(reference, delivery, forward, load.mean(axis=0).T, Scenarios(tomorrow, total))

    def demand(self, elasticity: float, load_kwh: np.ndarray | None = None) -> LinearDemand:
        """The homes' demand around what is expected, or around ``load_kwh`` (homes, 24)."""
        reference = self.expected_kwh if load_kwh is None else load_kwh
        return LinearDemand(reference, np.full(HOURS, self.reference_price), elasticity / 2, elasticity / 2)

    def terms(self, config: Config, *, credits: bool = True, aversion: float = 0.0) -> Terms:
        """Bounds and aims of a tariff."""
        return Terms(
            floor=config.price_floor * self.reference_price,
            cap=config.price_cap * self.reference_price,
            delivery=self.delivery,
            aversion=aversion,
            tail=config.tail,
            forward_price=self.forward_price,
            credits=credits,
        )

    def pool(self, config: Config) -> Pool:
        """The batteries that the retailer may run."""
        return Pool(Battery(), max(1, round(config.batteries * len(self.expected_kwh))))


def load_days(config: Config) -> Days:
    """All whole days of the data.

    Raises:
        dem.data.DataError: the data cannot be used.
        ValueError: its steps are longer than an hour, or it has too few days.
    """
    table = _homes(config)
    if data.step_hours(table) > 1:
        raise ValueError(f"the homes' steps of {data.step_hours(table):g} h are longer than an hour")
    load, pv = (data.wide(table, name).resample(HOUR).sum() for name in ("load_kwh", "pv_kwh"))
    prices = [data.wide(table, name).mean(axis=1).resample(HOUR).mean() for name in ("wholesale_price", "import_price")]
    local = load.index.tz_convert(data.time_zone(config.data))
    whole = pd.Series(1, local.normalize()).groupby(level=0).transform("sum").to_numpy() == HOURS
    date = local[whole].normalize().unique().tz_localize(None)
    needed = config.history + 1 + DAYS_OF_A_WEEK
    if len(date) < needed:
        raise ValueError(f"{config.data} has {len(date)} whole days, the study needs {needed}")
    energy = [frame.to_numpy()[whole].reshape(len(date), HOURS, -1) for frame in (load, (load - pv).clip(lower=0))]
    return Days(date, *energy, *(price.to_numpy()[whole].reshape(-1, HOURS) for price in prices))


def _homes(config: Config) -> pd.DataFrame:
    if config.data == "synthetic":
        return data.load(config.data, homes=config.homes, seed=config.seed)
    return data.neighbourhood(data.load(config.data), config.homes)
