"""Home tables as windows: the two weeks before a time of forecast, and what came on the day after it.

A window is laid out as fourteen rows of one day each, which end where the forecast begins. The column that belongs to
a lead time then holds what was measured at that time of day on each of the last fourteen days. Energies and prices are
in multiples of their own recent mean, so that one model serves all homes.
"""

from dataclasses import dataclass
from typing import Self, get_args

import numpy as np
import pandas as pd

from dem import data
from dem.data.errors import Origin
from dem.data.tariffs import SATURDAY
from dem.forecast.protocol import Scope, Target
from dem.units import DAYS_PER_WEEK

CONTEXT_DAYS = 14
NEIGHBOURHOOD = ("neighbourhood",)
ENERGIES = ("load_kwh", "pv_kwh")
SMALL = 1e-6
"""kWh or EUR/kWh; keeps homes without roof from dividing by zero."""


@dataclass(frozen=True)
class Panel:
    """One column over T intervals of H homes, or of their neighbourhood.

    Attributes:
        series: (T, H) kWh per interval or EUR/kWh.
        times: (T,) UTC interval starts.
        homes: (H,) names.
    """

    series: np.ndarray
    times: pd.DatetimeIndex
    homes: tuple[str, ...]

    @classmethod
    def from_table(cls, table: pd.DataFrame, target: Target, scope: Scope = "home") -> Self:
        """The column ``target`` of a home table.

        Raises:
            dem.data.DataError: names the row of a value that is missing or infinite, or whose homes cover other times.
        """
        origin = Origin("table")
        if target not in table:
            raise origin.error("the column is missing", column=target)
        homes = data.home_names(table)
        if len(table) % len(homes):
            raise origin.error(f"the {len(homes)} homes do not cover the same times", column="home")
        bad = ~np.isfinite(table[target].to_numpy())
        if bad.any():
            raise origin.error("the value is missing or infinite", position=int(np.argmax(bad)), column=target)
        series = table[target].to_numpy().reshape(len(homes), -1).T
        times = table.index[: len(series)]
        if scope == "home":
            return cls(series, times, tuple(homes))
        joint = series.sum(axis=1) if target in ENERGIES else series.mean(axis=1)
        return cls(joint[:, None], times, NEIGHBOURHOOD)

    @property
    def day(self) -> int:
        """Intervals a day."""
        return intervals_per_day(self.times[1] - self.times[0])

    def origins(self) -> np.ndarray:
        """Positions at which a window has its whole past and its whole day to come."""
        return np.arange(CONTEXT_DAYS * self.day, len(self.times) - self.day + 1)

    def windows(self, origins: np.ndarray, homes: np.ndarray | None = None) -> "Windows":
        """The windows of every home at these positions, home after home; or of ``homes[i]`` at ``origins[i]``."""
        if homes is None:
            count = self.series.shape[1]
            origins, homes = np.tile(origins, count), np.repeat(np.arange(count), len(origins))
        day = self.day
        back = np.arange(-CONTEXT_DAYS * day, day)
        rows = origins[:, None] + back
        known = np.minimum(rows, len(self.times) - 1)
        values = self.series[known, homes[:, None]]
        past, future = np.split(values, [CONTEXT_DAYS * day], axis=1)
        scale = np.maximum(np.abs(past).mean(axis=1), SMALL)
        past = (past / scale[:, None]).reshape(-1, CONTEXT_DAYS, day)
        future = (future / scale[:, None]).astype(np.float32)
        return Windows(past.astype(np.float32), future, scale, self._slot(rows[:, -2 * day :]))

    def _slot(self, rows: np.ndarray) -> np.ndarray:
        """Interval of the week, from Monday 00:00 UTC, of positions that may lie behind the last row."""
        first, step = self.times[0], self.times[1] - self.times[0]
        monday = first.normalize() - pd.Timedelta(days=first.dayofweek)
        return (rows + round((first - monday) / step)) % (DAYS_PER_WEEK * self.day)


@dataclass(frozen=True)
class Windows:
    """N windows of D = 14 days of S intervals.

    Attributes:
        past: (N, D, S) float32, multiples of ``scale``; the last interval of the last day is the newest.
        future: (N, S) float32, multiples of ``scale``; meaningless where the panel ends before it.
        scale: (N,) mean size of the past's values, kWh per interval or EUR/kWh.
        slot: (N, 2 S) int, interval of the week from Monday 00:00 UTC, of the last day known and of the day to come.
    """

    past: np.ndarray
    future: np.ndarray
    scale: np.ndarray
    slot: np.ndarray

    def calendar(self) -> np.ndarray:
        """Inputs (N, 2 S, 7) float32 that follow from ``slot``: weekend, two waves of the day, one of the week."""
        day = self.past.shape[2]
        day_angle = 2 * np.pi * self.slot / day
        angles = (day_angle, 2 * day_angle, day_angle / DAYS_PER_WEEK)
        waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
        return np.stack([self.slot >= SATURDAY * day, *waves], axis=-1).astype(np.float32)


def intervals_per_day(step: pd.Timedelta) -> int:
    """How many intervals of length ``step`` a day has.

    Raises:
        ValueError: if that is not a whole number.
    """
    count = pd.Timedelta(days=1) / step
    if count != round(count):
        raise ValueError(f"forecasts need intervals that divide a day, these are {step} long")
    return round(count)


def checked_target(target: Target, scope: Scope) -> None:
    """Refuse a column or a scope that cannot be forecast."""
    for name, value, known in (("target", target, get_args(Target)), ("scope", scope, get_args(Scope))):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
