"""What a plant has done and what it has decided to send, on disk: SQLite, every interval in one transaction.

A crash leaves whole intervals. What an interval brings onto the chain is written with it, before it is sent, and
ticked off afterwards; so whatever the chain has, the journal knows of.
"""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pandas as pd

from dem.vpp.slots import Intent

_SCHEMA = """
CREATE TABLE IF NOT EXISTS plant (identity TEXT NOT NULL, deployment TEXT);
CREATE TABLE IF NOT EXISTS intervals (number INTEGER PRIMARY KEY, time TEXT NOT NULL, event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS homes (
    number INTEGER NOT NULL REFERENCES intervals,
    home TEXT NOT NULL,
    expected_wh INTEGER NOT NULL,
    position_wh INTEGER NOT NULL,
    metered_wh INTEGER NOT NULL,
    battery_kwh REAL NOT NULL,
    stored_kwh REAL NOT NULL,
    cash INTEGER NOT NULL,
    retail INTEGER NOT NULL,
    credit INTEGER NOT NULL,
    promised_wh INTEGER NOT NULL,
    response_wh INTEGER NOT NULL,
    reward INTEGER NOT NULL,
    signature BLOB,
    response_signature BLOB,
    PRIMARY KEY (number, home)
);
CREATE TABLE IF NOT EXISTS intents (
    id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL REFERENCES intervals,
    book TEXT NOT NULL,
    root BLOB,
    home INTEGER,
    first INTEGER,
    last INTEGER,
    sent INTEGER NOT NULL DEFAULT 0,
    gas INTEGER
);
"""
HOME_COLUMNS = (
    "home",
    "expected_wh",
    "position_wh",
    "metered_wh",
    "battery_kwh",
    "stored_kwh",
    "cash",
    "retail",
    "credit",
    "promised_wh",
    "response_wh",
    "reward",
    "signature",
    "response_signature",
)


class JournalError(ValueError):
    """The journal cannot be used; the message names the file and the reason."""


class Journal:
    """The journal of one plant, which nobody else may have open.

    Args:
        path: its file; ``None`` keeps it in memory.
        identity: the plant's settings; a journal of other settings is refused.

    Raises:
        JournalError: the file is no journal, belongs to another plant, or is open elsewhere.
    """

    def __init__(self, path: Path | None, identity: Mapping[str, Any]) -> None:
        self._name = "memory" if path is None else str(path)
        self._open: sqlite3.Connection | None = None
        try:
            self._open = sqlite3.connect(
                ":memory:" if path is None else path, isolation_level=None, timeout=0, check_same_thread=False
            )
            self._refuse_strangers()
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_SCHEMA)
            self._claim(json.dumps(identity, sort_keys=True))
        except sqlite3.Error as error:
            self.close()
            raise JournalError(f"{self._name}: {error}; is it a plant's journal, and no other plant's now?") from error
        except JournalError:
            self.close()
            raise

    @property
    def done(self) -> int:
        """Number of intervals that are written."""
        return self._database.execute("SELECT COUNT(*) FROM intervals").fetchone()[0]

    @property
    def deployment(self) -> dict[str, Any] | None:
        """Where the plant's contracts are; ``None`` before they are deployed."""
        (text,) = self._database.execute("SELECT deployment FROM plant").fetchone()
        return None if text is None else json.loads(text)

    @deployment.setter
    def deployment(self, places: Mapping[str, Any]) -> None:
        with self._transaction():
            self._database.execute("UPDATE plant SET deployment = ?", (json.dumps(places),))

    def write(
        self,
        number: int,
        time: pd.Timestamp,
        event: Mapping[str, Any],
        homes: pd.DataFrame,
        intents: Iterable[Intent] = (),
    ) -> None:
        """Write an interval: what happened, the row of each home (``HOME_COLUMNS``), and what is now to be sent."""
        marks = ", ".join("?" * (len(HOME_COLUMNS) + 1))
        rows = homes[list(HOME_COLUMNS)].itertuples(index=False, name=None)
        with self._transaction():
            values = (number, time.isoformat(), json.dumps(event))
            self._database.execute("INSERT INTO intervals VALUES (?, ?, ?)", values)
            self._database.executemany(f"INSERT INTO homes VALUES ({marks})", ((number, *row) for row in rows))
            self._database.executemany(
                "INSERT INTO intents (number, book, root, home, first, last) VALUES (?, ?, ?, ?, ?, ?)",
                map(astuple, intents),
            )

    def intents(self, *, unsent: bool = False) -> dict[int, Intent]:
        """What was decided to be sent, in that order, by its number in the journal."""
        rows = self._database.execute(
            "SELECT id, number, book, root, home, first, last FROM intents WHERE sent <= ? ORDER BY id", (not unsent,)
        )
        return {row[0]: Intent(*row[1:]) for row in rows}

    def transactions(self) -> pd.DataFrame:
        """What was decided to be sent, one row each; ``gas`` is missing where the receipt was lost."""
        rows = self._database.execute(
            "SELECT number, book, IIF(root IS NULL, 'claim', 'post'), home, gas, sent FROM intents ORDER BY id"
        )
        return pd.DataFrame(rows.fetchall(), columns=["number", "book", "operation", "home", "gas", "sent"])

    def tick_off(self, gas: Mapping[int, int | None]) -> None:
        """Note what the chain has, with the gas that it used; ``None`` where that was lost in a crash."""
        with self._transaction():
            self._database.executemany(
                "UPDATE intents SET sent = 1, gas = COALESCE(?, gas) WHERE id = ?",
                ((used, number) for number, used in gas.items()),
            )

    def events(self) -> pd.DataFrame:
        """One row an interval, indexed by time, with the ``gas`` that it used on the chain."""
        rows = self._database.execute(
            "SELECT number, time, event, (SELECT COALESCE(SUM(gas), 0) FROM intents WHERE number = intervals.number)"
            " FROM intervals ORDER BY number"
        ).fetchall()
        index = pd.DatetimeIndex([time for _, time, _, _ in rows], tz="UTC", name="time")
        return pd.DataFrame(
            [{"number": number, **json.loads(text), "gas": gas} for number, _, text, gas in rows], index
        )

    def homes(self, number: int | None = None) -> pd.DataFrame:
        """One row a home and interval, indexed by time: of one interval, or of all."""
        columns = ", ".join(HOME_COLUMNS)
        where, values = ("", ()) if number is None else ("WHERE number = ?", (number,))
        rows = self._database.execute(
            f"SELECT time, number, {columns} FROM homes JOIN intervals USING (number) {where} ORDER BY homes.rowid",
            values,
        )
        frame = pd.DataFrame(rows.fetchall(), columns=["time", "number", *HOME_COLUMNS])
        return frame.set_index(pd.DatetimeIndex(frame.pop("time"), tz="UTC", name="time"))

    def close(self) -> None:
        """Close the file; nothing else can be asked after that."""
        if self._open is not None:
            self._open.close()
            self._open = None

    @property
    def _database(self) -> sqlite3.Connection:
        if self._open is None:
            raise RuntimeError("the plant is closed; opened again, it goes on where its journal ends")
        return self._open

    def _refuse_strangers(self) -> None:
        """Before anything is written: a database of something else stays as it is."""
        rows = self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        tables = [name for (name,) in rows]
        if tables and "plant" not in tables:
            raise JournalError(f"{self._name} is no plant's journal: its tables are {', '.join(tables)}")

    def _claim(self, identity: str) -> None:
        with self._transaction():
            row = self._database.execute("SELECT identity FROM plant").fetchone()
            if row is None:
                self._database.execute("INSERT INTO plant VALUES (?, NULL)", (identity,))
            elif row[0] != identity:
                there, here = json.loads(row[0]), json.loads(identity)
                name = next(key for key in sorted(there | here) if there.get(key) != here.get(key))
                raise JournalError(
                    f"{self._name} is the journal of another plant: {name} is {there.get(name)!r} there "
                    f"and {here.get(name)!r} here"
                )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
