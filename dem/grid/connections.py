"""Where homes connect: the table that maps each to a bus and a phase, checked against the feeder."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from dem.grid.errors import GridError

COLUMNS = ("home", "bus", "phase")
PHASES = ("A", "B", "C")


@dataclass(frozen=True)
class Connections:
    """Homes gathered by the bus and phase that they share: the power flow sees only their sum.

    Attributes:
        homes: names, in the order of the table.
        places: the distinct (bus, phase) pairs, in order of first appearance.
        place: shape (homes,) int, which of the places each home connects to.
    """

    homes: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    place: np.ndarray

    @classmethod
    def from_table(cls, table: pd.DataFrame, buses: Mapping[str, Set[str]]) -> Self:
        """Check a table with the columns ``home, bus, phase`` (A, B or C).

        Args:
            table: one row a home.
            buses: the feeder's buses (upper case) and the phases that each has.

        Raises:
            GridError: for a missing column or name, a home named twice, or naming the home whose bus or phase does not
                exist.
        """
        missing = [column for column in COLUMNS if column not in table.columns]
        if missing:
            raise GridError(f"homes: the column {missing[0]!r} is missing; expected are {', '.join(COLUMNS)}")
        nameless = table["home"].isna().to_numpy()
        if nameless.any():
            raise GridError(f"homes, row {int(np.argmax(nameless))}: the home has no name")
        homes = tuple(table["home"].astype(str))
        twice = pd.Index(homes).duplicated()
        if twice.any():
            raise GridError(f"home {homes[int(np.argmax(twice))]!r} appears twice in the table of homes")
        rows = [_place(*row, buses) for row in table[list(COLUMNS)].astype(str).itertuples(index=False, name=None)]
        places = tuple(dict.fromkeys(rows))
        index = {place: k for k, place in enumerate(places)}
        return cls(homes, places, np.array([index[row] for row in rows], dtype=np.int64))

    def totals(self, power: np.ndarray) -> np.ndarray:
        """Sum of the homes' ``power`` (homes,) at each place (places,)."""
        return np.bincount(self.place, weights=power, minlength=len(self.places))


def _place(home: str, bus: str, phase: str, buses: Mapping[str, Set[str]]) -> tuple[str, str]:
    bus, phase = bus.upper(), phase.upper()
    if bus not in buses:
        raise GridError(f"home {home!r}: the feeder has no bus {bus!r}; it has {', '.join(sorted(buses))}")
    if phase not in buses[bus]:
        raise GridError(f"home {home!r}: bus {bus} has no phase {phase!r}; it has {', '.join(sorted(buses[bus]))}")
    return bus, phase
