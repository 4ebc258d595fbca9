"""The feeder with every fault built in and switched off: a digital twin that can be short-circuited at will."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dem.grid import feeder as feeders
from dem.grid.connections import PHASES
from dem.grid.faults.catalogue import IEEE13, SHORT_CIRCUITS, Catalogue, Disturbance
from dem.grid.feeder import Feeder

# 5 MVA at 4.16 kV: the substation's rated current, the unit of the head's currents.
HEAD_CURRENT_A = 5_000 / (np.sqrt(3) * 4.16)
PUBLISHED_TAPS = np.array([10, 8, 11])
# Sagging loads need more steps to settle than OpenDSS's 15.
_ITERATIONS = "set maxiterations=100"


@dataclass(frozen=True)
class OperatingPoint:
    """The feeder before anything happens.

    Attributes:
        kw: active power of each load (loads,), negative where PV feeds in.
        kvar: reactive power likewise.
        taps: positions of the regulators.
        source_pu: voltage of the source behind the substation.
    """

    kw: np.ndarray
    kvar: np.ndarray
    taps: np.ndarray
    source_pu: float = 1.0


class FaultSimulator:
    """Solves the IEEE 13-node feeder, its substation's impedance included, before and after a disturbance.

    A *state* is a complex vector (nodes + 3,): node voltages in pu, in the order of ``nodes``, then the head's currents
    in units of ``HEAD_CURRENT_A``, flowing into the feeder.

    Attributes:
        feeder: the feeder behind; its circuit is the simulator's to change.
        nodes: columns ``node, phase``, as in ``Feeder.nodes``.
        regulators: names of the regulators.
        loads: names of the loads; ``rated_kw`` and ``rated_kvar`` (loads,) are theirs.
    """

    def __init__(self, catalogue: Catalogue = IEEE13, master: Path = feeders.IEEE13) -> None:
        self.catalogue = catalogue
        edits = [*feeders.SUBSTATION_IMPEDANCE, _ITERATIONS, *map(_fault_element, _all_short_circuits(catalogue))]
        self.feeder = Feeder(master, edits=edits)
        self.nodes = self.feeder.nodes[["node", "phase"]]
        self.regulators = self.feeder.regulators
        self.loads = tuple(self.feeder.dss.Loads.AllNames())
        self.rated_kw, self.rated_kvar = self._read_loads()
        self._point = OperatingPoint(self.rated_kw, self.rated_kvar, PUBLISHED_TAPS)

    def operate(self, point: OperatingPoint) -> None:
        """Bring the feeder to ``point``."""
        self._point = point
        self._set_loads(point)
        self.feeder.taps = point.taps
        self._command(f"edit vsource.source pu={point.source_pu:.9f}")

    def solve(self, disturbance: Disturbance | None = None) -> np.ndarray:
        """State at the operating point, or right after ``disturbance``, which is undone then.

        Raises:
            PowerFlowError: names the disturbance whose power flow does not converge. The simulator stays usable.
        """
        if disturbance is None or disturbance.kind == "quiet":
            return self._state("before any disturbance")
        try:
            self._begin(disturbance)
            return self._state(f"{disturbance.kind} at {disturbance.place or 'the feeder'}")
        finally:
            self._end(disturbance)

    def _begin(self, disturbance: Disturbance) -> None:
        kind, place = disturbance.kind, disturbance.place
        if kind in SHORT_CIRCUITS:
            self._command(f"edit {_fault_name(disturbance)} r={disturbance.resistance_ohm:.9f} enabled=yes")
        elif kind == "outage":
            self._command(f"open {place} 1")
        elif kind == "capacitor trip":
            self._command(f"edit capacitor.{place} enabled=no")
        elif kind == "tap change":
            self.feeder.taps = self._point.taps + round(disturbance.size) * (np.array(self.feeder.regulators) == place)
        else:
            self._set_loads(self._stepped(disturbance))

    def _end(self, disturbance: Disturbance) -> None:
        kind, place = disturbance.kind, disturbance.place
        if kind in SHORT_CIRCUITS:
            self._command(f"edit {_fault_name(disturbance)} enabled=no")
        elif kind == "outage":
            self._command(f"close {place} 1")
        elif kind == "capacitor trip":
            self._command(f"edit capacitor.{place} enabled=yes")
        elif kind == "tap change":
            self.feeder.taps = self._point.taps
        else:
            self._set_loads(self._point)

    def _stepped(self, disturbance: Disturbance) -> OperatingPoint:
        point = self._point
        if disturbance.kind == "load rejection":
            kept = np.array([name not in self.catalogue.loads[disturbance.place] for name in self.loads])
            return replace(point, kw=point.kw * kept, kvar=point.kvar * kept)
        if disturbance.kind == "load step":
            share = disturbance.size * (np.array(self.loads) == disturbance.place)
            return replace(point, kw=point.kw + share * self.rated_kw, kvar=point.kvar + share * self.rated_kvar)
        return replace(point, kw=point.kw - disturbance.size * self.rated_kw)  # PV step

    def _state(self, case: str) -> np.ndarray:
        self.feeder.solve(case)
        voltage = self.feeder.voltage_pu()
        self.feeder.dss.Circuit.SetActiveElement("transformer.sub")
        currents = np.array(self.feeder.dss.CktElement.Currents()).view(complex)
        into_feeder = -currents[len(PHASES) + 1 : 2 * len(PHASES) + 1]
        return np.concatenate([voltage, into_feeder / HEAD_CURRENT_A])

    def _read_loads(self) -> tuple[np.ndarray, np.ndarray]:
        loads, powers = self.feeder.dss.Loads, []
        for k in range(len(self.loads)):
            loads.Idx(k + 1)
            powers.append((loads.kW(), loads.kvar()))
        return tuple(np.array(powers).T)

    def _set_loads(self, point: OperatingPoint) -> None:
        loads = self.feeder.dss.Loads
        for k, (kw, kvar) in enumerate(zip(point.kw.tolist(), point.kvar.tolist(), strict=True)):
            loads.Idx(k + 1)
            loads.kW(kw)
            loads.kvar(kvar)

    def _command(self, text: str) -> None:
        self.feeder.dss.Text.Command(text)


def _all_short_circuits(catalogue: Catalogue) -> Sequence[Disturbance]:
    return [fault for bus in catalogue.buses for fault in catalogue.short_circuits(bus)]


def _fault_name(fault: Disturbance) -> str:
    return f"fault.{fault.kind}_{fault.place}_{fault.phases}".lower()


def _fault_element(fault: Disturbance) -> str:
    numbers = [PHASES.index(phase) + 1 for phase in fault.phases]
    if fault.kind == "LL":
        ends = f"bus1={fault.place}.{numbers[0]} bus2={fault.place}.{numbers[1]} phases=1"
    else:
        ends = f"bus1={fault.place}.{'.'.join(map(str, numbers))} phases={len(numbers)}"
    return f"new {_fault_name(fault)} {ends} r=1 enabled=no"
