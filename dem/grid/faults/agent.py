"""The fault agent: takes one reading at a time and says when something is wrong, what, and where."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from dem.grid.faults.catalogue import SHORT_CIRCUITS, Catalogue
from dem.grid.faults.change import change, no_change
from dem.grid.faults.diagnosis import Diagnoser
from dem.grid.faults.sensors import Sensors

MEMORY = 20  # readings of the quiet feeder that a new one is held against
_PATIENCE = 5  # readings after the alarm that sharpen the place
_LEAST_MEMORY = 5
# Mean square change, in units of its noise, that is a new normal rather than noise: the memory starts anew.
_NEW_NORMAL = 2.0


@dataclass(frozen=True)
class Finding:
    """A fault that the agent sees.

    Attributes:
        reading: number of the reading, from 0.
        began: number of the reading that raised the alarm.
        kind: one of ``FAULTS``.
        place: bus, or the switch that opened.
        probability: of the place, given that it is a fault.
        ohms: estimated resistance of a short circuit, else NaN.
    """

    reading: int
    began: int
    kind: str
    place: str
    probability: float
    ohms: float

    @property
    def is_first(self) -> bool:
        """Whether this raises the alarm; later ones sharpen it."""
        return self.reading == self.began

    @property
    def is_short_circuit(self) -> bool:
        """Whether it is a short circuit rather than an outage."""
        return self.kind in SHORT_CIRCUITS


class FaultAgent:
    """Holds each reading against the mean of the quiet ones before it.

    The first few readings only fill the memory. After an alarm the following readings are averaged and the place is
    named again, more surely; then the new state counts as normal.

    Args:
        diagnoser: names kind and place.
        sensors: what a reading is.
        catalogue: names the places.
        alarm_from: score that raises the alarm, see ``evaluation.threshold``.

    Attributes:
        score: log odds that the last reading shows a fault; minus infinity while the memory fills.
    """

    def __init__(self, diagnoser: Diagnoser, sensors: Sensors, catalogue: Catalogue, alarm_from: float) -> None:
        self._diagnoser, self._sensors, self._catalogue = diagnoser, sensors, catalogue
        self._alarm_from = alarm_from
        self._memory: deque[np.ndarray] = deque(maxlen=MEMORY)
        self._during: list[np.ndarray] = []
        self._count = 0
        self.score = -np.inf

    def observe(self, reading: np.ndarray) -> Finding | None:
        """Take one reading (channels,), NaN where a meter is silent; a finding while there is a fault to report.

        Raises:
            GridError: if the reading cannot be used (``Sensors.check``); the agent forgets it and goes on.
        """
        values = self._sensors.check(reading)
        self._count += 1
        if len(self._memory) < _LEAST_MEMORY:
            self._memory.append(values)
            return None
        before = _mean(np.array(self._memory))
        after = _mean(np.array([*self._during, values]))
        found = self._diagnoser.diagnose(before[None], after[None], len(self._memory), len(self._during) + 1)
        self.score = float(found.score[0])
        if not self._during and self.score <= self._alarm_from:
            self._remember(values, before)
            return None
        self._during.append(values)
        finding = Finding(
            reading=self._count - 1,
            began=self._count - len(self._during),
            kind=str(found.likeliest_kind()[0]),
            place=str(found.likeliest_place(self._catalogue)[0]),
            probability=float(found.places[0].max()),
            ohms=float(found.ohms[0]),
        )
        if len(self._during) == _PATIENCE:
            self._memory.clear()
            self._memory.extend(self._during)
            self._during = []
        return finding

    def _remember(self, values: np.ndarray, before: np.ndarray) -> None:
        moved = change(self._sensors, before, values, len(self._memory), 1)
        surprise = np.nanmean(np.square(moved.value - no_change(self._sensors)) / moved.variance)
        if surprise > _NEW_NORMAL:
            self._memory.clear()
        self._memory.append(values)


def _mean(readings: np.ndarray) -> np.ndarray:
    """Mean of the readings that are there, channel by channel; NaN where none is."""
    heard = ~np.isnan(readings)
    count = heard.sum(axis=0)
    total = np.where(heard, readings, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
