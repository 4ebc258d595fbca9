"""How voltages, loadings and losses answer to a home's power, by central differences around a solved point."""

from dataclasses import dataclass

import numpy as np

from dem.grid.feeder import Feeder

PROBE_KW = 1.0


@dataclass(frozen=True)
class Point:
    """A solved operating point.

    Attributes:
        voltage: (nodes,) magnitudes, pu.
        loading: (branches,) share of each rating.
        losses: kW.
    """

    voltage: np.ndarray
    loading: np.ndarray
    losses: float


@dataclass(frozen=True)
class Slopes:
    """Change per kW that each home draws, all else held.

    Attributes:
        voltage: (nodes, homes), pu/kW.
        loading: (branches, homes), 1/kW.
        losses: (homes,), kW/kW.
    """

    voltage: np.ndarray
    loading: np.ndarray
    losses: np.ndarray


def solve_at(feeder: Feeder, kw: np.ndarray, case: str) -> Point:
    """The point at which homes draw ``kw`` (homes,); raises ``PowerFlowError`` naming the case if there is none."""
    feeder.set_power(kw)
    feeder.solve(case)
    return Point(np.abs(feeder.voltage_pu()), feeder.loading().to_numpy(), feeder.losses)


def slopes_at(feeder: Feeder, kw: np.ndarray) -> Slopes:
    """Slopes around ``kw`` (homes,): two power flows for each place that homes connect to."""
    places, first = np.unique(feeder.place, return_index=True)
    columns = [_slope(feeder, kw, home) for home in first]
    of_home = [columns[int(np.searchsorted(places, place))] for place in feeder.place]
    return Slopes(
        np.column_stack([slope.voltage for slope in of_home]),
        np.column_stack([slope.loading for slope in of_home]),
        np.array([slope.losses for slope in of_home]),
    )


def _slope(feeder: Feeder, kw: np.ndarray, home: int) -> Point:
    probe = np.zeros_like(kw)
    probe[home] = PROBE_KW
    case = f"slope at home {feeder.homes[home]!r}"
    up, down = solve_at(feeder, kw + probe, case), solve_at(feeder, kw - probe, case)
    width = 2 * PROBE_KW
    return Point(
        (up.voltage - down.voltage) / width, (up.loading - down.loading) / width, (up.losses - down.losses) / width
    )
