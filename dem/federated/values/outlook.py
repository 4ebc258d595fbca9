"""What a home sees when it decides: the present, its own last day, and prices as far as they are published.

Load and roof are expected to do what they did a day ago. Tomorrow's prices are known from 13:00 local time on; one
that is not yet known is expected to be that of the day before. Every input is shifted and scaled by what is ordinary
for a household, so that no home needs to tell its mean and spread for the others to learn beside it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from dem import data
from dem.agents.foresight import PUBLICATION_HOUR
from dem.data.tariffs import LOCAL_TIME
from dem.units import DAYS_PER_WEEK, HOURS_PER_DAY

BLOCK_HOURS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24)
"""Ends of the blocks over which the next day is averaged."""
INPUTS = 4 * len(BLOCK_HOURS) + 14
"""I: four series in each block; the present, the last day and the clock."""
ORDINARY = {"load": (0.4, 0.4), "pv": (0.3, 0.5), "buy": (0.15, 0.08), "sell": (0.08, 0.05)}
"""Mean and spread of load and PV in kW and of prices in EUR/kWh, rounded, in homes that nothing is judged on."""
CLOCK_SPREAD = 0.7
"""Of a sine."""


@dataclass(frozen=True)
class Series:
    """H homes over T intervals.

    Attributes:
        times: (T,) interval starts.
        load, pv: (T, H) kWh.
        buy, sell: (T, H) EUR/kWh.
        repeats: whether what came before the first interval, and comes after the last, is the series again; else its
            first and its last interval.
    """

    times: pd.DatetimeIndex
    load: np.ndarray
    pv: np.ndarray
    buy: np.ndarray
    sell: np.ndarray
    repeats: bool

    @classmethod
    def of(cls, table: pd.DataFrame, *, repeats: bool) -> Self:
        """The series of a home table."""
        load = data.wide(table, "load_kwh")
        rest = (data.wide(table, name).to_numpy() for name in ("pv_kwh", "import_price", "export_price"))
        return cls(load.index, load.to_numpy(), *rest, repeats=repeats)

    @property
    def step_hours(self) -> float:
        """Length of an interval."""
        return (self.times[1] - self.times[0]) / pd.Timedelta(hours=1)

    @property
    def day(self) -> int:
        """Intervals a day."""
        return round(HOURS_PER_DAY / self.step_hours)

    def at(self, position: np.ndarray) -> np.ndarray:
        """Where in the arrays the interval at any ``position`` is, also before the first and after the last."""
        count = len(self.times)
        return position % count if self.repeats else np.clip(position, 0, count - 1)

    def published(self) -> np.ndarray:
        """(T,) how many intervals ahead prices are known: to the end of today, or of tomorrow from 13:00 on."""
        local = self.times.tz_convert(LOCAL_TIME)
        slot = np.asarray((local.hour + local.minute / 60) / self.step_hours).astype(int)
        return np.where(local.hour >= PUBLICATION_HOUR, 2, 1) * self.day - slot - 1


def inputs(series: Series, rows: np.ndarray) -> np.ndarray:
    """What homes see at the intervals at positions ``rows`` (N,): (N, H, I), all of about one."""
    return np.stack(list(_seen(series, rows)), axis=-1)


def expected_price(series: Series, rows: np.ndarray) -> np.ndarray:
    """Mean import price (N, H) that homes expect of the next day, EUR/kWh."""
    return np.mean(_ahead(series, rows, "buy", range(1, series.day + 1)), axis=0)


def _seen(series: Series, rows: np.ndarray) -> Iterator[np.ndarray]:
    """Every input (N, H): the present, the last day, the next day in blocks of hours, the clock."""
    for kind in ORDINARY:
        yield _scaled(series, kind, getattr(series, kind)[rows])
    for kind in ("load", "pv"):
        past = getattr(series, kind)[series.at(rows - np.arange(series.day)[:, None])]
        yield _scaled(series, kind, past.mean(axis=0))
        yield _scaled(series, kind, past[: max(1, series.day // 12)].mean(axis=0))
    for start, end in itertools.pairwise((0, *BLOCK_HOURS)):
        first, last = (max(1, round(hours / series.step_hours)) for hours in (start + series.step_hours, end))
        for kind in ORDINARY:
            expected = _ahead(series, rows, kind, range(first, last + 1))
            yield _scaled(series, kind, np.mean(expected, axis=0))
    for wave in _clock(series.times[rows]):
        yield np.broadcast_to(wave[:, None] / CLOCK_SPREAD, (len(rows), series.load.shape[1]))


def _ahead(series: Series, rows: np.ndarray, kind: str, leads: range) -> list[np.ndarray]:
    """What each lead is expected to bring, (N, H) each."""
    values, known = getattr(series, kind), series.published()[rows]
    if kind in ("load", "pv"):
        return [values[series.at(rows + lead - series.day)] for lead in leads]
    return [values[series.at(rows + lead - series.day * (lead > known))] for lead in leads]


def _scaled(series: Series, kind: str, values: np.ndarray) -> np.ndarray:
    mean, spread = ORDINARY[kind]
    unit = series.step_hours if kind in ("load", "pv") else 1.0
    return (values / unit - mean) / spread


def _clock(times: pd.DatetimeIndex) -> Iterator[np.ndarray]:
    day = (times.hour + times.minute / 60).to_numpy() / HOURS_PER_DAY
    for turns in (day, 2 * day, times.dayofweek.to_numpy() / DAYS_PER_WEEK):
        yield np.sin(2 * np.pi * turns)
        yield np.cos(2 * np.pi * turns)
