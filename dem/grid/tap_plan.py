"""Planning taps: what voltages every tap position would give, and the fewest moves that keep them in band.

The feeder is solved at 15 tap positions of every step (a central composite design: corners, axes, centre). Voltages are
a quadratic in the three taps to within 2e-5 pu (IEEE 13-node feeder at full load), so that all positions of a whole day
can be judged, and a dynamic programme finds the fewest tap operations among the plans with the fewest node-steps out of
band.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from dem.grid.course import Course
from dem.grid.errors import GridError
from dem.grid.feeder import HIGH_PU, LOW_PU, Feeder

# Beyond ±8 the regulator's own terminals leave 0.95–1.05 pu whatever the loads.
REACH = 8
POSITIONS = np.arange(-REACH, REACH + 1)
SIDE = len(POSITIONS)
REGULATORS = 3
_CORNERS = list(itertools.product((-6, 6), repeat=REGULATORS))
_AXES = [tuple(REACH * sign * row) for row in np.eye(REGULATORS, dtype=int) for sign in (-1, 1)]
_DESIGN = np.array([*_CORNERS, *_AXES, (0,) * REGULATORS])
FIT_ERROR_PU = 2e-5
# One node out of band for one step weighs more than any number of operations that could avoid it.
VIOLATION_COST = 1_000.0


@dataclass(frozen=True)
class Band:
    """The voltages to keep, pu."""

    low: float = LOW_PU
    high: float = HIGH_PU

    def outside(self, voltage: np.ndarray) -> np.ndarray:
        """Which voltages are out of band, as booleans of the same shape."""
        return (voltage < self.low) | (voltage > self.high)

    def narrowed(self, margin: float) -> Self:
        """The band with ``margin`` taken off at both ends."""
        return type(self)(self.low + margin, self.high - margin)


@dataclass(frozen=True)
class TapResponse:
    """Node voltages as functions of the taps, one for each step of a course.

    Attributes:
        coefficients: (T, nodes, 10) float32, of 1, the taps, their squares and products.
    """

    coefficients: np.ndarray

    @classmethod
    def of(cls, feeder: Feeder, course: Course) -> Self:
        """Solve the course at the positions of the design; the feeder's taps are put back.

        Raises:
            GridError: if the feeder has not three regulators.
            PowerFlowError: names the step that has no solution.
        """
        if len(feeder.regulators) != REGULATORS:
            raise GridError(f"planning needs a feeder with {REGULATORS} regulators, this has {len(feeder.regulators)}")
        taps = feeder.taps
        # Taps in the outer loop: a new tap costs the engine more than new loads do.
        voltages = np.array([_at_taps(feeder, course, position) for position in _DESIGN])
        feeder.taps = taps
        coefficients = np.tensordot(voltages, np.linalg.pinv(_terms(_DESIGN)), axes=(0, 1))
        return cls(coefficients.astype(np.float32))

    def __len__(self) -> int:
        return len(self.coefficients)

    def at(self, step: int | slice, taps: np.ndarray) -> np.ndarray:
        """Voltages (nodes,) that ``taps`` (3,) give in one step, or (steps, nodes) in a slice of them."""
        return self.coefficients[step] @ _terms(taps[None])[0]

    def everywhere(self, step: int) -> np.ndarray:
        """Voltages (nodes, positions) of all tap positions in one step, in the order of ``ALL_TAPS``."""
        return self.coefficients[step] @ _ALL_TERMS

    def violations(self, step: int, band: Band, correction: np.ndarray | float = 0.0) -> np.ndarray:
        """Nodes out of ``band`` at every tap position (SIDE, SIDE, SIDE); ``correction`` (nodes,) adds to voltages."""
        correction = np.asarray(correction, dtype=np.float32).reshape(-1, 1)
        outside = band.outside(self.everywhere(step) + correction)
        return outside.sum(axis=0, dtype=np.float32).reshape((SIDE,) * REGULATORS)


@dataclass(frozen=True)
class Plan:
    """What every tap position is worth at every step, found backwards from the end.

    Attributes:
        costs: (T, SIDE, SIDE, SIDE) what being at a position costs in each step alone.
    """

    costs: np.ndarray

    @cached_property
    def ahead(self) -> np.ndarray:
        """(T, SIDE, SIDE, SIDE): least cost of all later steps and moves, from each position after step t."""
        ahead = np.zeros_like(self.costs)
        for step in range(len(self.costs) - 1, 0, -1):
            ahead[step - 1] = after_moves(self.costs[step] + ahead[step])
        return ahead

    def best(self, step: int, taps: np.ndarray) -> np.ndarray:
        """The taps (3,) to be at in ``step`` when coming from ``taps``, everything ahead considered."""
        return cheapest(self.costs[step] + self.ahead[step], taps)


def after_moves(cost: np.ndarray) -> np.ndarray:
    """Least of cost of a position plus operations to get there, from every position (SIDE, SIDE, SIDE).

    One operation moves one regulator by one tap, so this is a distance transform in the L1 norm, one axis at a time.
    """
    for axis in range(REGULATORS):
        shape = [1] * REGULATORS
        shape[axis] = SIDE
        along = np.arange(SIDE, dtype=cost.dtype).reshape(shape)
        up = np.minimum.accumulate(cost - along, axis=axis) + along
        down = np.flip(np.minimum.accumulate(np.flip(cost + along, axis), axis=axis), axis) - along
        cost = np.minimum(up, down)
    return cost


def cheapest(cost: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Position (3,) of least cost (SIDE, SIDE, SIDE) plus operations from ``taps``; of equals the nearest."""
    moves = np.abs(ALL_TAPS - taps).sum(axis=1)
    total = cost.ravel() + moves
    # Float32 costs: what differs by less than this is equal.
    equal = total <= total.min() + 1e-3
    return ALL_TAPS[np.flatnonzero(equal)[moves[equal].argmin()]]


def _at_taps(feeder: Feeder, course: Course, taps: np.ndarray) -> np.ndarray:
    """Voltages (T, nodes) of the whole course at one tap position."""
    feeder.taps = taps
    return np.array([course.solve(feeder, step) for step in range(len(course))])


def _terms(taps: np.ndarray) -> np.ndarray:
    """The terms (n, 10) of a quadratic in three taps (n, 3), scaled so that they are of like size."""
    a, b, c = np.asarray(taps, dtype=np.float32).T / REACH
    return np.column_stack([np.ones_like(a), a, b, c, a * a, b * b, c * c, a * b, a * c, b * c])


ALL_TAPS = np.array(list(itertools.product(POSITIONS, repeat=REGULATORS)))
_ALL_TERMS = np.ascontiguousarray(_terms(ALL_TAPS).T)
