"""What can happen on a feeder, and to which parts of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

from dem.grid.connections import PHASES

SHORT_CIRCUITS = ("SLG", "LL", "LLG", "LLL")  # one, two, two phases to ground, three phases to ground
FAULTS = ("outage", *SHORT_CIRCUITS)
ORDINARY = ("quiet", "load step", "PV step", "tap change", "capacitor trip", "load rejection")
KINDS = ("ordinary", *FAULTS)  # what a diagnosis tells apart


@dataclass(frozen=True)
class Disturbance:
    """One thing that happens.

    Attributes:
        kind: one of ``ORDINARY`` or ``FAULTS``.
        place: bus, branch or element; empty where it has none.
        phases: the phases in a short circuit, e.g. ``"AC"``; empty otherwise.
        resistance_ohm: of a short circuit, else NaN. Between the two phases (LL) or from each phase to ground.
        size: of a step: the change as a share of rated load; else 0.
    """

    kind: str
    place: str = ""
    phases: str = ""
    resistance_ohm: float = float("nan")
    size: float = 0.0


@dataclass(frozen=True)
class Catalogue:
    """Where each kind of disturbance can happen.

    Attributes:
        buses: bus → phases that a short circuit can touch there. Buses joined by a closed switch are one place.
        switches: branches whose opening is an outage: switches, and lines behind a fuse or recloser.
        capacitors: names of capacitors.
        loads: bus → names of the loads there, which a load rejection drops together.
        apart: buses whose faults are told apart in scores: the substation, and low voltage behind a transformer.
    """

    buses: Mapping[str, str]
    switches: tuple[str, ...]
    capacitors: tuple[str, ...]
    loads: Mapping[str, tuple[str, ...]]
    apart: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def faults(self) -> tuple[Disturbance, ...]:
        """Every outage and every short circuit, those with a resistance of 0."""
        outages = [Disturbance("outage", switch) for switch in self.switches]
        return (*outages, *(fault for bus in self.buses for fault in self.short_circuits(bus)))

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Where a fault can be: switches, then buses."""
        return (*self.switches, *self.buses)

    def short_circuits(self, bus: str) -> list[Disturbance]:
        """The short circuits possible at ``bus``."""
        phases = self.buses[bus]
        found = [("SLG", phase) for phase in phases]
        for pair in combinations(phases, 2):
            found += [("LL", "".join(pair)), ("LLG", "".join(pair))]
        if len(phases) == len(PHASES):
            found.append(("LLL", phases))
        return [Disturbance(kind, bus, touched, 0.0) for kind, touched in found]


# 692 hangs on 671 by a closed switch and is the same place electrically; 670 and RG60 are no buses of the tables.
IEEE13 = Catalogue(
    buses={
        "650": "ABC",
        "632": "ABC",
        "633": "ABC",
        "634": "ABC",
        "645": "BC",
        "646": "BC",
        "671": "ABC",
        "680": "ABC",
        "684": "AC",
        "611": "C",
        "652": "A",
        "675": "ABC",
    },
    switches=("line.650632", "line.632645", "line.632633", "line.632670", "line.671684", "line.671692"),
    capacitors=("675", "611"),
    loads={
        "634": ("634a", "634b", "634c"),
        "645": ("645",),
        "646": ("646",),
        "652": ("652",),
        "671": ("671",),
        "675": ("675a", "675b", "675c"),
        "692": ("692",),
        "611": ("611",),
    },
    apart=frozenset({"650", "634"}),
)
