"""The plant: forecast, decide, order, clear, deliver, settle, balance, one interval after the other.

with Plant(Config(homes=20, mechanism="mcafee")) as plant:
    events = plant.run(days=7)
"""

from collections.abc import Callable
from typing import Self

import pandas as pd

from dem import carbon, units
from dem.carbon import EmissionFactors
from dem.vpp import accounts, market
from dem.vpp.batteries import Batteries
from dem.vpp.config import Config
from dem.vpp.forecasts import look_out
from dem.vpp.interval import Interval, whole_wh
from dem.vpp.journal import Journal
from dem.vpp.neighbourhood import Neighbourhood

Progress = Callable[[int, int], None]


class Plant:
    """A virtual power plant; it goes on where its journal ends.

    Args:
        config: what it is made of.

    Attributes:
        config: the same.
        homes: its neighbourhood.

    Raises:
        dem.data.DataError: the data cannot be used.
        ValueError: the data has fewer homes or days than asked for.
        JournalError: the journal cannot be used, or belongs to another plant.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.homes = Neighbourhood.load(config)
        self._outlook = look_out(self.homes, config.forecaster)
        self._batteries = Batteries(self.homes, self._outlook, config)
        self._factors = _factors(self.homes)
        self._journal = Journal(config.journal, config.identity)
        self._resume()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def done(self) -> int:
        """Intervals that have happened."""
        return self._journal.done

    def run(self, days: int, progress: Progress | None = None) -> pd.DataFrame:
        """Go on until so many days since the start have happened, those before a crash included.

        Args:
            days: from 1 to the configuration's ``horizon_days``.
            progress: called after every interval with the intervals done and those to do in all.

        Returns:
            `events`.

        Raises:
            ValueError: the days are out of range.
        """
        if not 1 <= days <= self.config.horizon_days:
            raise ValueError(f"days must be from 1 to horizon_days = {self.config.horizon_days}, got {days}")
        total = round(days * self.homes.per_day)
        while self.done < total:
            self.step()
            if progress is not None:
                progress(self.done, total)
        return self.events()

    def step(self) -> Interval:
        """Let one interval happen, and write it down.

        Raises:
            RuntimeError: the data has no further interval.
            ConservationError: the books do not balance; nothing is written.
        """
        number = self.done
        if number >= len(self.homes.times):
            raise RuntimeError(f"the plant's {len(self.homes.times)} intervals have all happened")
        happened = self._happen(number)
        self._journal.write(number, happened.time, happened.event(), happened.rows(self.homes.names))
        return happened

    def events(self) -> pd.DataFrame:
        """One row an interval that has happened, indexed by time; see `Interval.event`."""
        return self._journal.events()

    def home_events(self, number: int | None = None) -> pd.DataFrame:
        """One row a home and interval, of interval ``number`` or of all; see `dem.vpp.journal.HOME_COLUMNS`."""
        return self._journal.homes(number)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def _happen(self, number: int) -> Interval:
        homes = self.homes
        planned = self._batteries.plan()
        expected = whole_wh(self._outlook.load[number] - self._outlook.pv[number] + planned)
        retail, feed_in = homes.retail[number], homes.feed_in[number]
        book = market.place(expected, retail, feed_in, homes.scale_wh, self.config.seed + number)
        clearing = market.MECHANISMS[self.config.mechanism](book)
        traded = market.positions(book, clearing, len(homes.names))
        flow = self._batteries.exchange(planned)
        metered = whole_wh(homes.load_kwh[number] - homes.pv_kwh[number] + flow)
        settled = accounts.settle(metered, expected, traded, retail, feed_in, book.curve)
        accounts.check(settled, int(traded.energy_wh.sum()), book.curve)
        emitted = self._emissions(homes.times[number], int(metered.sum()))
        return Interval(homes.times[number], expected, flow, self._batteries.energy_kwh, settled, emitted)

    def _emissions(self, time: pd.Timestamp, metered_wh: int) -> float:
        imported = pd.Series([max(units.wh_to_kwh(metered_wh), 0.0)], pd.DatetimeIndex([time]))
        return float(carbon.emissions(imported, self._factors).iloc[0])

    def _resume(self) -> None:
        if self.done:
            last = self._journal.homes(self.done - 1)
            self._batteries.resume(self.done, last["stored_kwh"].to_numpy())


def _factors(homes: Neighbourhood) -> EmissionFactors:
    """The network's average factors, one for all homes."""
    intensity = homes.window["carbon_intensity"].groupby(level=0).mean()
    years = "–".join(str(year) for year in sorted({homes.times[0].year, homes.times[-1].year}))
    return EmissionFactors(intensity, carbon.Kind.AVERAGE, "the homes' data", years)
