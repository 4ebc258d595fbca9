"""The IEEE 13-node feeder: how far it is from the published solution, and how fast it is solved.

A day of minutes is 1,440 power flows with every street's power changed before each and all voltages read after it, in
one pass through ``Feeder``; beside it the same number of bare solves of OpenDSS, with nothing changed and nothing read.
"""

import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np

from benchmarks.report import Row, at_most, main
from dem.grid import Feeder
from dem.grid.feeder import streets
from dem.studies import feeder_voltage as study

LOSSES_GOAL_KW = 0.5
DAY_GOAL_S = 1.0
MINUTES, REPEATS, SEED = 1_440, 5, 2023
LARGEST_KW = 50.0


def rows() -> Iterator[Row]:
    """Voltage and loss errors against the published solution, seconds for a day of minutes."""
    validation, losses = study.validate()
    magnitude, angle = (validation[column].abs().max() for column in ("error_pu", "error_deg"))
    yield at_most("largest error of voltage, 35 node-phases", magnitude, "pu", study.GOAL_PU, "IEEE's solution")
    yield at_most("largest error of angle", angle, "°", study.GOAL_DEGREES, "IEEE's solution")
    error = abs(losses - study.PUBLISHED_LOSSES_KW)
    yield at_most("error of losses", error, "kW", LOSSES_GOAL_KW, f"{study.PUBLISHED_LOSSES_KW} kW")
    feeder = Feeder.ieee13(streets())
    day, bare = _median_seconds(lambda: _day(feeder)), _median_seconds(lambda: _bare(feeder))
    yield at_most("24 hours of minutes, powers set and voltages read", day, "s", DAY_GOAL_S, f"{day / bare:.2g} x bare")
    yield Row("1,440 bare solves of OpenDSS", bare, "s")


def _day(feeder: Feeder) -> None:
    for kw in np.random.default_rng(SEED).uniform(-LARGEST_KW, LARGEST_KW, (MINUTES, len(feeder.homes))):
        feeder.set_power(kw)
        feeder.solve()
        feeder.voltage_pu()


def _bare(feeder: Feeder) -> None:
    for _ in range(MINUTES):
        feeder.dss.Solution.Solve()


def _median_seconds(block: Callable[[], None]) -> float:
    block()
    return median(_seconds(block) for _ in range(REPEATS))


def _seconds(block: Callable[[], None]) -> float:
    start = time.perf_counter()
    block()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(rows)
