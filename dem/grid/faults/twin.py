"""The diagnoser that knows physics: measured changes against a bank of faults on the digital twin."""

import numpy as np
from scipy.special import log_softmax, logsumexp

from dem.grid.faults.bank import FaultBank, fault_curve
from dem.grid.faults.calibration import Calibration
from dem.grid.faults.catalogue import KINDS, Catalogue
from dem.grid.faults.change import Change, change, head_power
from dem.grid.faults.diagnosis import ORDINARY_COLUMN, Diagnosis
from dem.grid.faults.generator import Events
from dem.grid.faults.matching import Curves, Match, match
from dem.grid.faults.ordinary import OrdinaryChanges
from dem.grid.faults.sensors import Sensors
from dem.grid.faults.simulator import FaultSimulator

# Standard deviation of what the twin gets wrong, pu: with loads it does not know; where only a shortlist is drawn up,
# which may leave no true place out; after calibration.
BANK_ERROR, SHORTLIST_ERROR, CALIBRATED_ERROR = 0.004, 0.03, 0.0004
_CERTAIN = 0.9999  # a place this likely is not looked at again
_SHORTLIST = 12
_REFINED_OHMS = np.array([0.75, 1.0, 1.35])  # around the bank's estimate
_FAULT_PRIOR = 0.5


class Twin:
    """Bayes' rule over every fault of the bank, and over nothing in particular having happened.

    Places are equally likely beforehand, then what can happen there, then resistances in their logarithm. Where the
    bank leaves more than one place open, the twin is calibrated on the reading before and the likeliest few are
    simulated again there.

    Args:
        simulator: the twin; it is moved about.
        bank: simulated on it.
        sensors: what is read.
        ordinary: events of which the ordinary ones say how far a feeder moves on an ordinary day.
        look_again: whether to simulate again; needs the head, without which the twin cannot be calibrated.
    """

    def __init__(
        self,
        simulator: FaultSimulator,
        bank: FaultBank,
        sensors: Sensors,
        ordinary: Events,
        look_again: bool = True,
    ) -> None:
        self._again = look_again and sensors.head
        self._error = SHORTLIST_ERROR if self._again else BANK_ERROR
        self._simulator, self._bank, self._sensors = simulator, bank, sensors
        self._calibration = Calibration(simulator, bank, sensors) if self._again else None
        self._levels = head_power(sensors.exact(bank.before)) if sensors.head else None
        catalogue = simulator.catalogue
        self._kinds = np.array([KINDS.index(fault.kind) for fault in bank.faults])
        self._places = np.array([catalogue.places.index(fault.place) for fault in bank.faults])
        options = np.bincount(self._places)
        self._prior = -np.log(len(options) * options[self._places])
        self._ordinary = OrdinaryChanges(sensors, ordinary)

    @property
    def catalogue(self) -> Catalogue:
        """Of the simulator."""
        return self._simulator.catalogue

    def diagnose(
        self, before: np.ndarray, after: np.ndarray, readings_before: int, readings_after: int = 1
    ) -> Diagnosis:
        """See ``Diagnoser``."""
        fault, ordinary = self.evidence(before, after, readings_before, readings_after)
        evidence = fault.evidence + self._prior
        kinds = np.full((len(before), len(KINDS)), -np.inf)
        kinds[:, ORDINARY_COLUMN] = ordinary + np.log(1 - _FAULT_PRIOR)
        for kind in range(1, len(KINDS)):
            kinds[:, kind] = logsumexp(evidence[:, self._kinds == kind], axis=1) + np.log(_FAULT_PRIOR)
        best = evidence.argmax(axis=1)
        short = self._kinds[best] != KINDS.index("outage")
        ohms = np.where(short, np.take_along_axis(fault.ohms, best[:, None], axis=1)[:, 0], np.nan)
        return Diagnosis(kinds, self._place_evidence(evidence), ohms)

    def evidence(
        self, before: np.ndarray, after: np.ndarray, readings_before: int, readings_after: int
    ) -> tuple[Match, np.ndarray]:
        """Log evidence for each fault of the bank (n, candidates), and for an ordinary event (n,)."""
        moved = change(self._sensors, before, after, readings_before, readings_after)
        level = self._nearest_level(before)
        found = Match(np.empty((len(before), len(self._kinds))), np.empty((len(before), len(self._kinds))))
        for k in np.unique(level):
            rows = level == k
            part = match(moved.value[rows], self._bank_curves(k, readings_before, readings_after))
            found.evidence[rows], found.ohms[rows] = part.evidence, part.ohms
        ordinary = self._ordinary.evidence(moved)
        if self._again:
            places = self._place_evidence(found.evidence + self._prior).max(axis=1)
            fault = logsumexp(found.evidence + self._prior, axis=1) > ordinary
            for row in np.flatnonzero(fault & (places < np.log(_CERTAIN))):
                self._look_again(found, row, moved, before[row], int(level[row]), readings_before, readings_after)
        return found, ordinary

    def _place_evidence(self, evidence: np.ndarray) -> np.ndarray:
        """Log probabilities (n, places)."""
        places = range(len(self.catalogue.places))
        return log_softmax(
            np.stack([logsumexp(evidence[:, self._places == k], axis=1) for k in places], axis=1), axis=1
        )

    def _nearest_level(self, before: np.ndarray) -> np.ndarray:
        if self._levels is None:
            return np.full(len(before), len(self._bank.points) // 2)
        return np.abs(head_power(before)[:, None] - self._levels).argmin(axis=1)

    def _bank_curves(self, level: int, readings_before: int, readings_after: int) -> Curves:
        states, base = self._bank.after[level], self._bank.before[level]
        ohms = np.broadcast_to(self._bank.ohms, states.shape[:2])
        return self._curves(base, states, ohms, self._error, readings_before, readings_after)

    def _curves(
        self,
        base: np.ndarray,
        states: np.ndarray,
        ohms: np.ndarray,
        error: float,
        readings_before: int,
        readings_after: int,
    ) -> Curves:
        start = np.broadcast_to(self._sensors.exact(base), (*states.shape[:2], len(self._sensors.channels)))
        curve = change(self._sensors, start, self._sensors.exact(states), readings_before, readings_after)
        return Curves.through(curve.value, curve.variance + error**2, ohms)

    def _look_again(
        self,
        found: Match,
        row: int,
        moved: Change,
        before: np.ndarray,
        level: int,
        readings_before: int,
        readings_after: int,
    ) -> None:
        """Replace the evidence of one change: the likeliest faults simulated where the feeder is, all others out."""
        likely = np.argsort(found.evidence[row] + self._prior)[::-1][:_SHORTLIST]
        self._simulator.operate(self._calibration.point(before, level, readings_before))
        base = self._simulator.solve()
        ohms = np.clip(found.ohms[row, likely, None], *self._bank.ohms[[1, -1]]) * _REFINED_OHMS
        states = np.array(
            [fault_curve(self._simulator, self._bank.faults[k], ohm) for k, ohm in zip(likely, ohms, strict=True)]
        )
        curves = self._curves(base, states, ohms, CALIBRATED_ERROR, readings_before, readings_after)
        again = match(moved.value[row : row + 1], curves)
        found.evidence[row] = -np.inf
        found.evidence[row, likely], found.ohms[row, likely] = again.evidence[0], again.ohms[0]
