"""Forecasts of load, PV and prices: quantiles for the next day, for each home or for the neighbourhood.

- ``Forecaster``: ``fit(table)``, then ``predict(table, origin, horizon) -> Forecast``; bring your own with these and
  ``predict_each``, the same from many origins, which `evaluate` and `Calibrated` ask for
- ``SeasonalNaive``, ``Linear``, ``Boosting``: as last week, ridge regression, gradient boosting
- ``LSTM``, ``Transformer``, ``NeuralConfig``: one network over all homes, trained on the pinball loss
- ``Calibrated``: any of them, its quantiles corrected on weeks that it has not seen
- ``evaluate``: rolling-origin scores
"""

from dem.forecast.baselines import Linear, SeasonalNaive
from dem.forecast.boosting import Boosting
from dem.forecast.calibration import Calibrated
from dem.forecast.evaluation import evaluate
from dem.forecast.neural import LSTM, Neural, NeuralConfig, Transformer
from dem.forecast.protocol import QUANTILES, Forecast, Forecaster, Scope, Target

__all__ = [
    "LSTM",
    "QUANTILES",
    "Boosting",
    "Calibrated",
    "Forecast",
    "Forecaster",
    "Linear",
    "Neural",
    "NeuralConfig",
    "Scope",
    "SeasonalNaive",
    "Target",
    "Transformer",
    "evaluate",
]
