"""What happened on the grid, and whom it concerns."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")  # the most urgent first


@dataclass(frozen=True)
class Event:
    """Something that people have to hear of.

    Attributes:
        kind: what happened, in the words of a message, e.g. ``"short circuit A-ground"``.
        place: where, e.g. ``"bus 671"``.
        time: when it was found, with a time zone.
        homes: the homes that feel it.
        severity: ``"critical"`` is sent before ``"warning"``, and that before ``"info"``.
        details: one more sentence for the operator, or empty.

    Raises:
        ValueError: if ``kind`` or ``place`` is empty, ``time`` has no zone, a home is named twice or the severity is
            unknown.
    """

    kind: str
    place: str
    time: datetime
    homes: tuple[str, ...] = ()
    severity: Severity = "critical"
    details: str = ""

    def __post_init__(self) -> None:
        for name in ("kind", "place"):
            if not getattr(self, name).strip():
                raise ValueError(f"an event needs a {name}, got an empty one")
        if self.time.tzinfo is None:
            raise ValueError(f"an event's time needs a time zone, got {self.time!r}")
        if self.severity not in SEVERITIES:
            raise ValueError(f"severity must be one of {SEVERITIES}, got {self.severity!r}")
        twice = sorted({home for home in self.homes if self.homes.count(home) > 1})
        if twice:
            raise ValueError(f"homes are named twice: {', '.join(twice)}")

    @property
    def subject(self) -> str:
        """What two events share when they are the same trouble seen twice: kind and place."""
        return f"{self.kind} @ {self.place}"

    @property
    def id(self) -> str:
        """The same for the same kind, place and time, so that a detector that starts anew names an event alike."""
        return hashlib.sha256(f"{self.subject} @ {self.time.timestamp():.3f}".encode()).hexdigest()[:16]
