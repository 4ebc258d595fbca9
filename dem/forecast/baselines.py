"""Forecasts that nothing should lose to: the same time a season ago, and a ridge regression per lead time."""

from abc import abstractmethod

import numpy as np

from dem.forecast.base import WindowForecaster
from dem.forecast.features import features
from dem.forecast.windows import Panel, Windows
from dem.regression import ridge
from dem.units import HOURS_PER_DAY

MAX_WINDOWS = 8_000
"""Windows that a regression is trained on, spread evenly over times and homes."""
LEAD_BANDS_HOURS = (1, 4, 12, HOURS_PER_DAY)
"""Ends of the groups of lead times whose errors are taken to be alike."""
SEASONS_DAYS = (1, 7)


class ResidualForecaster(WindowForecaster):
    """A point forecast, and around it the quantiles of its training errors at that hour and about that lead time."""

    def _fit(self, panel: Panel) -> None:
        windows = spread_windows(panel)
        self._fit_point(windows)
        point, size = self._expected(windows)
        errors = (windows.future - point) / size
        group = _group(windows)
        count = HOURS_PER_DAY * len(LEAD_BANDS_HOURS)
        overall = np.quantile(errors, self.quantiles)
        self._errors = np.tile(overall, (count, 1))
        order = np.argsort(group, axis=None, kind="stable")
        present, first = np.unique(group.ravel()[order], return_index=True)
        for name, mine in zip(present, np.split(errors.ravel()[order], first[1:]), strict=True):
            self._errors[name] = np.quantile(mine, self.quantiles)

    def _quantiles(self, windows: Windows) -> np.ndarray:
        point, size = self._expected(windows)
        return point[:, :, None] + np.broadcast_to(size, point.shape)[:, :, None] * self._errors[_group(windows)]

    @abstractmethod
    def _fit_point(self, windows: Windows) -> None:
        """Learn the point forecast."""

    @abstractmethod
    def _expected(self, windows: Windows) -> tuple[np.ndarray, np.ndarray | float]:
        """Point forecasts (N, S) and the size of their errors, (N, S) or alike for all; multiples of the scale."""


class SeasonalNaive(ResidualForecaster):
    """What was measured at the same time a day or a week ago, whichever erred less in training."""

    def _fit_point(self, windows: Windows) -> None:
        errors = {days: np.abs(windows.future - windows.past[:, -days]).mean() for days in SEASONS_DAYS}
        self._season_days = min(errors, key=errors.__getitem__)

    def _expected(self, windows: Windows) -> tuple[np.ndarray, float]:
        return windows.past[:, -self._season_days], 1.0


class Linear(ResidualForecaster):
    """Ridge regression on the window's features, one set of weights per lead time, all homes together."""

    def _fit_point(self, windows: Windows) -> None:
        inputs = features(windows)
        leads = range(windows.future.shape[1])
        self._weights = np.stack([ridge(inputs[:, lead].T, windows.future[:, lead]) for lead in leads])

    def _expected(self, windows: Windows) -> tuple[np.ndarray, float]:
        return np.einsum("nsf,sf->ns", features(windows), self._weights), 1.0


def spread_windows(panel: Panel) -> Windows:
    """At most 8,000 windows, spread evenly over times, of all homes; the same number of each."""
    origins = panel.origins()
    # A stride that shares no factor with the day, so that every time of day is an origin.
    stride = max(1, -(-len(origins) * len(panel.homes) // MAX_WINDOWS))
    while np.gcd(stride, panel.day) > 1:
        stride += 1
    return panel.windows(origins[::stride])


def _group(windows: Windows) -> np.ndarray:
    """Which errors are alike: hour of the day and band of lead times, (N, S)."""
    leads = windows.future.shape[1]
    hour = windows.slot[:, -leads:] % leads * HOURS_PER_DAY // leads
    band = np.searchsorted(LEAD_BANDS_HOURS, np.arange(1, leads + 1) * HOURS_PER_DAY / leads)
    return hour * len(LEAD_BANDS_HOURS) + band
