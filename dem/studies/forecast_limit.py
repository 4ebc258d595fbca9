"""The best that any forecast of a synthetic home's load can do: to know everything but chance."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem import data
from dem.data.synthetic.alternatives import redrawn_loads
from dem.forecast import QUANTILES, Scope, evaluate
from dem.units import HOURS_PER_DAY

COUNT = 60
"""Draws of each day."""


@dataclass(frozen=True)
class Limit:
    """Knows a home's habits, its mood at the origin, its weeks away and the weather to come; not what it will do.

    Attributes:
        draws: (origins, homes, day, count) kWh, days that could have come as well.
        scope: each home for itself, or all together.
    """

    draws: np.ndarray
    scope: Scope
    target = "load_kwh"
    quantiles = QUANTILES

    def predict_each(self, table: pd.DataFrame, origins: pd.DatetimeIndex, horizon: int) -> np.ndarray:
        """Quantiles (origins, homes, horizon, quantiles) of the draws, in kWh."""
        draws = self.draws if self.scope == "home" else self.draws.sum(axis=1, keepdims=True)
        quantiles = np.quantile(draws, self.quantiles, axis=-1, method="weibull")
        return np.moveaxis(quantiles, 0, -1)[:, :, :horizon]


def scores(table: pd.DataFrame, start: pd.Timestamp, seed: int, scopes: tuple[Scope, ...]) -> pd.DataFrame:
    """What the limit scores a day ahead, as `dem.forecast.evaluate`, and the column ``scope``.

    Args:
        table: synthetic homes of one calendar year, named as they are generated.
        start: the first origin.
        seed: of the neighbourhood.
        scopes: what is forecast.
    """
    day = data.intervals(table, HOURS_PER_DAY)
    origins = pd.date_range(start, table.index.max() - pd.Timedelta(hours=23), freq="D")
    numbers = tuple(int(name.removeprefix("home_")) - 1 for name in data.home_names(table))
    draws = redrawn_loads(seed, numbers, origins, COUNT)
    judged = [evaluate(Limit(draws, scope), table, start, horizon=day).assign(scope=scope) for scope in scopes]
    return pd.concat(judged, ignore_index=True)
