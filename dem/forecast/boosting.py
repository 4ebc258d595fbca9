"""Gradient boosting: one ensemble of trees per quantile, over all homes and lead times together."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from dem.forecast.base import WindowForecaster
from dem.forecast.baselines import spread_windows
from dem.forecast.features import features
from dem.forecast.protocol import QUANTILES, Scope, Target
from dem.forecast.windows import Panel, Windows


class Boosting(WindowForecaster):
    """Histogram gradient boosting on the pinball loss, with the lead time as one more input.

    Args:
        target, scope, quantiles: as of every forecaster.
        iterations: trees per quantile.
        rows: pairs of window and lead time that each ensemble is trained on, drawn at random.
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
        iterations: int = 100,
        rows: int = 60_000,
        seed: int = 0,
    ) -> None:
        super().__init__(target, scope, quantiles)
        for name, value in (("iterations", iterations), ("rows", rows)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        self.iterations = iterations
        self.rows = rows
        self.seed = seed

    def _fit(self, panel: Panel) -> None:
        windows = spread_windows(panel)
        inputs, goal = _rows(windows), windows.future.ravel()
        if len(goal) > self.rows:
            drawn = np.random.default_rng(self.seed).choice(len(goal), self.rows, replace=False)
            inputs, goal = inputs[drawn], goal[drawn]
        self._trees = [
            HistGradientBoostingRegressor(
                loss="quantile", quantile=level, max_iter=self.iterations, early_stopping=False, random_state=self.seed
            ).fit(inputs, goal)
            for level in self.quantiles
        ]

    def _quantiles(self, windows: Windows) -> np.ndarray:
        inputs = _rows(windows)
        predicted = np.stack([trees.predict(inputs) for trees in self._trees], axis=-1)
        return predicted.reshape(*windows.future.shape, len(self.quantiles))


def _rows(windows: Windows) -> np.ndarray:
    """Inputs (N S, F + 1): the features, and how far ahead each lead time is, in days."""
    inputs = features(windows)
    lead = np.broadcast_to(np.linspace(0, 1, inputs.shape[1], dtype=np.float32)[None, :, None], (*inputs.shape[:2], 1))
    return np.concatenate([inputs, lead], axis=-1).reshape(-1, inputs.shape[2] + 1)
