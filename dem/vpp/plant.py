"""The plant: forecast, price, respond, order, clear, carry, deliver, settle, balance, one interval after the other.

with Plant(Config(homes=20, mechanism="mcafee")) as plant:
    events = plant.run(days=7)

with Plant(Config(homes=20), agent=Thrifty, mechanism=posted) as plant:  # your own
    events = plant.run(days=7)
"""

import contextlib
from collections.abc import Callable
from typing import Self

import numpy as np
import pandas as pd

from dem import chain, units
from dem.market import Clearing
from dem.vpp import accounts, conservation, footprint, market
from dem.vpp.aggregator import agree
from dem.vpp.batteries import Batteries, OwnAgent
from dem.vpp.config import Config
from dem.vpp.forecasts import look_out
from dem.vpp.interval import Flows, Interval, whole_wh
from dem.vpp.journal import Journal
from dem.vpp.market import Book, OwnMechanism, Positions
from dem.vpp.neighbourhood import Neighbourhood
from dem.vpp.network import Network
from dem.vpp.settlement import Settlement

Progress = Callable[[int, int], None]
WHOSE = (
    "data",
    "homes",
    "tariff",
    "start",
    "horizon_days",
    "history_days",
    "roof_share",
    "battery_share",
    "forecaster",
    "seed",
)
"""Settings that data and forecasts follow from."""


class Plant:
    """A virtual power plant; it goes on where its journal ends.

    Args:
        config: what it is made of.
        connection: an open chain to settle on; by default the plant opens the configuration's and closes it.
        like: a plant of the same homes, whose data and forecasts serve this one, too.
        agent: who runs the batteries in place of the configuration's: makes a policy for the homes it is given. What it
            observes of load and PV is what is expected at the gate. It has to decide by what it observes alone: a plant
            that is opened again makes it anew.
        mechanism: how orders become trades in place of the configuration's: takes bid prices, bid quantities, ask
            prices and ask quantities, as those of `dem.market` do, in units per Wh (10⁻⁸ EUR) and Wh, and returns a
            `dem.market.Clearing`.

    Attributes:
        config: the same.
        source: the homes as the data has them, at the source's tariff.
        homes: its neighbourhood, as it lives with what the aggregator agrees with it.
        network: its feeder, if it has one.
        settlement: its way onto the chain, if it has one.

    Raises:
        dem.data.DataError: the data cannot be used.
        ValueError: the data has fewer homes or days than asked for, or ``like`` has other homes.
        JournalError: the journal cannot be used, or belongs to another plant.
        DisagreementError: the chain has something else than the journal.
        dem.chain.ChainError: the chain is unknown or does not answer.
    """

    def __init__(
        self,
        config: Config,
        connection: chain.Connection | None = None,
        like: "Plant | None" = None,
        *,
        agent: OwnAgent | None = None,
        mechanism: OwnMechanism | None = None,
    ) -> None:
        self.config = config
        self._clear = market.MECHANISMS[config.mechanism] if mechanism is None else market.of_orders(mechanism)
        if like is not None:
            _check_alike(config, like.config)
        self.source = Neighbourhood.load(config) if like is None else like.source
        with contextlib.ExitStack() as stack:
            self._journal = Journal(config.journal, config.identity | _names(agent=agent, mechanism=mechanism))
            stack.callback(self._journal.close)
            self._forecast = look_out(self.source, config.forecaster, config.seed) if like is None else like._forecast
            self._agreed = agree(self.source, self._forecast, config)
            self.homes, self._outlook = self._agreed.homes, self._agreed.outlook
            self._batteries = Batteries(self.homes, self._outlook, config, agent)
            self._factors = footprint.factors(self.homes)
            self.network = Network(self.homes, config.feeder_homes) if config.feeder else None
            self.settlement = self._settlement(stack, connection)
            self._resume()
            self._open = stack.pop_all()

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
        """Let one interval happen, write it down, and bring it onto the chain.

        Raises:
            RuntimeError: the data has no further interval.
            ConservationError: the books do not balance; nothing is written.
            dem.grid.PowerFlowError: the feeder cannot carry what the homes take; nothing is written.
            dem.chain.ChainError: the chain does not answer; the interval is written, and is sent when the plant is
                opened again.
        """
        number = self.done
        if number >= len(self.homes.times):
            raise RuntimeError(f"the plant's {len(self.homes.times)} intervals have all happened")
        happened = self._happen(number)
        rows, intents = happened.rows(self.homes.names), []
        if self.settlement is not None:
            signatures, intents = self.settlement.decide(number, rows)
            rows = rows.assign(signature=signatures["meters"], response_signature=signatures["response"])
        self._journal.write(number, happened.time, happened.event(), rows, intents)
        if self.settlement is not None:
            self.settlement.catch_up()
        return happened

    def events(self) -> pd.DataFrame:
        """One row an interval that has happened, indexed by time; see `Interval.event`."""
        return self._journal.events()

    def home_events(self, number: int | None = None) -> pd.DataFrame:
        """One row a home and interval, of interval ``number`` or of all; see `dem.vpp.journal.HOME_COLUMNS`."""
        return self._journal.homes(number)

    def transactions(self) -> pd.DataFrame:
        """One row a transaction: ``number`` of the interval, ``book``, ``operation``, ``home``, ``gas``, ``sent``."""
        return self._journal.transactions()

    def forecast(self) -> pd.DataFrame:
        """What the next gate expects of its interval and the day that this begins.

        Returns:
            Columns ``home, load_kwh, pv_kwh``, one row a home and interval, indexed by time; no rows at the end.
        """
        homes, number = self.homes, self.done
        expected = self._outlook.at(number) if number < len(homes.times) else np.empty((2, 0, len(homes.names)))
        step = pd.Timedelta(hours=homes.step_hours)
        times = homes.times[0] + step * (number + np.arange(expected.shape[1]))
        index = pd.DatetimeIndex(np.repeat(times, len(homes.names)), name="time")
        columns = {"home": homes.names * len(times), "load_kwh": expected[0].ravel(), "pv_kwh": expected[1].ravel()}
        return pd.DataFrame(columns, index)

    def close(self) -> None:
        """Close the chain and the journal."""
        self._open.close()

    def _happen(self, number: int) -> Interval:
        homes, outlook = self.homes, self._outlook
        expected = outlook.load[number] - outlook.pv[number]
        planned = self._batteries.plan(expected)
        ordered = whole_wh(expected + planned)
        book = market.place(
            ordered, homes.retail[number], homes.feed_in[number], homes.scale_wh, self.config.seed + number
        )
        clearing = self._clear(book)
        traded, cut = self._carry(number, ordered, book, clearing)
        flows = self._deliver(number, planned, cut)
        balance = market.balance_curve(homes.retail[number], homes.feed_in[number])
        settled = accounts.settle(
            flows.metered_wh, ordered + cut, traded, homes.retail[number], homes.feed_in[number], balance
        )
        conservation.check_books(settled, getattr(clearing, "imbalance", 0), balance)
        state = {"cut_kwh": float(units.wh_to_kwh(cut.sum()))} if self.network else {}
        if self.network is not None:
            state |= self.network.deliver(flows.metered_wh, float(flows.load_kwh.sum()))
        now = homes.times[[number]]
        (emitted,) = footprint.emissions_kg(self._factors, now, flows.metered_wh[None])
        return Interval(
            now[0],
            ordered + cut,
            flows,
            settled,
            homes.retail[number],
            self._agreed.response(number),
            float(emitted),
            self._agreed.tariff(number),
            state,
        )

    def _carry(self, number: int, ordered: np.ndarray, book: Book, clearing: Clearing) -> tuple[Positions, np.ndarray]:
        """What the feeder leaves of the trades, and Wh (H,) that sellers do not deliver."""
        traded = market.positions(book, clearing, len(ordered))
        if self.network is None:
            return traded, np.zeros_like(ordered)
        return self.network.carry(ordered, float(self._outlook.load[number].sum()), book, clearing, traded)

    def _deliver(self, number: int, planned_kwh: np.ndarray, cut_wh: np.ndarray) -> Flows:
        """Load and sun come as they like; batteries keep to what was ordered, less what the feeder does not carry."""
        cut, load, pv = units.wh_to_kwh(cut_wh), self.homes.load_kwh[number], self.homes.pv_kwh[number]
        missed = load - pv - (self._outlook.load[number] - self._outlook.pv[number])
        held_back = np.minimum(cut, np.maximum(-planned_kwh, 0.0))
        spilled = np.minimum(cut - held_back, pv)
        before = self._batteries.energy_kwh
        flow = self._batteries.exchange(planned_kwh + held_back, missed, load - pv + spilled)
        flows = Flows(load, pv, spilled, flow, self._batteries.energy_kwh, whole_wh(load - pv + spilled + flow))
        conservation.check_energy(flows, before, self._batteries.efficiency)
        return flows

    def _settlement(self, stack: contextlib.ExitStack, connection: chain.Connection | None) -> Settlement | None:
        if connection is None:
            if self.config.chain is None:
                return None
            connection = stack.enter_context(chain.connect(self.config.chain))
        paid = self._agreed.rates if self.config.response_share else None
        return Settlement(connection, self.homes, self._journal, self.config.seed, paid)

    def _resume(self) -> None:
        if self.done:
            self._batteries.resume(self.done, self._journal.homes(self.done - 1)["stored_kwh"].to_numpy())
            if self.network is not None:
                self.network.resume(self.events()["taps"].iloc[-1])


def _check_alike(config: Config, other: Config) -> None:
    for name in WHOSE:
        here, there = getattr(config, name), getattr(other, name)
        if here != there:
            raise ValueError(f"{name} is {here!r} here and {there!r} in the plant whose homes are to be used")


def _names(**own: object) -> dict[str, str]:
    """What a journal remembers of parts that the user brings."""
    kinds = {name: part if hasattr(part, "__qualname__") else type(part) for name, part in own.items() if part}
    return {name: f"{part.__module__}.{part.__qualname__}" for name, part in kinds.items()}
