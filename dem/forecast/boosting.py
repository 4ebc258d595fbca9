"""Gradient boosting: trees for the median and trees for how far from it, over all homes and lead times together."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from dem.forecast.baselines import ResidualForecaster
from dem.forecast.features import features
from dem.forecast.protocol import QUANTILES, Scope, Target
from dem.forecast.windows import Windows

LEARNING_RATE = 0.2
SMALLEST_ERROR = 0.02
"""In multiples of a window's scale; keeps quantiles of errors from being divided by nothing."""


class Boosting(ResidualForecaster):
    """Histogram gradient boosting, with the lead time as one more input: the median, then the mean size of its errors.

    Quantiles are those of training errors in multiples of their expected size. Trees per quantile err no less and take
    several times as long.

    Args:
        target, scope, quantiles: as of every forecaster.
        iterations: trees of the median; half as many for the errors.
        rows: pairs of window and lead time that they are trained on, drawn at random.
        seed: of that draw.

    Raises:
        ValueError: names the argument that is out of range.
    """

    def __init__(
        self,
        target: Target,
        scope: Scope = "home",
        quantiles: tuple[float, ...] = QUANTILES,
        *,
        iterations: int = 40,
        rows: int = 150_000,
        seed: int = 0,
    ) -> None:
        super().__init__(target, scope, quantiles)
        for name, value in (("iterations", iterations), ("rows", rows)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        self.iterations = iterations
        self.rows = rows
        self.seed = seed

    def _fit_point(self, windows: Windows) -> None:
        inputs, goal = _rows(windows), windows.future.ravel()
        if len(goal) > self.rows:
            drawn = np.random.default_rng(self.seed).choice(len(goal), self.rows, replace=False)
            inputs, goal = inputs[drawn], goal[drawn]
        self._median = self._trees("absolute_error", self.iterations).fit(inputs, goal)
        errors = np.abs(goal - self._median.predict(inputs))
        self._error = self._trees("squared_error", max(1, self.iterations // 2)).fit(inputs, errors)

    def _expected(self, windows: Windows) -> tuple[np.ndarray, np.ndarray]:
        inputs, shape = _rows(windows), windows.future.shape
        error = np.maximum(self._error.predict(inputs), SMALLEST_ERROR)
        return self._median.predict(inputs).reshape(shape), error.reshape(shape)

    def _trees(self, loss: str, count: int) -> HistGradientBoostingRegressor:
        return HistGradientBoostingRegressor(
            loss=loss, max_iter=count, learning_rate=LEARNING_RATE, early_stopping=False, random_state=self.seed
        )


def _rows(windows: Windows) -> np.ndarray:
    """Inputs (N S, F + 1): the features, and how far ahead each lead time is, in days."""
    inputs = features(windows)
    lead = np.broadcast_to(np.linspace(0, 1, inputs.shape[1], dtype=np.float32)[None, :, None], (*inputs.shape[:2], 1))
    return np.concatenate([inputs, lead], axis=-1).reshape(-1, inputs.shape[2] + 1)
