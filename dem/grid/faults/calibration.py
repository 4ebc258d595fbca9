"""Bringing the twin to where the feeder is: loads, taps and source voltage from the readings before."""

import numpy as np

from dem.grid.faults.bank import FaultBank
from dem.grid.faults.sensors import Sensors
from dem.grid.faults.simulator import FaultSimulator, OperatingPoint
from dem.grid.feeder import HIGHEST_TAP, LOWEST_TAP

_POWER_STEP = 0.05  # of rated load, for finite differences
# What is not known beforehand, around a level: load factors, taps (in steps), source voltage (pu).
_LOAD_SPREAD, _TAP_SPREAD, _SOURCE_SPREAD = 0.25, 1.0, 0.015


class Calibration:
    """Regularised least squares around the bank's levels, with sensitivities from finite differences.

    The unknowns are each load's active and reactive power (shares of rating), the taps, and the source's voltage.

    Args:
        simulator: the twin.
        bank: whose levels to start from.
        sensors: what is read.
    """

    def __init__(self, simulator: FaultSimulator, bank: FaultBank, sensors: Sensors) -> None:
        self._simulator, self._sensors, self._points = simulator, sensors, bank.points
        self._base = sensors.exact(bank.before)
        loads, taps = len(simulator.loads), len(bank.points[0].taps)
        self._spread = np.repeat([_LOAD_SPREAD, _TAP_SPREAD, _SOURCE_SPREAD], [2 * loads, taps, 1])
        self._sensitivity = [self._differences(level, len(self._spread)) for level in range(len(bank.points))]

    def point(self, reading: np.ndarray, level: int, readings: float) -> OperatingPoint:
        """Likeliest operating point behind ``reading`` (channels,), the mean of so many, near the bank's ``level``."""
        known = ~np.isnan(reading)
        weight = readings / self._sensors.variance(reading)[known]
        slope = self._sensitivity[level][:, known]
        normal = (slope * weight) @ slope.T + np.diag(self._spread**-2.0)
        unknowns = np.linalg.solve(normal, slope @ (weight * (reading - self._base[level])[known]))
        return self._moved(level, unknowns)

    def _differences(self, level: int, count: int) -> np.ndarray:
        loads = 2 * len(self._simulator.loads)
        steps = np.where(np.arange(count) < loads, _POWER_STEP, 1.0)
        steps[-1] = 0.01
        rows = []
        for k in range(count):
            self._simulator.operate(self._moved(level, steps[k] * (np.arange(count) == k)))
            rows.append((self._sensors.exact(self._simulator.solve()) - self._base[level]) / steps[k])
        return np.array(rows)

    def _moved(self, level: int, unknowns: np.ndarray) -> OperatingPoint:
        point, loads = self._points[level], len(self._simulator.loads)
        kw, kvar, taps = np.split(unknowns[:-1], [loads, 2 * loads])
        return OperatingPoint(
            point.kw + kw * self._simulator.rated_kw,
            point.kvar + kvar * self._simulator.rated_kvar,
            np.clip(point.taps + np.round(taps).astype(int), LOWEST_TAP, HIGHEST_TAP),
            point.source_pu + float(unknowns[-1]),
        )
