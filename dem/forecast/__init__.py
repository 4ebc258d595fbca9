"""Forecasts of load, PV and prices: quantiles for the next day, for each home or for the neighbourhood.

- ``Forecaster``: ``fit(table)``, then ``predict(table, origin, horizon) -> Forecast``
- ``SeasonalNaive``, ``Linear``: what any other must beat
"""

from dem.forecast.baselines import Linear, SeasonalNaive
from dem.forecast.protocol import QUANTILES, Forecast, Forecaster, Scope, Target

__all__ = ["QUANTILES", "Forecast", "Forecaster", "Linear", "Scope", "SeasonalNaive", "Target"]
