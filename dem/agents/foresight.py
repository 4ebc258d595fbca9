"""Forecasts of load, PV and prices for agents that look ahead: ridge regressions on what a home has seen so far.

Each lead time has its own regression, trained on all homes together. Inputs and targets are scaled by the home's own
recent past, so that they serve homes that they were not trained on. Nothing looks further than the interval that is
about to be settled, whose load and PV a ``Home`` shows anyway, except for prices: the European day-ahead market
publishes tomorrow's shortly before 13:00 local time, so they are known until the end of today, and from then on until
the end of tomorrow. Beyond that they are forecast; a tariff's markup is taken to be that of a week before.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from dem import data
from dem.agents.history import History
from dem.data.tariffs import LOCAL_TIME
from dem.homes.features import PRICE_SCALE
from dem.regression import ridge
from dem.units import HOURS_PER_DAY

PUBLICATION_HOUR = 13
BLOCK_HOURS = (0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24)
"""Ends of the blocks over which features average forecasts."""
MAX_ROWS = 20_000
"""Rows that one regression is trained on, spread evenly over times and homes."""
MIN_WEEKS = 3
PAIRING = (3, 0, 5, 2, 4, 1)
"""Which PV case goes with each load case: an order of six that is hardly correlated with 0 … 5."""
SAMPLED_LEADS = 6
"""Leads whose errors stand for those of all."""


@dataclass(frozen=True)
class Forecast:
    """What is expected at every time, (T, horizon, H) float32; lead k + 1 is at position k.

    Attributes:
        load: kWh.
        pv: kWh.
        import_price: EUR/kWh.
        export_price: EUR/kWh.
    """

    load: np.ndarray
    pv: np.ndarray
    import_price: np.ndarray
    export_price: np.ndarray

    def of_rows(self, when: np.ndarray, home: np.ndarray) -> tuple[np.ndarray, ...]:
        """The four for N homes at one time each, (horizon, N)."""
        return tuple(values[when, :, home].T for values in vars(self).values())


class Foresight:
    """Ridge forecasts for ``horizon`` intervals ahead.

    Args:
        horizon: number of intervals.
        publication_hour: local hour at which tomorrow's prices become known; ``None``: no price is known before its
            interval.
        time_zone: whose hours these are.

    Attributes:
        load_factors: (S,) what a load comes to in S equally likely cases, as multiples of its forecast.
        pv_factors: (S,) the same for PV, in an order that makes the pairs of cases uncorrelated.

    Raises:
        ValueError: if ``horizon`` or ``publication_hour`` is out of range.
    """

    def __init__(
        self, horizon: int, publication_hour: int | None = PUBLICATION_HOUR, time_zone: str = LOCAL_TIME
    ) -> None:
        if horizon < 1:
            raise ValueError(f"horizon must be at least 1, got {horizon}")
        if publication_hour is not None and not 0 <= publication_hour < HOURS_PER_DAY:
            raise ValueError(f"publication_hour must be in [0, 24), got {publication_hour}")
        self.horizon = horizon
        self.publication_hour = publication_hour
        self.time_zone = time_zone

    def fit(self, table: pd.DataFrame) -> Self:
        """Train on a home table; it takes a few seconds.

        Raises:
            ValueError: if the table is shorter than three weeks and the horizon.
            dem.data.DataError: if it is not a valid home table.
        """
        past = History(data.validate(table))
        needed = MIN_WEEKS * past.week + self.horizon
        if len(past.times) < needed:
            least = f"three weeks and the horizon, at least {needed} intervals"
            raise ValueError(f"forecasts need a table of {least}, got {len(past.times)}")
        self._typical = past.typical()
        rows = np.arange(past.first, len(past.times) - self.horizon)
        rows = rows[:: max(1, len(rows) * past.load.shape[1] // MAX_ROWS)]
        leads = range(1, self.horizon + 1)
        self._load = [_weights(past.load_inputs(rows, k), past.load[rows + k] / past.load_scale[rows]) for k in leads]
        self._pv = [_weights(past.pv_inputs(rows, k), past.pv[rows + k] / past.pv_scale[rows]) for k in leads]
        self._price = np.stack(
            [_weights(past.price_inputs(rows, rows + k), past.export_price[rows + k]) for k in leads], axis=1
        )
        self.load_factors = self._factors(past, rows, self._expected_load, past.load)
        self.pv_factors = self._factors(past, rows, self._expected_pv, past.pv)[list(PAIRING)]
        markup, price = past.markup_change(rows)
        self._markup_slope = float((markup * price).sum() / max((price**2).sum(), np.finfo(float).tiny))
        return self

    def forecast(self, table: pd.DataFrame) -> Forecast:
        """What is expected at each of the table's times; past its first days, a typical week stands for the past.

        Raises:
            RuntimeError: if :meth:`fit` was not called.
            dem.data.DataError: if the table is not a valid home table.
        """
        if not hasattr(self, "_typical"):
            raise RuntimeError("the forecasts are not trained: call fit() first")
        past = History(data.validate(table), self._typical)
        rows = np.arange(past.first, len(past.times))
        leads = range(1, self.horizon + 1)
        load = np.stack([self._expected_load(past, rows, lead) for lead in leads], axis=1)
        pv = np.stack([self._expected_pv(past, rows, lead) for lead in leads], axis=1)
        known = self._known(past)[rows]
        prices = [self._expected_prices(past, known, rows + lead) for lead in leads]
        return Forecast(load, pv, *(np.stack(values, axis=1) for values in zip(*prices, strict=True)))

    @classmethod
    def day_ahead(cls, table: pd.DataFrame) -> Self:
        """Forecasts for the next 24 hours, trained on ``table``."""
        return cls(data.intervals(table, HOURS_PER_DAY)).fit(table)

    def features(self, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """The forecasts as ``Home(features=…)`` takes them: means over blocks of leads, fine soon and coarse later.

        Returns:
            (time × home) frames ``load+end`` and ``pv+end`` in kW, ``import_price+end`` and ``export_price+end`` in
            0.2 EUR/kWh, kind after kind; ``end`` is the last lead of the block.

        Raises:
            RuntimeError, dem.data.DataError: as :meth:`forecast`.
        """
        return blocks(self.forecast(table), table)

    def _expected_load(self, past: History, rows: np.ndarray, lead: int) -> np.ndarray:
        """kWh (rows, H)."""
        relative = np.tensordot(self._load[lead - 1], past.load_inputs(rows, lead), 1)
        return np.maximum(relative * past.load_scale[rows], 0.0).astype(np.float32)

    def _expected_pv(self, past: History, rows: np.ndarray, lead: int) -> np.ndarray:
        """kWh (rows, H)."""
        relative = np.tensordot(self._pv[lead - 1], past.pv_inputs(rows, lead), 1)
        return np.maximum(relative * past.pv_scale[rows], 0.0).astype(np.float32)

    def _expected_prices(self, past: History, known: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Import and export price at ``target`` if prices are known up to ``known``, EUR/kWh (rows, H)."""
        distance = target - known
        weights = self._price[:, np.clip(distance, 1, self.horizon) - 1, None]
        guess = (weights * past.price_inputs(np.minimum(known, target), target)).sum(axis=0)
        published = np.minimum(target, len(past.times) - 1)
        export = np.where(distance[:, None] > 0, guess, past.export_price[published])
        week = target - past.week * np.maximum(1, -(-distance // past.week))
        markup = past.markup[week] + self._markup_slope * (export - past.export_price[week])
        markup = np.where(distance[:, None] > 0, markup, past.markup[published])
        return (export + markup).astype(np.float32), export.astype(np.float32)

    def _factors(
        self,
        past: History,
        rows: np.ndarray,
        expect: Callable[[History, np.ndarray, int], np.ndarray],
        happened: np.ndarray,
    ) -> np.ndarray:
        """Means of actual / expected in equally large groups of training rows, ascending."""
        leads = np.unique(np.linspace(1, self.horizon, SAMPLED_LEADS).astype(int))
        pairs = [(expect(past, rows, lead), happened[rows + lead]) for lead in leads]
        expected, actual = (np.concatenate([values.ravel() for values in side]) for side in zip(*pairs, strict=True))
        matters = expected > 0.1 * expected.mean()
        if not matters.any():
            return np.ones(len(PAIRING))
        ratio = np.sort(actual[matters] / expected[matters])
        return np.array([group.mean() for group in np.array_split(ratio, len(PAIRING))])

    def _known(self, past: History) -> np.ndarray:
        """For each time the position of the last interval whose price is known."""
        position = np.arange(len(past.times))
        if self.publication_hour is None:
            return position
        local = past.times.tz_convert(self.time_zone)
        days = 1 + (local.hour >= self.publication_hour)
        end = (local.tz_localize(None).normalize() + pd.to_timedelta(days, unit="D")).tz_localize(
            self.time_zone, nonexistent="shift_forward", ambiguous=True
        )
        return past.times.searchsorted(end.tz_convert(past.times.tz)) - 1


class Clairvoyance:
    """A foresight that knows what load and PV will come to, but no more about prices: what better forecasts are worth.

    Args:
        foresight: trained forecasts, for the prices.

    Attributes:
        load_factors, pv_factors: one certain case each.
    """

    def __init__(self, foresight: Foresight) -> None:
        self._foresight = foresight
        self.load_factors = self.pv_factors = np.ones(1)

    def forecast(self, table: pd.DataFrame) -> Forecast:
        """What comes at each of the table's times; after its end the last interval is repeated."""
        load, pv = (self._ahead(data.wide(table, column).to_numpy()) for column in ("load_kwh", "pv_kwh"))
        return replace(self._foresight.forecast(table), load=load, pv=pv)

    def _ahead(self, values: np.ndarray) -> np.ndarray:
        """(T, horizon, H) float32 of values (T, H)."""
        last = len(values) - 1
        lead = np.arange(1, self._foresight.horizon + 1)
        return values.astype(np.float32)[np.minimum(np.arange(last + 1)[:, None] + lead, last)]


def blocks(expected: Forecast, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Forecasts for ``table`` as :meth:`Foresight.features` returns them."""
    step_hours, like = data.step_hours(table), data.wide(table, "load_kwh")
    horizon = expected.load.shape[1]
    ends = sorted(end for end in {max(1, round(hours / step_hours)) for hours in BLOCK_HOURS} if end <= horizon)
    scales = {"load": step_hours, "pv": step_hours}
    return {
        f"{kind}+{end}": pd.DataFrame(
            values[:, start:end].mean(axis=1) / np.float32(scales.get(kind, PRICE_SCALE)), like.index, like.columns
        )
        for kind, values in vars(expected).items()
        for start, end in itertools.pairwise([0, *ends])
    }


def _weights(inputs: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights (inputs,) of the regression of ``target`` (rows, H) on ``inputs`` (inputs, rows, H)."""
    return ridge(inputs.reshape(len(inputs), -1), target.ravel())
