"""From an event to what the operator and each affected home read."""

import string
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from dem.alerts.event import Event, Severity

SCHEMA = "dem.alert/1"
OPERATOR = "operator"
# The page of the virtual power plant on this machine; an installation names its own.
BACKUP_URL = "http://localhost:8000/backup?home={home}&event={event}"
_FIELDS = {"home", "event"}


@dataclass(frozen=True)
class Message:
    """One text for one reader.

    Attributes:
        event: id of the event.
        subject: kind and place of the event: the same trouble seen again has the same subject.
        time: when the event was found, seconds since 1970 UTC.
        severity: of the event.
        role: ``"operator"`` or ``"home"``.
        home: whose home, empty for the operator.
        title: one line.
        body: a few lines, links included.
        link: where the home buys backup energy, empty for the operator.
    """

    event: str
    subject: str
    time: float
    severity: Severity
    role: str
    home: str
    title: str
    body: str
    link: str

    @property
    def recipient(self) -> str:
        """``"operator"`` or ``"home:NAME"``."""
        return f"home:{self.home}" if self.role == "home" else OPERATOR

    def payload(self, key: str) -> dict[str, Any]:
        """The message as JSON for webhooks, under its idempotency ``key``."""
        return {"schema": SCHEMA, "key": key, **asdict(self)}


def check_backup_url(template: str) -> str:
    """The template itself if it is an http(s) address with ``{home}`` (and ``{event}`` if wanted) in it.

    Raises:
        ValueError: says what is wrong with it.
    """
    try:
        fields = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise ValueError(f"the backup URL {template!r} is not a template: {error}") from None
    if "home" not in fields or fields - _FIELDS:
        raise ValueError(f"the backup URL {template!r} must hold {{home}}, may hold {{event}}, and nothing else")
    if urlsplit(template).scheme not in ("http", "https"):
        raise ValueError(f"the backup URL {template!r} must start with http:// or https://")
    return template


def compose(event: Event, backup_url: str = BACKUP_URL) -> Iterator[Message]:
    """What the operator reads, then what each affected home reads."""
    yield _message(event, "operator", "", _operator_text(event), "")
    for home in event.homes:
        link = backup_url.format(home=quote(home, safe=""), event=event.id)
        yield _message(event, "home", home, _home_text(event, link), link)


def _message(event: Event, role: str, home: str, body: str, link: str) -> Message:
    title = f"{event.kind} at {event.place}"
    return Message(event.id, event.subject, event.time.timestamp(), event.severity, role, home, title, body, link)


def _operator_text(event: Event) -> str:
    homes = ", ".join(event.homes) or "none"
    lines = [f"{event.kind} at {event.place}, found {_clock(event)}.", event.details, f"Homes affected: {homes}."]
    return "\n".join(line for line in lines if line)


def _home_text(event: Event, link: str) -> str:
    return (
        f"Your supply may be disturbed: {event.kind} at {event.place}, found {_clock(event)}.\n"
        f"Backup energy for your home: {link}"
    )


def _clock(event: Event) -> str:
    return f"{event.time:%Y-%m-%d %H:%M:%S %Z}".strip()
