"""Labelled events: what the feeder looks like before and after each of many disturbances."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from dem.grid.errors import PowerFlowError
from dem.grid.faults.catalogue import FAULTS, ORDINARY, SHORT_CIRCUITS, Disturbance
from dem.grid.faults.simulator import PUBLISHED_TAPS, FaultSimulator, OperatingPoint

LEAST_OHM, MOST_OHM = 1e-4, 20.0
LOWEST_LEVEL, HIGHEST_LEVEL = 0.3, 1.1  # of rated load, over a day
SHORT_CIRCUIT_SHARE, OUTAGE_SHARE = 0.5, 0.05
_PV_SHARE = 0.4  # PV at noon as a share of rated load, at most
_LOAD_STEP, _PV_STEP = 0.3, 0.15  # largest change between two readings, share of rated load

Resistances = Callable[[np.random.Generator], float]
Points = Callable[[FaultSimulator, np.random.Generator], OperatingPoint]


@dataclass(frozen=True)
class Events:
    """What happened, and the exact state before and after.

    Attributes:
        table: one row an event: ``kind, place, phases, resistance_ohm, fault`` (kind among ``KINDS``) and ``apart``
            (short circuit at a bus that is scored apart).
        before: states (events, nodes + 3), see ``FaultSimulator``.
        after: likewise.
    """

    table: pd.DataFrame
    before: np.ndarray
    after: np.ndarray

    def __len__(self) -> int:
        return len(self.table)

    def where(self, chosen: np.ndarray) -> Self:
        """The events at a mask or positions."""
        table = self.table[chosen] if chosen.dtype == bool else self.table.iloc[chosen]
        return type(self)(table.reset_index(drop=True), self.before[chosen], self.after[chosen])


def generate(
    simulator: FaultSimulator,
    count: int,
    seed: int,
    *,
    points: Points | None = None,
    resistances: Resistances | None = None,
) -> Events:
    """Simulate ``count`` disturbances, each from an operating point of its own.

    Half are short circuits (uniform over buses, then over what is possible there), a twentieth outages, the rest
    ordinary.

    Args:
        simulator: the feeder.
        count: number of events.
        seed: every random part derives from it.
        points: draws the state of the feeder before; ``random_point`` unless given.
        resistances: draws a short circuit's resistance; ``any_resistance`` unless given.

    Raises:
        PowerFlowError: if nine cases in a row do not converge (a single one is drawn again).
    """
    generator = np.random.default_rng(seed)
    points, resistances = points or random_point, resistances or any_resistance
    happened, before, after = [], [], []
    failures = 0
    while len(happened) < count:
        disturbance = _draw(simulator, generator, resistances)
        simulator.operate(points(simulator, generator))
        try:
            pair = simulator.solve(), simulator.solve(disturbance)
        except PowerFlowError:
            failures += 1
            if failures > 8:
                raise
            continue
        failures = 0
        happened.append(disturbance)
        before.append(pair[0])
        after.append(pair[1])
    return Events(_table(happened, simulator), np.array(before), np.array(after))


def any_resistance(generator: np.random.Generator) -> float:
    """Uniform in its logarithm, 0.0001–20 Ω."""
    return float(np.exp(generator.uniform(np.log(LEAST_OHM), np.log(MOST_OHM))))


def taught_resistance(generator: np.random.Generator) -> float:
    """One of 25 resistances that are evenly spaced in their logarithm, for training."""
    return float(generator.choice(np.geomspace(LEAST_OHM, MOST_OHM, 25)))


def random_point(simulator: FaultSimulator, generator: np.random.Generator) -> OperatingPoint:
    """Loads around a common level, each with a factor of its own; PV; taps near what the level asks for."""
    count = len(simulator.loads)
    level = generator.uniform(LOWEST_LEVEL, HIGHEST_LEVEL)
    load = level * np.exp(0.2 * generator.standard_normal(count))
    sun = generator.uniform(0, _PV_SHARE) * generator.uniform(0, 1, count)
    return _point(simulator, generator, load, sun)


class HomePoints:
    """Operating points from a table of homes: each load follows some home through the same interval.

    A home's load counts as a share of its 99 % quantile, its PV of its peak.

    Args:
        table: as ``dem.data.load`` gives it.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        wide = table.pivot_table(index=table.index, columns="home", values=["load_kwh", "pv_kwh"])
        load, sun = wide["load_kwh"].to_numpy(), wide["pv_kwh"].to_numpy()
        self._load = np.clip(load / np.quantile(load, 0.99, axis=0), 0, 1)
        self._sun = sun / np.maximum(sun.max(axis=0), 1e-9)

    def __call__(self, simulator: FaultSimulator, generator: np.random.Generator) -> OperatingPoint:
        """The feeder in a random interval."""
        row = generator.integers(len(self._load))
        homes = generator.integers(self._load.shape[1], size=len(simulator.loads))
        load = LOWEST_LEVEL + (HIGHEST_LEVEL - LOWEST_LEVEL) * self._load[row, homes]
        return _point(simulator, generator, load, _PV_SHARE * self._sun[row, homes])


def _point(
    simulator: FaultSimulator, generator: np.random.Generator, load: np.ndarray, sun: np.ndarray
) -> OperatingPoint:
    kw, kvar = (load - sun) * simulator.rated_kw, load * simulator.rated_kvar
    taps = np.round(PUBLISHED_TAPS * load.mean()).astype(int) + generator.integers(-1, 2, len(PUBLISHED_TAPS))
    return OperatingPoint(kw, kvar, taps, generator.uniform(0.98, 1.02))


def _draw(simulator: FaultSimulator, generator: np.random.Generator, resistances: Resistances) -> Disturbance:
    catalogue, share = simulator.catalogue, generator.uniform()
    if share < SHORT_CIRCUIT_SHARE:
        options = catalogue.short_circuits(_choose(generator, list(catalogue.buses)))
        fault = options[generator.integers(len(options))]
        return Disturbance(fault.kind, fault.place, fault.phases, resistances(generator))
    if share < SHORT_CIRCUIT_SHARE + OUTAGE_SHARE:
        return Disturbance("outage", _choose(generator, catalogue.switches))
    kind = _choose(generator, ORDINARY)
    if kind == "load step":
        return Disturbance(kind, _choose(generator, simulator.loads), size=generator.uniform(-_LOAD_STEP, _LOAD_STEP))
    if kind == "PV step":
        return Disturbance(kind, size=generator.uniform(-_PV_STEP, _PV_STEP))
    if kind == "tap change":
        return Disturbance(kind, _choose(generator, simulator.regulators), size=generator.choice((-1, 1)))
    if kind == "quiet":
        return Disturbance(kind)
    places = catalogue.capacitors if kind == "capacitor trip" else list(catalogue.loads)
    return Disturbance(kind, _choose(generator, places))


def _choose(generator: np.random.Generator, options: list[str] | tuple[str, ...]) -> str:
    return options[generator.integers(len(options))]


def _table(happened: list[Disturbance], simulator: FaultSimulator) -> pd.DataFrame:
    table = pd.DataFrame([vars(disturbance) for disturbance in happened])
    table["fault"] = table["kind"].where(table["kind"].isin(FAULTS), "ordinary")
    table["apart"] = table["kind"].isin(SHORT_CIRCUITS) & table["place"].isin(simulator.catalogue.apart)
    return table.drop(columns="size")
