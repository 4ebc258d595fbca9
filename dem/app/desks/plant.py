"""The virtual power plant: go on interval by interval, look at what happened and at what is expected."""

from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd

from dem import units
from dem.app.desks.errors import ConflictError, NotFoundError
from dem.app.desks.laboratory import Laboratory
from dem.app.models import Dispatch, Forecast, Interval
from dem.app.news import NewsLog
from dem.app.security import Caller

INTERVALS_SHOWN = 7 * 24 * 4
TOLD = Interval.model_fields.keys() - {"time"}


class Homes(Protocol):
    """What the desk needs to know of a plant's homes."""

    @property
    def names(self) -> list[str]:
        """Who they are."""

    @property
    def step_hours(self) -> float:
        """Length of an interval."""


class RunningPlant(Protocol):
    """What the desk needs of a plant: `dem.vpp.Plant` is one."""

    homes: Homes

    @property
    def done(self) -> int:
        """Intervals that have happened."""

    def step(self) -> Any:
        """Let one interval happen; ``RuntimeError`` where there is no further one."""

    def events(self) -> pd.DataFrame:
        """One row an interval, indexed by time, with the columns of `dem.vpp.Plant.events`."""

    def home_events(self, number: int | None = None) -> pd.DataFrame:
        """One row a home and interval, indexed by time: ``home, metered_wh, battery_kwh, stored_kwh``."""

    def forecast(self) -> pd.DataFrame:
        """What the next gate expects, indexed by time: columns ``home, load_kwh, pv_kwh``."""

    def close(self) -> None:
        """Close what it holds open."""


class PlantDesk:
    """One plant, or none."""

    def __init__(self, plant: RunningPlant | None, laboratory: Laboratory, news: NewsLog) -> None:
        self._running = plant
        self._laboratory = laboratory
        self._news = news

    @property
    def names(self) -> list[str]:
        """The plant's homes."""
        return list(self._running.homes.names) if self._running else []

    def powers(self) -> Mapping[str, float]:
        """What homes drew in the last interval, kW by name."""
        if self._running is None or not self._running.done:
            return {}
        last = self._running.home_events(self._running.done - 1)
        drawn = last["metered_wh"] / units.WH_PER_KWH / self._running.homes.step_hours
        return dict(zip(last["home"], drawn, strict=True))

    def go_on(self, caller: Caller, intervals: int) -> list[Interval]:
        """Let intervals happen; the operator only.

        Raises:
            ConflictError: there is no plant, or it has come to its end.
        """
        caller.require_operator()
        plant = self._plant()
        for _ in range(intervals):
            try:
                plant.step()
            except RuntimeError as error:
                raise ConflictError(str(error)) from error
            self._news.tell("interval", number=plant.done)
        self._laboratory.keep_price_fresh()
        return self._intervals(plant.events().tail(intervals))

    def intervals(self, _: Caller) -> list[Interval]:
        """The latest intervals, oldest first; none without a plant."""
        return [] if self._running is None else self._intervals(self._running.events().tail(INTERVALS_SHOWN))

    def dispatch(self, caller: Caller, home: str) -> list[Dispatch]:
        """What a home's battery did, oldest first."""
        self._check(caller, home)
        rows = _of(self._plant().home_events(), home)
        fields = ["home", "metered_wh", "battery_kwh", "stored_kwh"]
        return [Dispatch(time=time, **row) for time, row in _records(rows[fields].tail(INTERVALS_SHOWN))]

    def forecast(self, caller: Caller, home: str) -> list[Forecast]:
        """What the next gate expects of a home."""
        self._check(caller, home)
        rows = _of(self._plant().forecast(), home)
        return [Forecast(time=time, **row) for time, row in _records(rows[["home", "load_kwh", "pv_kwh"]])]

    def _plant(self) -> RunningPlant:
        if self._running is None:
            raise ConflictError("no plant is running here")
        return self._running

    def _check(self, caller: Caller, home: str) -> None:
        caller.require_home(home)
        if home not in self._plant().homes.names:
            raise NotFoundError(f"the plant has no home {home}")

    def _intervals(self, events: pd.DataFrame) -> list[Interval]:
        if events.empty:
            return []
        rows = events.rename(columns={"price": "price_eur_per_kwh"})[list(TOLD)].astype(object)
        return [Interval(time=time, **row) for time, row in _records(rows.where(rows.notna(), None))]


def _of(table: pd.DataFrame, home: str) -> pd.DataFrame:
    return table[table["home"] == home]


def _records(table: pd.DataFrame) -> zip:
    return zip(table.index, table.to_dict("records"), strict=True)
