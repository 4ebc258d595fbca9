"""Quantiles that hold what they promise: shifted by what they missed where training did not look."""

from dataclasses import replace
from typing import Self

import numpy as np
import pandas as pd

from dem import data
from dem.forecast.evaluation import counted, rolling
from dem.forecast.protocol import Forecast, Forecaster, Scope, Target
from dem.forecast.windows import CONTEXT_DAYS, ENERGIES, Panel

STRIDE_HOURS = 29
"""Between the origins of calibration: no divisor of a day, so that they fall on every time of day."""
PACE = 0.2
"""A day on which the highest quantile held nothing would widen the band by about a fifth."""


class Calibrated:
    """Any `Forecaster`, its quantiles made to cover what they should.

    The last weeks of the training table are kept from the forecaster. On them every quantile's errors are measured in
    multiples of the forecast's own width, and the quantile is moved to where it has its share of them below: split
    conformal prediction (Romano, Patterson & Candès 2019, https://arxiv.org/abs/1905.03222) with a normalised score.
    From there, each home's own correction follows its own errors, day by day.

    Args:
        forecaster: what to fit and to calibrate.
        weeks: how many weeks to keep for it, at least 1.
        pace: how fast a home's correction follows its errors, in widths of the forecast a day; 0 for never.

    Raises:
        ValueError: names the argument that is out of range.
    """

    def __init__(self, forecaster: Forecaster, weeks: int = 4, pace: float = PACE) -> None:
        if weeks < 1:
            raise ValueError(f"weeks must be at least 1, got {weeks}")
        if pace < 0:
            raise ValueError(f"pace must not be negative, got {pace}")
        self.forecaster = forecaster
        self.weeks = weeks
        self.pace = pace
        self._shift: np.ndarray | None = None
        self._own: dict[str, np.ndarray] = {}
        self._until: pd.Timestamp | None = None

    @property
    def target(self) -> Target:
        """The column that is forecast."""
        return self.forecaster.target

    @property
    def scope(self) -> Scope:
        """What one forecast stands for."""
        return self.forecaster.scope

    @property
    def quantiles(self) -> tuple[float, ...]:
        """The levels that are forecast."""
        return self.forecaster.quantiles

    def fit(self, table: pd.DataFrame) -> Self:
        """Fit the forecaster without the last weeks, then calibrate it on them.

        Raises:
            dem.data.DataError, ValueError: as the forecaster's own ``fit``.
        """
        data.validate(table)
        step = pd.Timedelta(hours=data.step_hours(table))
        start = table.index.max() + step - pd.Timedelta(weeks=self.weeks)
        self.forecaster.fit(table[table.index < start])
        horizon = round(pd.Timedelta(days=1) / step)
        played = rolling(self.forecaster, table, start, horizon, pd.Timedelta(hours=STRIDE_HOURS))
        width = _width(played.predicted)
        use = counted(played.truth, self.target) & (width > 0)
        errors = (played.truth[use][:, None] - played.predicted[use]) / width[use][:, None]
        pairs = zip(errors.T, self.quantiles, strict=True)
        shift = [np.quantile(error, level) for error, level in pairs] if use.any() else np.zeros(len(self.quantiles))
        self._shift, self._own, self._until = np.array(shift), {}, None
        return self

    def predict(self, table: pd.DataFrame, origin: pd.Timestamp | str, horizon: int) -> Forecast:
        """As the forecaster's own, calibrated; a home that was followed by its own correction.

        Raises:
            RuntimeError, ValueError, dem.data.DataError: as the forecaster's own ``predict``.
            ValueError: if the origin lies before the end of what was followed.
        """
        raw = self.forecaster.predict(table, origin, horizon)
        shift = self._shifts(raw.homes, raw.times[0])
        return replace(raw, predicted=self._shifted(raw.predicted, shift))

    def predict_each(self, table: pd.DataFrame, origins: pd.DatetimeIndex, horizon: int) -> np.ndarray:
        """As the forecaster's own, calibrated; from one origin to the next, each home's correction follows its errors.

        At an origin, forecasts from earlier ones have been judged as far as their horizon has passed.

        Raises:
            RuntimeError, ValueError, dem.data.DataError: as :meth:`predict`.
        """
        return self._followed(table, origins, horizon)[0]

    def follow(self, table: pd.DataFrame) -> Self:
        """Learn each home's own correction from what came since training: forecast every day of a table and compare.

        Args:
            table: home table of at least fifteen days; its homes may be others than those of training.

        Raises:
            RuntimeError, ValueError, dem.data.DataError: as :meth:`predict`.
        """
        step = pd.Timedelta(hours=data.step_hours(table))
        day, end = pd.Timedelta(days=1), table.index.max() + step
        first = table.index.min() + CONTEXT_DAYS * day
        if first + day > end:
            raise ValueError(f"to follow takes at least fifteen days, the table covers {table.index.min()} to {end}")
        # The last origin is where the table ends: nothing of it is judged, all before it are.
        origins = pd.date_range(end, first, freq=-day)[::-1]
        homes, shift = self._followed(table, origins, round(day / step))[1:]
        self._own |= dict(zip(homes, shift, strict=True))
        self._until = end
        return self

    def _followed(
        self, table: pd.DataFrame, origins: pd.DatetimeIndex, horizon: int
    ) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
        """Calibrated forecasts (O, H, K, Q), the homes, and their corrections (H, Q) at the last origin.

        The correction of a quantile takes a step up where fewer truths than promised lay below it, and down where
        more did, a larger step the further from the median: quantile tracking (Gibbs & Candès 2021,
        https://arxiv.org/abs/2106.00170; Angelopoulos, Candès & Tibshirani 2023, https://arxiv.org/abs/2307.16895).
        """
        predicted = self.forecaster.predict_each(table, origins, horizon)
        panel = Panel.from_table(table[table.index < origins[-1]], self.target, self.scope)
        shift = self._shifts(panel.homes, origins[0])
        ends = panel.times.searchsorted(origins) + horizon
        pace = self.pace * horizon / panel.day * np.abs(2 * np.array(self.quantiles) - 1)
        judged = 0
        for place, position in enumerate(ends - horizon):
            while ends[judged] <= position:
                truth = panel.series[ends[judged] - horizon : ends[judged]].T
                shift = shift + pace * self._missed(truth, predicted[judged])
                judged += 1
            predicted[place] = self._shifted(predicted[place], shift)
        return predicted, panel.homes, shift

    def _missed(self, truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """Share of truths (H, K) that each quantile should have had below it, less the share that it had; (H, Q)."""
        use = counted(truth, self.target)[:, :, None]
        below = (truth[:, :, None] <= predicted) & use
        count = use.sum(axis=1)
        return np.where(count, np.array(self.quantiles) - below.sum(axis=1) / np.maximum(count, 1), 0.0)

    def _shifts(self, homes: tuple[str, ...], origin: pd.Timestamp) -> np.ndarray:
        """Corrections (H, Q): the homes' own where they were followed, else that of training."""
        if self._shift is None:
            raise RuntimeError("the forecaster is not calibrated: call fit() first")
        if self._until is not None and origin < self._until:
            raise ValueError(f"followed until {self._until}: an earlier forecast, at {origin}, would know what came")
        return np.stack([self._own.get(home, self._shift) for home in homes])

    def _shifted(self, predicted: np.ndarray, shift: np.ndarray) -> np.ndarray:
        """Quantiles (H, K, Q) moved by ``shift`` (H, Q) times their width."""
        shifted = np.sort(predicted + shift[:, None] * _width(predicted)[..., None], axis=-1)
        return np.maximum(shifted, 0.0) if self.target in ENERGIES else shifted


def _width(values: np.ndarray) -> np.ndarray:
    """Between the lowest and the highest quantile, (…)."""
    return values[..., -1] - values[..., 0]
