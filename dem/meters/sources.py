"""Where a meter's measurements come from: a file that grows, or a device that answers over HTTP. Both speak JSON.

A measurement is ``{"time": "2026-07-01T12:00:00Z", "imported_kwh": 0.42, "exported_kwh": 0.0}``: what passed the
connection in the time slot that begins at ``time``.
"""

import json
import logging
import math
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Self

HTTP_TIMEOUT_S = 10
_ENERGIES = ("imported_kwh", "exported_kwh")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Measurement:
    """Energy of one time slot: its begin, and kWh taken from and given to the network."""

    start: datetime
    imported_kwh: float
    exported_kwh: float

    @classmethod
    def parse(cls, record: Any, place: str) -> Self:
        """A measurement out of decoded JSON.

        Raises:
            ValueError: names the place and what is wrong there.
        """
        if not isinstance(record, dict) or set(record) != {"time", *_ENERGIES}:
            raise ValueError(f"{place}: needs exactly time, {' and '.join(_ENERGIES)}, got {record!r}")
        try:
            start = datetime.fromisoformat(record["time"])
        except (TypeError, ValueError):
            raise ValueError(f"{place}: {record['time']!r} is not an ISO 8601 time") from None
        if start.tzinfo is None:
            raise ValueError(f"{place}: {record['time']!r} has no zone, so it tells no moment")
        for name in _ENERGIES:
            value = record[name]
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or value < 0:
                raise ValueError(f"{place}: {name} must be a number from 0, got {value!r}")
        return cls(start, *(float(record[name]) for name in _ENERGIES))


class Source(Protocol):
    """Anything that can be asked for measurements again and again."""

    def poll(self) -> list[Measurement]:
        """What there is to know; old measurements may come again.

        Raises:
            OSError: the source does not answer now.
        """


class FileSource:
    """A file of JSON lines that a reader of the meter's bus appends to."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._offset = 0
        self._line = 0

    def poll(self) -> list[Measurement]:
        """The lines completed since the last time; one that is no measurement is reported and passed over."""
        with self.path.open("rb") as file:
            file.seek(self._offset)
            text = file.read()
        complete = text[: text.rfind(b"\n") + 1]
        self._offset += len(complete)
        found = []
        for line in complete.splitlines():
            self._line += 1
            found += parsed(line, f"{self.path}, line {self._line}") if line.strip() else []
        return found


class HttpSource:
    """A device that answers GET with a JSON list of measurements."""

    def __init__(self, url: str) -> None:
        self.url = url

    def poll(self) -> list[Measurement]:
        """What the device tells; an entry that is no measurement is reported and passed over."""
        with urllib.request.urlopen(self.url, timeout=HTTP_TIMEOUT_S) as answer:
            text = answer.read()
        try:
            records = json.loads(text)
        except ValueError as error:
            raise OSError(f"{self.url} answers no JSON: {error}") from error
        if not isinstance(records, list):
            raise OSError(f"{self.url} answers no list of measurements")
        return [
            found for number, record in enumerate(records) for found in _checked(record, f"{self.url}, entry {number}")
        ]


def parsed(text: bytes, place: str) -> list[Measurement]:
    """The measurement in a piece of JSON; none, and a line in the log, where there is none."""
    try:
        record = json.loads(text)
    except ValueError as error:
        _log.error("%s: no JSON: %s", place, error)
        return []
    return _checked(record, place)


def _checked(record: Any, place: str) -> list[Measurement]:
    try:
        return [Measurement.parse(record, place)]
    except ValueError as error:
        _log.error("%s", error)
        return []
