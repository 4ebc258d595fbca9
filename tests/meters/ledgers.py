"""A register that keeps the contract's rules in a file, so that it outlives the process that writes to it."""

import sqlite3
import time

from dem.chain import ChainError, ContractError
from dem.chain.typed_data import Domain

SLOT = 3600
DOMAIN = Domain("MeterRegistry", "1", 1, "0x" + "11" * 20)


class FileLedger:
    """Readings of one home: each slot once, in the order of their nonces, a batch whole or not at all."""

    def __init__(self, path, now, *, delay_s=0.0):
        self.path, self.now, self.delay_s = path, now, delay_s
        self.slot_s, self.domain = SLOT, DOMAIN
        with self._open() as database:
            database.execute("CREATE TABLE IF NOT EXISTS books (slot INTEGER PRIMARY KEY, imported, exported, own)")

    def nonce_of(self, meter):
        with self._open() as database:
            return database.execute("SELECT COUNT(*) FROM books WHERE own").fetchone()[0]

    def record(self, readings):
        batch = [signed.reading for signed in readings]
        time.sleep(self.delay_s)
        with self._open() as database:
            for reading in batch:
                self._take(database, reading)
        time.sleep(self.delay_s)

    def books(self):
        with self._open() as database:
            return {slot: (i, e) for slot, i, e in database.execute("SELECT slot, imported, exported FROM books")}

    def put(self, slot, imported, exported):
        """A reading that came from elsewhere, without using up a nonce of this meter."""
        with self._open() as database:
            database.execute("INSERT INTO books VALUES (?, ?, ?, 0)", (slot, imported, exported))

    def _take(self, database, reading):
        expected = database.execute("SELECT COUNT(*) FROM books WHERE own").fetchone()[0]
        known = database.execute("SELECT imported, exported FROM books WHERE slot = ?", (reading.slot,)).fetchone()
        if (reading.slot + 1) * SLOT > self.now:
            raise ContractError("record", "SlotNotOver", {"slot": reading.slot})
        if reading.nonce > expected:
            raise ContractError("record", "UnexpectedNonce", {"given": reading.nonce, "expected": expected})
        if reading.nonce < expected and known == (reading.imported, reading.exported):
            return
        if known is not None:
            raise ContractError("record", "AlreadyReported", {"slot": reading.slot})
        database.execute("INSERT INTO books VALUES (?, ?, ?, 1)", (reading.slot, reading.imported, reading.exported))

    def _open(self):
        return sqlite3.connect(self.path, timeout=30)


class Faulty:
    """A ledger that fails in a chosen way the next time it is written to."""

    def __init__(self, ledger):
        self.ledger, self.fault = ledger, None
        self.slot_s, self.domain = ledger.slot_s, ledger.domain

    @property
    def now(self):
        return self.ledger.now

    def nonce_of(self, meter):
        if self.fault == "away":
            raise ChainError("no answer")
        return self.ledger.nonce_of(meter)

    def record(self, readings):
        fault, self.fault = self.fault, None
        batch = list(readings)
        if fault == "lost on the way":
            raise ChainError("sent, and never seen again")
        if fault == "forgotten by the chain":
            return
        if fault == "a part handed in before":
            self.ledger.record(batch[: len(batch) // 2])
        self.ledger.record(batch)
        if fault == "answer lost":
            raise ChainError("no receipt in time")


def key(generation: int = 0) -> bytes:
    return (generation + 1).to_bytes(32, "big")
