"""Days on the feeder with peer-to-peer trading of three intensities, for the study and the benchmark of voltages.

Fifteen streets stand on the IEEE 13-node feeder. What their homes use and generate follows the data; every quarter of
an hour their batteries trade with each other in a call double auction, cleared before the day begins. A controller may
know the cleared schedule and a forecast; the loads and the sun that come differ from it from one five minutes to the
next.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem import data
from dem.grid import schedule as schedules
from dem.grid.course import Course
from dem.grid.feeder import streets
from dem.market import bidding, double_auction
from dem.units import DAYS_PER_WEEK

# kW of batteries that take part in each street; 30 kW are twelve homes' batteries of 2.5 kW.
INTENSITIES = {"mild": 30.0, "normal": 60.0, "heavy": 110.0}

STEP_MINUTES, MARKET_MINUTES, DAY_MINUTES = 5, 15, 24 * 60
STEPS = DAY_MINUTES // STEP_MINUTES
STEPS_PER_MARKET = MARKET_MINUTES // STEP_MINUTES
MARKET_HOURS = MARKET_MINUTES / 60

HOMES_PER_STREET = 40
DAILY_KWH_PER_HOME = 10.0
KWP_PER_HOME = 2.0
# The feeder's published loads are a peak; over the day they follow the homes between these factors.
LOAD_SCALE_RANGE = (0.35, 0.75)
# Errors of load and PV against the forecast: standard deviation, and correlation from step to step (half an hour).
LOAD_ERROR, PV_ERROR = 0.03, 0.15
ERROR_MEMORY = float(np.exp(-STEP_MINUTES / 30))
# Batteries' marginal values, EUR/kWh: they differ between streets and drift, with a memory of an hour.
VALUE_MEAN, VALUE_SPREAD = 0.15, 0.05
VALUE_MEMORY = float(np.exp(-MARKET_HOURS))
EFFICIENCY = 0.95


@dataclass(frozen=True)
class TradingDay:
    """One day of five-minute steps.

    Attributes:
        expected: the schedule and the forecast.
        actual: what comes.
        own_kw: (T, streets) forecast of what the streets draw apart from trades.
        schedules: the cleared trades of each quarter of an hour, in the columns of ``dem.grid.schedule``.
    """

    expected: Course
    actual: Course
    own_kw: np.ndarray
    schedules: tuple[pd.DataFrame, ...]

    @property
    def traded_kwh(self) -> float:
        """Energy traded over the day."""
        return float(sum(schedule["energy_kwh"].sum() for schedule in self.schedules))


def trading_day(table: pd.DataFrame, intensity: str, seed: int) -> TradingDay:
    """Draw a day from a table of homes and let the streets trade.

    Args:
        table: homes of any source (``dem.data.load``), at least two days.
        intensity: ``mild``, ``normal`` or ``heavy``; differs in the size of the orders and in nothing else.
        seed: draws day, values and errors; the same for every intensity.
    """
    generator = np.random.default_rng(seed)
    load, pv = _profiles(table, generator)
    trades = _trade(INTENSITIES[intensity], generator)
    names = streets()["home"].tolist()
    traded_kw = np.array([schedules.injections(trade, names, MARKET_HOURS) for trade in trades])
    traded_kw = np.repeat(traded_kw, STEPS_PER_MARKET, axis=0)
    scale = np.interp(load.sum(axis=1) / load.sum(axis=1).max(), (0, 1), LOAD_SCALE_RANGE)
    load_error = 1 + LOAD_ERROR * _drift(generator, STEPS, load.shape[1], ERROR_MEMORY)
    # One sky over all streets.
    pv_error = np.clip(1 + PV_ERROR * _drift(generator, STEPS, 1, ERROR_MEMORY), 0, None)
    expected = Course(scale, load - pv + traded_kw)
    actual = Course(scale * load_error.mean(axis=1), load * load_error - pv * pv_error + traded_kw)
    return TradingDay(expected, actual, load - pv, tuple(trades))


def _profiles(table: pd.DataFrame, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Load and PV of the streets (T, streets) in kW on one day of the table, drawn by the generator."""
    count = len(streets())
    hours = data.step_hours(table)
    per_day = round(DAY_MINUTES / 60 / hours)
    load, pv = (_spread(data.wide(table, column).to_numpy(), count, per_day) for column in ("load_kwh", "pv_kwh"))
    load *= HOMES_PER_STREET * DAILY_KWH_PER_HOME / 24 / load.mean(axis=0)
    pv *= HOMES_PER_STREET * KWP_PER_HOME / np.maximum(pv.max(axis=0), np.finfo(float).tiny)
    start = per_day * int(generator.integers(len(load) // per_day - 1))
    return tuple(_five_minutes(values[start : start + per_day + 1], hours) for values in (load, pv))


def _spread(values: np.ndarray, count: int, per_day: int) -> np.ndarray:
    """As many columns as streets: the homes in turn, each further round of them a week later than the last."""
    homes = values.shape[1]
    return np.column_stack(
        [np.roll(values[:, k % homes], -(k // homes) * DAYS_PER_WEEK * per_day) for k in range(count)]
    )


def _five_minutes(values: np.ndarray, hours: float) -> np.ndarray:
    """Intervals of a day and the one after it (n + 1, streets), as five-minute values (T, streets) between them."""
    at = np.arange(STEPS) * STEP_MINUTES / 60
    known = np.arange(len(values)) * hours
    return np.column_stack([np.interp(at, known, column) for column in values.T])


def _trade(battery_kw: float, generator: np.random.Generator) -> list[pd.DataFrame]:
    """The trades of every round: streets whose stored energy is worth more buy from those where it is worth less."""
    names = streets()["home"].to_numpy()
    rounds = DAY_MINUTES // MARKET_MINUTES
    values = VALUE_MEAN + VALUE_SPREAD * _drift(generator, rounds, len(names), VALUE_MEMORY)
    energy = np.full(len(names), battery_kw * MARKET_HOURS)
    return [_clear(names, np.maximum(value, 0), energy) for value in values]


def _clear(names: np.ndarray, value: np.ndarray, energy: np.ndarray) -> pd.DataFrame:
    bid = bidding.from_marginal_value(value, EFFICIENCY, side="bid")
    ask = bidding.from_marginal_value(value, EFFICIENCY, side="ask")
    trades = double_auction.clear(bid, energy, ask, energy).trades()
    return pd.DataFrame(
        {
            "seller": names[trades.ask],
            "buyer": names[trades.bid],
            "energy_kwh": trades.quantity,
            "bid": bid[trades.bid],
            "ask": ask[trades.ask],
            "price": trades.price,
        }
    )


def _drift(generator: np.random.Generator, steps: int, columns: int, memory: float) -> np.ndarray:
    """Stationary first-order autoregression (steps, columns), mean 0, variance 1."""
    noise = generator.normal(size=(steps, columns))
    noise[1:] *= np.sqrt(1 - memory**2)
    for step in range(1, steps):
        noise[step] += memory * noise[step - 1]
    return noise
