"""Events: less load in a day's hours of most power, promised by homes, measured against a baseline, and paid for.

When a day's first gate closes, the aggregator looks for the hours in which all homes together are expected to take most
from the network, and plans what the offers that ask no more than its reward could do there (`dem.retail.event`). If it
calls them, homes leave out what they promised, as far as they use so much at all, and what has to come back comes back
within the day. Some do not respond. Meters count what a home used below its baseline, up to what it promised; the rest
of the promise is fined.

Events are on weekdays alone, as the baseline takes ten days without event of the same kind: days before the start, and
those that passed since.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem import data, units
from dem.retail import DayMatching, Event, Willingness
from dem.retail import event as events
from dem.vpp import conservation
from dem.vpp.config import Config
from dem.vpp.neighbourhood import Neighbourhood

OFFERING, OFFERS, OVERRIDE = range(2, 5)
"""Streams of random numbers, after those of `dem.vpp.neighbourhood`."""
COMFORT_K = 1.0
LEAD_HOURS, WINDOW_HOURS, RETURN_HOURS = 4, 2, 2
"""The baseline is adjusted on two hours that begin four hours before an event; after it two hours are kept free."""
SATURDAY = 5


@dataclass(frozen=True)
class Call:
    """What the aggregator and the homes agree on in the morning.

    Attributes:
        event: its periods of the day.
        promised_wh: (T, H) to leave the event's hours, whole Wh.
        back_kwh: (T, H) to come back after it.
    """

    event: Event
    promised_wh: np.ndarray
    back_kwh: np.ndarray

    @property
    def change_kwh(self) -> np.ndarray:
        """What loads are expected to change by, (T, H)."""
        return self.back_kwh - units.wh_to_kwh(self.promised_wh)


class Caller:
    """Calls events and measures what comes of them; days have to be gone through in their order.

    Raises:
        ValueError: a day has no room for an event.
    """

    def __init__(self, homes: Neighbourhood, config: Config) -> None:
        count, hours = len(homes.names), homes.step_hours
        lead, window, back, self._length = (
            max(1, round(length / hours)) for length in (LEAD_HOURS, WINDOW_HOURS, RETURN_HOURS, config.event_hours)
        )
        self._starts = range(lead, homes.per_day - back - self._length + 1)
        if not self._starts:
            raise ValueError(f"events: no room for one in a day of {homes.per_day} intervals")
        drawn = np.random.default_rng([config.seed, OFFERING]).permutation(count)
        self._offering = drawn < round(config.response_share * count)
        self._willing = Willingness(config.waiting, COMFORT_K, config.ask)
        self._rule = DayMatching(lead=lead, window=min(lead, window))
        self._zone, self._step_hours, self._config = data.time_zone(config.data), hours, config
        past = data.wide(homes.history, "load_kwh")
        days = past.to_numpy().reshape(-1, homes.per_day, count)
        gates = past.index[:: homes.per_day]
        self._usual = [day for day, gate in zip(days, gates, strict=True) if self._weekday(gate)]

    def plan(self, gate: pd.Timestamp, load_kwh: np.ndarray, pv_kwh: np.ndarray) -> Call | None:
        """What could be called on the day that begins at ``gate``; ``None`` where nobody would come.

        Args:
            gate: start of the day.
            load_kwh: (T, H) expected at the source's tariff.
            pv_kwh: (T, H) expected.
        """
        offers = self._willing.draw(load_kwh, self._offering, self._drawn(OFFERS, gate), step_hours=self._step_hours)
        asked = events.called(offers, self._config.reward)
        if not (self._weekday(gate) and asked):
            return None
        net = load_kwh - pv_kwh
        event = self._highest(net.sum(axis=1))
        change = events.plan(net, asked, event).change_kwh
        promised = np.zeros(net.shape, dtype=np.int64)
        promised[event.hours] = np.floor(-change[event.hours].clip(max=0.0) * units.WH_PER_KWH)
        return Call(event, promised, np.maximum(change, 0.0))

    def keep(self, gate: pd.Timestamp, call: Call, load_kwh: np.ndarray) -> np.ndarray:
        """What homes that would use ``load_kwh`` (T, H) change of it, (T, H) kWh.

        Raises:
            ConservationError: more comes back than left, or a load is negative.
        """
        obeys = self._drawn(OVERRIDE, gate).random(load_kwh.shape[1]) >= self._config.override
        promised = units.wh_to_kwh(call.promised_wh)
        left = np.minimum(promised, load_kwh) * obeys
        total = promised.sum(axis=0)
        back = call.back_kwh * np.divide(left.sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
        conservation.check_response(load_kwh, left, back)
        return back - left

    def measure(self, call: Call, load_kwh: np.ndarray) -> np.ndarray:
        """What meters that show ``load_kwh`` (T, H) count as response, (T, H) whole Wh."""
        response, hours = np.zeros_like(call.promised_wh), call.event.hours
        baseline = self._rule.estimate(np.stack(self._usual[-self._rule.days :]), load_kwh, call.event)
        below = np.floor((baseline - load_kwh[hours]).clip(min=0.0) * units.WH_PER_KWH)
        response[hours] = np.minimum(below, call.promised_wh[hours])
        return response

    def remember(self, gate: pd.Timestamp, load_kwh: np.ndarray) -> None:
        """A day without event has passed, with these loads (T, H)."""
        if self._weekday(gate):
            self._usual.append(load_kwh)

    def _highest(self, net_kwh: np.ndarray) -> Event:
        start = max(self._starts, key=lambda first: net_kwh[first : first + self._length].sum())
        return Event(start, start + self._length)

    def _drawn(self, stream: int, gate: pd.Timestamp) -> np.random.Generator:
        return np.random.default_rng([self._config.seed, stream, int(gate.timestamp())])

    def _weekday(self, gate: pd.Timestamp) -> bool:
        """Whether most of the local day that begins at ``gate`` is a weekday's."""
        return (gate + pd.Timedelta(hours=12)).tz_convert(self._zone).dayofweek < SATURDAY
