"""What a meter measured and what became of it, on disk: SQLite, every change one transaction.

A reading gets its nonce when it is queued and keeps it, so that after any interruption the register's own count says
which readings it has: nothing is sent twice as something new, nothing is left out.
"""

import sqlite3
from pathlib import Path

from dem.chain.meters import SlotReading
from dem.files import transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS register (first_nonce INTEGER NOT NULL, slot_s INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS readings (
    slot INTEGER PRIMARY KEY,
    nonce INTEGER,
    imported INTEGER NOT NULL,
    exported INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'recorded', 'refused'))
);
CREATE INDEX IF NOT EXISTS by_nonce ON readings (nonce);
"""


class ConflictingReadingError(ValueError):
    """A time slot was measured twice, with different results."""


class ReadingQueue:
    """The queue of one meter, in one file."""

    def __init__(self, path: str | Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(_SCHEMA)

    @property
    def slot_s(self) -> int | None:
        """Length of a time slot in seconds; ``None`` before `begin`."""
        row = self._database.execute("SELECT slot_s FROM register").fetchone()
        return row[0] if row else None

    def begin(self, first_nonce: int, slot_s: int) -> None:
        """Set what a new queue counts from and what its time slots are; a queue in use keeps what it has."""
        with transaction(self._database):
            if self.slot_s is None:
                self._database.execute("INSERT INTO register VALUES (?, ?)", (first_nonce, slot_s))

    def add(self, slot: int, imported: int, exported: int) -> bool:
        """Queue a reading of a time slot; whether it was new.

        Raises:
            ConflictingReadingError: the time slot has a reading with other numbers.
        """
        with transaction(self._database):
            known = self._database.execute("SELECT imported, exported FROM readings WHERE slot = ?", (slot,)).fetchone()
            if known is not None:
                if known != (imported, exported):
                    raise ConflictingReadingError(
                        f"slot {slot} was measured as {known} Wh, and now as {(imported, exported)}"
                    )
                return False
            self._database.execute(
                "INSERT INTO readings SELECT"
                " ?, COALESCE((SELECT MAX(nonce) + 1 FROM readings), first_nonce), ?, ?, 'waiting' FROM register",
                (slot, imported, exported),
            )
            return True

    def waiting(self, limit: int = -1) -> list[SlotReading]:
        """Readings that the register is not known to have, in the order of their nonces."""
        rows = self._database.execute(
            "SELECT slot, nonce, imported, exported FROM readings WHERE state = 'waiting' ORDER BY nonce LIMIT ?",
            (limit,),
        )
        return [SlotReading(*row) for row in rows]

    def refused(self) -> list[tuple[int, int, int]]:
        """Slot, Wh imported and exported of readings whose slot the register had from elsewhere."""
        return self._database.execute(
            "SELECT slot, imported, exported FROM readings WHERE state = 'refused' ORDER BY slot"
        ).fetchall()

    def confirm(self, next_nonce: int) -> None:
        """Note that the register has every reading before ``next_nonce``."""
        with transaction(self._database):
            self._database.execute(
                "UPDATE readings SET state = 'recorded' WHERE state = 'waiting' AND nonce < ?", (next_nonce,)
            )

    def refuse(self, slot: int) -> None:
        """Take a reading out of the sequence; those behind it move up."""
        with transaction(self._database):
            (nonce,) = self._database.execute("SELECT nonce FROM readings WHERE slot = ?", (slot,)).fetchone()
            self._database.execute("UPDATE readings SET state = 'refused', nonce = NULL WHERE slot = ?", (slot,))
            self._database.execute("UPDATE readings SET nonce = nonce - 1 WHERE nonce > ?", (nonce,))

    def close(self) -> None:
        """Close the file."""
        self._database.close()
