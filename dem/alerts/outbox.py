"""Messages on disk until they are delivered: an SQLite file that outlives the process.

A message is in the file, synchronised, before ``put`` returns, and leaves it only as delivered. A process that dies
between sending and noting so sends again when it is back, under the same key: delivery is *at least once*, and exactly
once at a receiver that drops keys it has seen.
"""

import fcntl
import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from dem.alerts.event import SEVERITIES
from dem.alerts.messages import Message
from dem.files import transaction

_VERSION = 1
_LOCK_TIMEOUT_S = 5.0
_SCHEMA = """
CREATE TABLE message (
    key TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    event_time REAL NOT NULL,
    rank INTEGER NOT NULL,
    content TEXT NOT NULL,
    put_at REAL NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT NOT NULL DEFAULT '',
    delivered_at REAL
) STRICT;
CREATE INDEX waiting ON message (target, due_at) WHERE delivered_at IS NULL;
CREATE INDEX told ON message (target, recipient, subject, event_time);
CREATE INDEX receipts ON message (target, recipient, delivered_at);
"""
_PUT = """
INSERT INTO message (key, target, recipient, subject, event_time, rank, content, put_at, due_at)
SELECT :key, :target, :recipient, :subject, :time, :rank, :content, :now, :now
WHERE NOT EXISTS (
    SELECT 1 FROM message WHERE target = :target AND recipient = :recipient AND subject = :subject
    AND event_time > :time - :quiet AND event_time < :time + :quiet
) ON CONFLICT (key) DO NOTHING
"""
_NEXT = """
SELECT key, content, attempts FROM message AS m
WHERE target = :target AND delivered_at IS NULL AND due_at <= :now AND (
    SELECT count(*) FROM message AS d
    WHERE d.target = m.target AND d.recipient = m.recipient AND d.delivered_at > :now - :period
) < :limit
ORDER BY rank, put_at, rowid LIMIT 1
"""


class OutboxError(RuntimeError):
    """The outbox cannot be used; the message names the file and the reason."""


@dataclass(frozen=True)
class Rate:
    """At most ``messages`` delivered to one recipient at one target within ``period_s`` seconds; the rest waits."""

    messages: int = 10
    period_s: float = 600.0

    def __post_init__(self) -> None:
        if self.messages < 1 or not self.period_s > 0:
            raise ValueError(f"a rate needs at least one message in a positive period, got {self}")


@dataclass(frozen=True)
class Waiting:
    """A message that is due: its idempotency key, the message, and how often delivery has failed."""

    key: str
    message: Message
    attempts: int


class Outbox:
    """The file of messages. Any number of threads and processes may put; one process at a time delivers.

    Raises:
        OutboxError: if the file cannot be opened, is no SQLite file, or was written by another version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mutex = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, _LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False)
            # A put message survives a power cut, too: full synchronisation, which WAL does not do by itself.
            self._database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
            self._create()
        except (sqlite3.Error, OSError) as error:
            raise OutboxError(f"the outbox {path} cannot be used: {error}") from error

    def put(self, messages: Iterable[tuple[Message, str]], *, quiet_s: float, now: float) -> int:
        """Keep each ``(message, target name)`` in one transaction, but for what its recipient has been told already.

        Args:
            messages: what to send where.
            quiet_s: the same subject within so many seconds is not told twice to one recipient at one target.
            now: seconds since 1970.

        Returns:
            How many were new.
        """
        rows = [_row(message, target) | {"quiet": quiet_s, "now": now} for message, target in messages]
        with self._access() as database, transaction(database):
            return sum(database.execute(_PUT, row).rowcount for row in rows)

    def next(self, target: str, rate: Rate, now: float) -> Waiting | None:
        """The most urgent, then oldest message for ``target`` that is due and within its recipient's ``rate``."""
        values = {"target": target, "now": now, "period": rate.period_s, "limit": rate.messages}
        with self._access() as database:
            row = database.execute(_NEXT, values).fetchone()
        return Waiting(row[0], Message(**json.loads(row[1])), row[2]) if row else None

    def delivered(self, key: str, now: float) -> None:
        """Note that the receiver has the message."""
        self._change("UPDATE message SET delivered_at = ?, last_error = '' WHERE key = ?", now, key)

    def failed(self, key: str, reason: str, due_at: float) -> None:
        """Note a failed attempt; the message is due again at ``due_at``."""
        statement = "UPDATE message SET attempts = attempts + 1, last_error = ?, due_at = ? WHERE key = ?"
        self._change(statement, reason, due_at, key)

    def forget(self, before: float) -> None:
        """Delete what was delivered before that time; what waits stays, however old."""
        self._change("DELETE FROM message WHERE delivered_at < ?", before)

    def table(self) -> pd.DataFrame:
        """Every message: ``key, target, recipient, subject, put_at, delivered_at, attempts, last_error``."""
        columns = "key, target, recipient, subject, put_at, delivered_at, attempts, last_error"
        with self._access() as database:
            rows = database.execute(f"SELECT {columns} FROM message ORDER BY rowid").fetchall()
        return pd.DataFrame(rows, columns=columns.split(", "))

    def waiting(self) -> dict[str, int]:
        """Number of messages not delivered yet, by target name."""
        statement = "SELECT target, count(*) FROM message WHERE delivered_at IS NULL GROUP BY target"
        with self._access() as database:
            return dict(database.execute(statement).fetchall())

    @contextmanager
    def delivery(self) -> Iterator[None]:
        """Be the one who delivers from this file; a killed process lets go by itself.

        Raises:
            OutboxError: if somebody delivers already.
        """
        with self.path.with_name(self.path.name + ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OutboxError(
                    f"the outbox {self.path} is being delivered already, by another process maybe"
                ) from None
            yield

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _create(self) -> None:
        with transaction(self._database):
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version = {_VERSION}")
        if version not in (0, _VERSION):
            raise OutboxError(f"the outbox {self.path} has version {version}; this program writes {_VERSION}")

    def _change(self, statement: str, *values: object) -> None:
        with self._access() as database:
            database.execute(statement, values)

    @contextmanager
    def _access(self) -> Iterator[sqlite3.Connection]:
        with self._mutex:
            try:
                yield self._database
            except sqlite3.Error as error:
                raise OutboxError(f"the outbox {self.path} cannot be used: {error}") from error


def _row(message: Message, target: str) -> dict[str, object]:
    identity = f"{message.event} {message.recipient} {target}"
    return {
        "key": hashlib.sha256(identity.encode()).hexdigest()[:32],
        "target": target,
        "recipient": message.recipient,
        "subject": message.subject,
        "time": message.time,
        "rank": SEVERITIES.index(message.severity),
        "content": json.dumps(asdict(message), ensure_ascii=False),
    }
