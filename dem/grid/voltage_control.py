"""Who moves the taps: line-drop compensation, a digital twin on the cleared schedule, and the two limits.

A controller sees a step's loads arrive (the voltages at the taps that still stand), chooses taps, and the step's
voltages are what the feeder then has. One operation moves one regulator by one tap.

| controller | knows | is |
| --- | --- | --- |
| `LineDropCompensation` | its own current and voltage | OpenDSS's RegControl, the baseline |
| `DigitalTwin` | measured voltages, the cleared schedule | the agent |
| `ExhaustiveSearch` | the present step exactly | the limit of violations |
| `PerfectForesight` | every step exactly | the limit of operations |
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dem.grid.course import Course
from dem.grid.feeder import Feeder
from dem.grid.tap_plan import FIT_ERROR_PU, VIOLATION_COST, Band, Plan, TapResponse, cheapest

BAND = Band()


class Controller(Protocol):
    """Anything that chooses taps."""

    def choose(self, step: int, taps: np.ndarray, voltage: np.ndarray) -> np.ndarray | None:
        """Taps (3,) for ``step``, given those that stand and the voltages (nodes,) they give under the new loads.

        ``None`` leaves the choice to the feeder's own regulator controls.
        """
        ...


@dataclass(frozen=True)
class Operation:
    """A course as it went.

    Attributes:
        taps: (T, regulators).
        voltage: (T, nodes) magnitudes, pu, after the taps of the step are set.
        start: (regulators,) taps before the first step.
    """

    taps: np.ndarray
    voltage: np.ndarray
    start: np.ndarray

    @property
    def operations(self) -> int:
        """Single tap moves of all regulators together."""
        return int(np.abs(np.diff(self.taps, axis=0, prepend=self.start[None])).sum())

    def violations(self, band: Band = BAND) -> np.ndarray:
        """Nodes out of band in each step (T,)."""
        return band.outside(self.voltage).sum(axis=1)


def operate(feeder: Feeder, course: Course, controller: Controller, start: np.ndarray) -> Operation:
    """Run a course under a controller, from the taps ``start`` (regulators,)."""
    feeder.taps = start
    taps, voltage = [], []
    for step in range(len(course)):
        before = course.solve(feeder, step)
        chosen = controller.choose(step, feeder.taps, before)
        if chosen is None:
            feeder.solve(f"step {step}", regulate=True)
        elif (chosen != feeder.taps).any():
            feeder.taps = chosen
            feeder.solve(f"step {step}")
        taps.append(feeder.taps)
        voltage.append(np.abs(feeder.voltage_pu()))
    return Operation(np.array(taps), np.array(voltage), np.array(start))


def settled_taps(feeder: Feeder, course: Course) -> np.ndarray:
    """Where line-drop compensation comes to rest under the first step's loads, from neutral: a start for everyone."""
    feeder.taps = np.zeros(len(feeder.regulators), dtype=np.int64)
    course.solve(feeder, 0, regulate=True)
    return feeder.taps


class NoControl:
    """Taps stay where they are."""

    def choose(self, step: int, taps: np.ndarray, voltage: np.ndarray) -> np.ndarray:
        """The taps that stand."""
        return taps


class LineDropCompensation:
    """The feeder's RegControls: each holds the voltage at a load centre that it estimates from its own current."""

    def choose(self, step: int, taps: np.ndarray, voltage: np.ndarray) -> None:
        """Left to OpenDSS."""
        return


class ExhaustiveSearch:
    """Judges every tap position in the present step: fewest nodes out of band, then voltages nearest to 1 pu."""

    def __init__(self, actual: TapResponse, band: Band = BAND) -> None:
        self._actual = actual
        self._band = band.narrowed(FIT_ERROR_PU)

    def choose(self, step: int, taps: np.ndarray, voltage: np.ndarray) -> np.ndarray:
        """The best position of this step, wherever the taps stand."""
        flatness = np.abs(self._actual.everywhere(step) - 1).mean(axis=0)
        violations = self._actual.violations(step, self._band)
        # Flatness is at most the fit's range in pu, far below one node out of band.
        return cheapest(VIOLATION_COST * (violations + flatness.reshape(violations.shape)), taps)


class PerfectForesight:
    """The plan with the fewest operations among those with the fewest node-steps out of band, all loads known."""

    def __init__(self, actual: TapResponse, band: Band = BAND) -> None:
        inside = band.narrowed(FIT_ERROR_PU)
        self._plan = Plan(np.array([VIOLATION_COST * actual.violations(t, inside) for t in range(len(actual))]))

    def choose(self, step: int, taps: np.ndarray, voltage: np.ndarray) -> np.ndarray:
        """The plan's taps."""
        return self._plan.best(step, taps)


class DigitalTwin:
    """Plans the fewest moves on a twin of the feeder that is under the cleared schedule and the forecast.

    The plan keeps a margin to the band, softly: a node inside the band but within ``margin`` of its edge costs
    ``margin_cost`` operations a step, as loads may turn out otherwise. In the present step the twin's voltages are
    shifted by what was measured, so that no forecast enters.

    Args:
        expected: the twin's voltages under the schedule and the forecast.
        horizon: steps ahead that the schedule is known for; ``None`` for all of them.
        margin: pu.
        margin_cost: operations per node and step.
    """

    def __init__(
        self,
        expected: TapResponse,
        *,
        horizon: int | None = None,
        band: Band = BAND,
        margin: float = 0.002,
        margin_cost: float = 0.05,
    ) -> None:
        self._expected, self._band = expected, band
        inside, wary = band.narrowed(FIT_ERROR_PU), band.narrowed(margin)
        self._inside = inside
        self._costs = np.array(
            [
                VIOLATION_COST * expected.violations(t, inside) + margin_cost * expected.violations(t, wary)
                for t in range(len(expected))
            ]
        )
        self._horizon = len(expected) if horizon is None else horizon
        self._whole = Plan(self._costs)

    def choose(self, step: int, taps: np.ndarray, voltage: np.ndarray) -> np.ndarray:
        """Fewest moves now and on the plan ahead that leave no node out of band now."""
        correction = voltage - self._expected.at(step, taps)
        now = VIOLATION_COST * self._expected.violations(step, self._inside, correction)
        return cheapest(now + self._ahead(step), taps)

    def _ahead(self, step: int) -> np.ndarray:
        if step + self._horizon >= len(self._costs):
            return self._whole.ahead[step]
        return Plan(self._costs[step : step + self._horizon + 1]).ahead[0]
