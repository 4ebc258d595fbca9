"""A battery, and a bank of many of them charged and discharged at once."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from numbers import Real

import numpy as np


@dataclass(frozen=True)
class Battery:
    """A home battery behind the meter.

    Power and energy flows are counted at the home's side of the inverter: charging with x kWh stores
    ``charge_efficiency * x``; delivering x kWh takes ``x / discharge_efficiency`` out of store.

    Attributes:
        capacity_kwh: energy stored between a state of charge of 0 and 1, kWh, not negative (0: no battery).
        power_kw: largest charging and discharging power, kW, above 0.
        charge_efficiency: share of the charged energy that is stored, in (0, 1].
        discharge_efficiency: share of the energy taken out of store that is delivered, in (0, 1].
        min_soc: lowest state of charge allowed, share of the capacity.
        max_soc: highest state of charge allowed, share of the capacity.
        initial_soc: state of charge at the start of an episode, within the limits.

    Raises:
        ValueError: naming the field that is out of its range, and its value.
    """

    capacity_kwh: float = 5.0
    power_kw: float = 2.5
    charge_efficiency: float = 0.95
    discharge_efficiency: float = 0.95
    min_soc: float = 0.0
    max_soc: float = 1.0
    initial_soc: float = 0.5

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            _require(field.name, value, "a finite number", isinstance(value, Real) and math.isfinite(value))
        _require("capacity_kwh", self.capacity_kwh, "at least 0", self.capacity_kwh >= 0)
        _require("power_kw", self.power_kw, "above 0", self.power_kw > 0)
        for name in ("charge_efficiency", "discharge_efficiency"):
            _require(name, getattr(self, name), "in (0, 1]", 0 < getattr(self, name) <= 1)
        for name in ("min_soc", "max_soc"):
            _require(name, getattr(self, name), "in [0, 1]", 0 <= getattr(self, name) <= 1)
        _require("min_soc", self.min_soc, f"at most max_soc = {self.max_soc}", self.min_soc <= self.max_soc)
        limits = f"within min_soc and max_soc, [{self.min_soc}, {self.max_soc}]"
        _require("initial_soc", self.initial_soc, limits, self.min_soc <= self.initial_soc <= self.max_soc)


def batteries_of(battery: Battery | Mapping[str, Battery], homes: Sequence[str]) -> tuple[Battery, ...]:
    """The battery of each home, given one for all of them, or one per home by name.

    Raises:
        ValueError: if it is neither, or names other homes.
    """
    if isinstance(battery, Battery):
        return (battery,) * len(homes)
    if not isinstance(battery, Mapping):
        raise ValueError(f"battery must be a Battery, or one per home by name, got {battery!r}")
    if set(battery) != set(homes):
        raise ValueError(f"battery must name exactly the homes {list(homes)}, got {list(battery)}")
    return tuple(battery[home] for home in homes)


class Bank:
    """Batteries side by side, with the energy each of them holds.

    Attributes:
        energy_kwh: (B,) float64, energy stored now.
        capacity_kwh: (B,) float64.
        power_kw: (B,) float64.
    """

    def __init__(self, batteries: Sequence[Battery], step_hours: float) -> None:
        self.capacity_kwh = _gather(batteries, "capacity_kwh")
        self.power_kw = _gather(batteries, "power_kw")
        self._limit_kwh = self.power_kw * step_hours
        self._charge = _gather(batteries, "charge_efficiency")
        self._discharge = _gather(batteries, "discharge_efficiency")
        self._lowest = self.capacity_kwh * _gather(batteries, "min_soc")
        self._highest = self.capacity_kwh * _gather(batteries, "max_soc")
        self._initial = self.capacity_kwh * _gather(batteries, "initial_soc")
        self.energy_kwh = self._initial.copy()

    def reset(self) -> None:
        """Bring every battery to its initial state of charge."""
        self.energy_kwh = self._initial.copy()

    def check(self, energy_kwh: np.ndarray) -> None:
        """Refuse stored energies (B,) outside the limits; raises ``ValueError`` naming the first home."""
        outside = ~((energy_kwh >= self._lowest) & (energy_kwh <= self._highest))
        if outside.any():
            home = int(np.argmax(outside))
            limits = f"[{self._lowest[home]}, {self._highest[home]}]"
            raise ValueError(f"energy_kwh of home {home} must be in {limits}, got {energy_kwh[home]}")

    @property
    def soc(self) -> np.ndarray:
        """State of charge (B,): stored energy over capacity; 0 for a battery without capacity."""
        exists = self.capacity_kwh > 0
        return np.divide(self.energy_kwh, self.capacity_kwh, out=np.zeros_like(self.energy_kwh), where=exists)

    def exchange(self, requested_kwh: np.ndarray) -> np.ndarray:
        """Charge (positive) or discharge (negative) for one step, as far as power and energy allow.

        Args:
            requested_kwh: (B,) energy asked for over the step, at the home's side.

        Returns:
            (B,) energy that flowed, kWh at the home's side: ``requested_kwh`` clipped to the power limit, to the room
            left in store when charging and to the energy left in store when discharging.
        """
        flow = np.minimum(requested_kwh, self._limit_kwh)
        np.maximum(flow, -self._limit_kwh, out=flow)
        np.minimum(flow, (self._highest - self.energy_kwh) / self._charge, out=flow)
        np.maximum(flow, (self._lowest - self.energy_kwh) * self._discharge, out=flow)
        stored = np.maximum(flow, 0.0) * self._charge + np.minimum(flow, 0.0) / self._discharge
        # The limits already hold up to the last bit; clipping makes them hold exactly.
        self.energy_kwh = np.clip(self.energy_kwh + stored, self._lowest, self._highest)
        return flow


def _gather(batteries: Sequence[Battery], name: str) -> np.ndarray:
    return np.array([getattr(battery, name) for battery in batteries], dtype=np.float64)


def _require(name: str, value: float, condition: str, holds: bool) -> None:
    if not holds:
        raise ValueError(f"Battery.{name} must be {condition}, got {value}")
