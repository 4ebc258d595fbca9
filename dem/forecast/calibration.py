"""Quantiles that hold what they promise: shifted by what they missed on weeks that training did not see."""

from dataclasses import replace
from typing import Self

import numpy as np
import pandas as pd

from dem import data
from dem.forecast.evaluation import counted, rolling
from dem.forecast.protocol import Forecast, Forecaster, Scope, Target
from dem.forecast.windows import ENERGIES

STRIDE_HOURS = 29
"""Between the origins of calibration: no divisor of a day, so that they fall on every time of day."""


class Calibrated:
    """Any `Forecaster`, its quantiles made to cover what they should.

    The last weeks of the training table are kept from the forecaster. On them every quantile's errors are measured in
    multiples of the forecast's own width, and the quantile is moved to where it has its share of them below: split
    conformal prediction (Romano, Patterson & Candès 2019, https://arxiv.org/abs/1905.03222) with a normalised score.

    Args:
        forecaster: what to fit and to calibrate.
        weeks: how many weeks to keep for it, at least 1.

    Raises:
        ValueError: if ``weeks`` is out of range.
    """

    def __init__(self, forecaster: Forecaster, weeks: int = 4) -> None:
        if weeks < 1:
            raise ValueError(f"weeks must be at least 1, got {weeks}")
        self.forecaster = forecaster
        self.weeks = weeks
        self._shift: np.ndarray | None = None

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
        self._shift = np.array([np.quantile(error, level) for error, level in pairs]) if use.any() else np.zeros(1)
        return self

    def predict(self, table: pd.DataFrame, origin: pd.Timestamp | str, horizon: int) -> Forecast:
        """As the forecaster's own, calibrated.

        Raises:
            RuntimeError, ValueError, dem.data.DataError: as the forecaster's own ``predict``.
        """
        raw = self.forecaster.predict(table, origin, horizon)
        return replace(raw, predicted=self._shifted(raw.predicted))

    def predict_each(self, table: pd.DataFrame, origins: pd.DatetimeIndex, horizon: int) -> np.ndarray:
        """As the forecaster's own, calibrated.

        Raises:
            RuntimeError, ValueError, dem.data.DataError: as the forecaster's own ``predict_each``.
        """
        return self._shifted(self.forecaster.predict_each(table, origins, horizon))

    def _shifted(self, predicted: np.ndarray) -> np.ndarray:
        if self._shift is None:
            raise RuntimeError("the forecaster is not calibrated: call fit() first")
        shifted = np.sort(predicted + self._shift * _width(predicted)[..., None], axis=-1)
        return np.maximum(shifted, 0.0) if self.target in ENERGIES else shifted


def _width(values: np.ndarray) -> np.ndarray:
    """Between the lowest and the highest quantile, (…)."""
    return values[..., -1] - values[..., 0]
