"""What homes have seen so far, as inputs of their forecasts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem import data
from dem.data.tariffs import SATURDAY
from dem.units import DAYS_PER_WEEK, HOURS_PER_DAY

CLEAR_DAYS = 14
"""Days whose best yield at a time of day stands for a clear sky; no input looks back further from what is known."""
SUNNY_HOURS = 6
SMALL = 1e-6
"""kWh; keeps homes without load or roof from dividing by zero."""

SERIES = ("load", "pv", "export_price", "markup")


@dataclass(frozen=True)
class Typical:
    """A mean week of the training homes, (week, 1) each, from Monday 00:00 UTC: it stands in for a missing past."""

    load: np.ndarray
    pv: np.ndarray
    export_price: np.ndarray
    markup: np.ndarray


class History:
    """Series of H homes over T intervals, behind a past of fourteen typical days if one is given.

    Args:
        table: home table.
        typical: what to assume of the days before the table; without it they are missing and ``first`` is later.

    Attributes:
        times: interval starts, T and those before.
        day: intervals a day.
        first: position of the first interval that has the past it needs.
        load, pv: kWh, (times, H).
        export_price, markup: EUR/kWh, (times, H); the markup is import − export price.
    """

    def __init__(self, table: pd.DataFrame, typical: Typical | None = None) -> None:
        values = {name: data.wide(table, name) for name in ("load_kwh", "pv_kwh", "import_price", "export_price")}
        self.times = values["load_kwh"].index
        self.day = data.intervals(table, HOURS_PER_DAY)
        self.week = DAYS_PER_WEEK * self.day
        self.first = CLEAR_DAYS * self.day
        self.load, self.pv = values["load_kwh"].to_numpy(), values["pv_kwh"].to_numpy()
        self.export_price = values["export_price"].to_numpy()
        self.markup = values["import_price"].to_numpy() - self.export_price
        if typical is not None:
            self._begin_with(typical)
        self._weekend = (self.times.dayofweek >= SATURDAY).astype(float)[:, None]
        self._prepare()

    def typical(self) -> Typical:
        """The mean week over all homes."""
        slot = _slot(self.times, self.day)
        means = (pd.DataFrame(getattr(self, name)).mean(axis=1).groupby(slot).mean() for name in SERIES)
        return Typical(*(mean.reindex(range(self.week)).interpolate().to_numpy()[:, None] for mean in means))

    def load_inputs(self, rows: np.ndarray, lead: int) -> np.ndarray:
        """Of the load ``lead`` intervals after ``rows``, in multiples of :attr:`load_scale`, (inputs, rows, H)."""
        target = rows + lead
        same_time = target - self.day * -(-(lead + 1) // self.day)
        same_weekday = target - self.week * -(-(lead + 1) // self.week)
        seen = [
            self.load[rows],
            self._load_hours[rows],
            self._load_day[rows],
            self._load_smooth[same_time],
            self._load_same_time[same_time],
            self._load_smooth[same_weekday],
        ]
        scale = self.load_scale[rows]
        calendar = [np.broadcast_to(wave, scale.shape) for wave in self._calendar(rows, lead)]
        return np.stack([*(values / scale for values in seen), *calendar])

    def pv_inputs(self, rows: np.ndarray, lead: int) -> np.ndarray:
        """Of the PV yield ``lead`` intervals after ``rows``, in multiples of :attr:`pv_scale`, (inputs, rows, H)."""
        known = rows + lead - self.day * -(-lead // self.day)
        clear = self._clear[known]
        seen = [
            clear,
            clear * self._clearness_hours[rows],
            clear * self._clearness_day[rows],
            self.pv[rows],
            self.pv[known],
            self._pv_same_time[known],
        ]
        return np.stack(seen) / self.pv_scale[rows]

    def price_inputs(self, known: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Of the export price at ``target`` if prices are known up to ``known``, EUR/kWh, (inputs, rows, H)."""
        days = np.maximum(-(-(target - known) // self.day), 0)
        weeks = np.maximum(-(-(target - known) // self.week), 0)
        same_time, same_weekday = target - self.day * days, target - self.week * weeks
        price = self.export_price
        seen = [price[same_time], price[same_weekday], self._price_day[known], price[known], price[known - self.day]]
        return np.stack([*seen, np.full_like(seen[0], 0.1)])

    def markup_change(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Changes of markup and of export price against a week before, (rows, H) each."""
        before = rows - self.week
        return self.markup[rows] - self.markup[before], self.export_price[rows] - self.export_price[before]

    def _begin_with(self, typical: Typical) -> None:
        step = self.times[1] - self.times[0]
        past = pd.date_range(end=self.times[0] - step, periods=self.first, freq=step)
        slot = _slot(past, self.day)
        for name in SERIES:
            known = getattr(self, name)
            before = np.broadcast_to(getattr(typical, name)[slot], (len(past), known.shape[1]))
            setattr(self, name, np.concatenate([before, known]))
        self.times = past.append(self.times)

    def _prepare(self) -> None:
        day, hours = self.day, max(1, self.day // 12)
        self._load_hours, self._load_day = _trailing(self.load, hours), _trailing(self.load, day)
        self.load_scale = np.maximum(_trailing(self.load, self.week), SMALL)
        self._load_smooth = _centred(self.load)
        self._load_same_time = np.mean(list(_days_before(self._load_smooth, day, DAYS_PER_WEEK)), axis=0)
        self._clear = np.max(list(_days_before(self.pv, day, CLEAR_DAYS)), axis=0)
        self._pv_same_time = np.mean(list(_days_before(self.pv, day, DAYS_PER_WEEK)), axis=0)
        clear_day = _trailing(self._clear, day)
        self.pv_scale = np.maximum(clear_day, SMALL)
        self._clearness_day = _trailing(self.pv, day) / self.pv_scale
        sunny = max(1, day * SUNNY_HOURS // HOURS_PER_DAY)
        clear_hours = _trailing(self._clear, sunny)
        recent = _trailing(self.pv, sunny) / np.maximum(clear_hours, SMALL)
        # Around sunrise a ratio of two small yields says little.
        self._clearness_hours = np.where(clear_hours > 0.1 * clear_day, recent, self._clearness_day)
        self._price_day = _trailing(self.export_price, day)

    def _calendar(self, rows: np.ndarray, lead: int) -> Iterator[np.ndarray]:
        """Of the target: weekend, two waves of the time of day, and 1, each (rows, 1)."""
        step = self.times[1] - self.times[0]
        target = (rows + lead)[:, None]
        start = (self.times[0] - self.times[0].normalize()) / step
        angle = 2 * np.pi * (target + start) / self.day
        known = np.minimum(target[:, 0], len(self.times) - 1)
        yield self._weekend[known]
        for wave in (1, 2):
            yield np.sin(wave * angle)
            yield np.cos(wave * angle)
        yield np.ones(target.shape)


def _slot(times: pd.DatetimeIndex, day: int) -> np.ndarray:
    """Position of each time in its week."""
    hours = times.dayofweek * HOURS_PER_DAY + times.hour + times.minute / 60
    return np.asarray(hours * day / HOURS_PER_DAY).astype(int)


def _trailing(values: np.ndarray, steps: int) -> np.ndarray:
    """Mean over the last ``steps`` values, fewer at the start."""
    return pd.DataFrame(values).rolling(steps, min_periods=1).mean().to_numpy()


def _centred(values: np.ndarray) -> np.ndarray:
    return pd.DataFrame(values).rolling(3, min_periods=1, center=True).mean().to_numpy()


def _days_before(values: np.ndarray, day: int, count: int) -> Iterator[np.ndarray]:
    """The values themselves, those a day before, …; where there is none, the first day's are repeated."""
    position = np.arange(len(values))
    for back in range(count):
        before = position - back * day
        yield values[np.where(before >= 0, before, position % day)]
