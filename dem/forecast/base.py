"""What all forecasters on windows share: the checks at the door, and the way from a table to windows and back."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
import pandas as pd

from dem import data
from dem.data.sources import Time, utc_time
from dem.forecast.protocol import QUANTILES, Forecast, Scope, Target, checked_quantiles
from dem.forecast.windows import (
    CONTEXT_DAYS,
    ENERGIES,
    Panel,
    Windows,
    checked_target,
    intervals_per_day,
)


class WindowForecaster(ABC):
    """A `Forecaster` that sees the fourteen days before the origin and forecasts up to a day.

    Args:
        target: the column to forecast.
        scope: each home for itself, or the neighbourhood as a whole.
        quantiles: levels in (0, 1), ascending, with the median.

    Raises:
        ValueError: names the argument that is out of range.
    """

    def __init__(self, target: Target, scope: Scope = "home", quantiles: tuple[float, ...] = QUANTILES) -> None:
        checked_target(target, scope)
        self.target = target
        self.scope = scope
        self.quantiles = checked_quantiles(quantiles)
        self.day: int | None = None

    def fit(self, table: pd.DataFrame) -> Self:
        """Learn from all homes and times of a home table.

        Raises:
            dem.data.DataError: if it is not a valid home table.
            ValueError: if it is shorter than sixteen days.
        """
        panel = Panel.from_table(data.validate(table), self.target, self.scope)
        needed = (CONTEXT_DAYS + 2) * panel.day
        if len(panel.times) < needed:
            raise ValueError(f"a fit needs at least {needed} intervals (16 days), the table has {len(panel.times)}")
        self._fit(panel)
        self.day = panel.day
        return self

    def predict(self, table: pd.DataFrame, origin: Time, horizon: int) -> Forecast:
        """Quantiles (homes, horizon, quantiles) of the intervals that begin at ``origin``.

        Args:
            table: a home table with the fourteen days before ``origin``; later rows may be missing and are not used.
            origin: start of the first interval that is forecast, UTC if it has no offset.
            horizon: how many intervals, at most a day's.

        Raises:
            RuntimeError: if :meth:`fit` was not called.
            ValueError: if the horizon is out of range, the history too short, or its intervals of another length than
                those of the fit.
            dem.data.DataError: names a value in the history that is missing.
        """
        time = pd.DatetimeIndex([utc_time("origin", origin)])
        panel, predicted = self._predicted(table, time, horizon)
        times = pd.date_range(time[0], periods=horizon, freq=panel.times[1] - panel.times[0], name="time")
        return Forecast(self.target, predicted[0], self.quantiles, times, panel.homes)

    def predict_each(self, table: pd.DataFrame, origins: pd.DatetimeIndex, horizon: int) -> np.ndarray:
        """Forecasts from several origins at once, each from what lies before it alone.

        Args:
            table: a home table with the fourteen days before every origin.
            origins: UTC, ascending.
            horizon: how many intervals, at most a day's.

        Returns:
            (origins, homes, horizon, quantiles), as `Forecast.predicted`.

        Raises:
            RuntimeError, ValueError, dem.data.DataError: as :meth:`predict`.
        """
        return self._predicted(table, origins, horizon)[1]

    @abstractmethod
    def _fit(self, panel: Panel) -> None:
        """Learn from the panel's windows."""

    @abstractmethod
    def _quantiles(self, windows: Windows) -> np.ndarray:
        """Quantiles (N, S, Q) of the windows' next day in multiples of their scale; sorted by the caller."""

    def _predicted(self, table: pd.DataFrame, origins: pd.DatetimeIndex, horizon: int) -> tuple[Panel, np.ndarray]:
        """The history of all origins, and the forecasts from each."""
        if self.day is None:
            raise RuntimeError("the forecaster is not trained: call fit() first")
        if not 1 <= horizon <= self.day:
            raise ValueError(f"horizon must be 1 to {self.day} intervals (a day), got {horizon}")
        panel = self._history(table, origins[0], origins[-1])
        step = panel.times[1] - panel.times[0]
        positions = (origins - panel.times[0]) / step
        if (positions % 1 != 0).any():
            raise ValueError(f"origins must be starts of intervals of {step}, got {origins[positions % 1 != 0][0]}")
        windows = panel.windows(positions.to_numpy().astype(int))
        predicted = self._quantiles(windows)[:, :horizon].astype(np.float64) * windows.scale[:, None, None]
        predicted = np.sort(predicted, axis=-1).reshape(len(panel.homes), len(origins), horizon, -1).swapaxes(0, 1)
        return panel, np.maximum(predicted, 0.0) if self.target in ENERGIES else predicted

    def _history(self, table: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> Panel:
        """The fourteen days before ``first``, and on to ``last``."""
        step = pd.Timedelta(hours=data.step_hours(table))
        if intervals_per_day(step) != self.day:
            raise ValueError(f"trained on intervals of {pd.Timedelta(days=1) / self.day}, the table's are {step}")
        start = first - pd.Timedelta(days=CONTEXT_DAYS)
        rows = table[(table.index >= start) & (table.index < last)]
        panel = Panel.from_table(rows, self.target, self.scope) if len(rows) else None
        known = 0 if panel is None else len(panel.times)
        if known < -(-(last - start) // step):
            raise ValueError(
                f"a forecast at {first} needs the {CONTEXT_DAYS} days before it; the table covers {table.index.min()} "
                f"to {table.index.max()} and has {known} of those intervals"
            )
        return panel
