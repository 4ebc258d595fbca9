"""What a forecaster is, and what it hands out."""

from dataclasses import dataclass
from typing import Literal, Protocol, Self

import numpy as np
import pandas as pd

from dem.data.sources import Time

Target = Literal["load_kwh", "pv_kwh", "import_price", "export_price", "wholesale_price"]
"""A column of the home table: kWh per interval, or EUR/kWh."""
Scope = Literal["home", "neighbourhood"]
"""Each home for itself, or all of a table's homes together: the sum of energies, the mean of prices."""
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


@dataclass(frozen=True)
class Forecast:
    """What is expected of one column over the next intervals.

    Attributes:
        target: the column.
        predicted: (homes, horizon, quantiles), kWh per interval or EUR/kWh, ascending along the quantiles.
        quantiles: the levels, ascending, each in (0, 1).
        times: (horizon,) UTC starts of the intervals that are forecast; the first is the origin.
        homes: (homes,) names; ``("neighbourhood",)`` for all together.
    """

    target: Target
    predicted: np.ndarray
    quantiles: tuple[float, ...]
    times: pd.DatetimeIndex
    homes: tuple[str, ...]

    def at(self, quantile: float) -> pd.DataFrame:
        """One quantile as a frame (times × homes).

        Raises:
            ValueError: if the forecast does not have that quantile.
        """
        if quantile not in self.quantiles:
            raise ValueError(f"quantile must be one of {self.quantiles}, got {quantile}")
        values = self.predicted[:, :, self.quantiles.index(quantile)]
        return pd.DataFrame(values.T, self.times, pd.Index(self.homes, name="home"))

    @property
    def median(self) -> pd.DataFrame:
        """The quantile 0.5 as a frame (times × homes)."""
        return self.at(0.5)

    def to_frame(self) -> pd.DataFrame:
        """Long table: one row per home and time, columns time, home and one per quantile (``q0.05``, …)."""
        index = pd.MultiIndex.from_product([self.homes, self.times], names=["home", "time"])
        names = [f"q{level:g}" for level in self.quantiles]
        flat = self.predicted.reshape(len(index), len(names))
        return pd.DataFrame(flat, index, names).reset_index()


class Forecaster(Protocol):
    """Learns one column from home tables and forecasts it for homes and times that it may never have seen.

    Attributes:
        target: the column that is forecast.
        scope: what one forecast stands for.
        quantiles: the levels that are forecast.
    """

    target: Target
    scope: Scope
    quantiles: tuple[float, ...]

    def fit(self, table: pd.DataFrame) -> Self:
        """Learn from all homes and times of a home table (`dem.data`)."""
        ...

    def predict(self, table: pd.DataFrame, origin: Time, horizon: int) -> Forecast:
        """Forecast the ``horizon`` intervals that begin at ``origin`` (UTC), from what the table has before it.

        Rows at ``origin`` and later may be missing, and are not looked at where they are present.
        """
        ...

    def predict_each(self, table: pd.DataFrame, origins: pd.DatetimeIndex, horizon: int) -> np.ndarray:
        """The same from each of several UTC origins, (origins, homes, horizon, quantiles)."""
        ...


def checked_quantiles(quantiles: tuple[float, ...]) -> tuple[float, ...]:
    """The levels as they are.

    Raises:
        ValueError: unless they ascend, lie in (0, 1) and contain the median.
    """
    for level in quantiles:
        if not 0 < level < 1:
            raise ValueError(f"quantiles must lie in (0, 1), got {level}")
    if list(quantiles) != sorted(set(quantiles)):
        raise ValueError(f"quantiles must ascend, got {quantiles}")
    if 0.5 not in quantiles:
        raise ValueError(f"quantiles must contain the median 0.5, got {quantiles}")
    return tuple(quantiles)
