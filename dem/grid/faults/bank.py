"""Every fault simulated on the twin beforehand, at several loads and resistances."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from dem.grid.faults.catalogue import Disturbance
from dem.grid.faults.generator import LEAST_OHM
from dem.grid.faults.simulator import PUBLISHED_TAPS, FaultSimulator, OperatingPoint

# Dense where the feeder's own impedance (about an ohm) stops to hide them; above the largest that is looked for.
OHMS = (LEAST_OHM, 0.02, 0.05, 0.1, 0.17, 0.27, 0.4, 0.6, 0.85, 1.2, 1.6, 2.2, 3.0, 4.2, 5.8, 8.0, 11.0, 15.0, 21.0)
LEVELS = (0.25, 0.45, 0.65, 0.85, 1.05)


@dataclass(frozen=True)
class FaultBank:
    """Simulated states.

    Attributes:
        faults: the candidates (candidates,).
        ohms: resistances (ohms,); an outage looks the same at each.
        points: what the feeder carried at each level (levels,).
        before: states (levels, nodes + 3).
        after: states (levels, candidates, ohms, nodes + 3).
    """

    faults: tuple[Disturbance, ...]
    ohms: np.ndarray
    points: tuple[OperatingPoint, ...]
    before: np.ndarray
    after: np.ndarray

    @classmethod
    def simulate(cls, simulator: FaultSimulator, levels: tuple[float, ...] = LEVELS) -> Self:
        """All faults of the simulator's catalogue at each level of load."""
        points = tuple(level_point(simulator, level) for level in levels)
        before, after = [], []
        for point in points:
            simulator.operate(point)
            before.append(simulator.solve())
            after.append([fault_curve(simulator, fault, np.array(OHMS)) for fault in simulator.catalogue.faults])
        return cls(simulator.catalogue.faults, np.array(OHMS), points, np.array(before), np.array(after))


def level_point(simulator: FaultSimulator, level: float) -> OperatingPoint:
    """All loads at one share of their rating, and the taps that go with it."""
    taps = np.round(PUBLISHED_TAPS * level).astype(int)
    return OperatingPoint(level * simulator.rated_kw, level * simulator.rated_kvar, taps)


def fault_curve(simulator: FaultSimulator, fault: Disturbance, ohms: np.ndarray) -> np.ndarray:
    """States (ohms, nodes + 3) after ``fault`` with each resistance."""
    if fault.kind == "outage":
        return np.repeat(simulator.solve(fault)[None], len(ohms), axis=0)
    return np.array([simulator.solve(Disturbance(fault.kind, fault.place, fault.phases, ohm)) for ohm in ohms.tolist()])
