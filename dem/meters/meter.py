"""A meter: a key, a queue on disk, and the one way its readings reach the register."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Self

from dem import units
from dem.chain import ContractError, typed_data
from dem.chain.meters import READINGS_PER_TRANSACTION, SignedReading, SlotReading
from dem.meters.queue import ReadingQueue

# What a reading has room for in the register.
_MOST_IMPORTED, _MOST_EXPORTED = 2**32 - 2, 2**32 - 1


class Ledger(Protocol):
    """What a meter needs of the register: `dem.chain.meters.MeterRegistry` is one."""

    @property
    def slot_s(self) -> int:
        """Length of a time slot in seconds."""

    @property
    def now(self) -> int:
        """The register's clock, in seconds since 1970."""

    @property
    def domain(self) -> typed_data.Domain:
        """What meters sign for."""

    def nonce_of(self, meter: str) -> int:
        """The nonce of a meter's next reading."""

    def record(self, readings: Iterable[SignedReading]) -> Any:
        """Take readings into the books."""


class Meter:
    """A smart-meter node."""

    def __init__(self, queue: ReadingQueue, key: bytes | str) -> None:
        self.queue = queue
        self.address = typed_data.address_of(key)
        self._key = key

    @classmethod
    def open(cls, path: str | Path, key: bytes | str, ledger: Ledger) -> Self:
        """Open a meter's queue, or begin one where the register's count stands.

        Only a new queue asks the register: later the meter starts and measures without it.

        Args:
            path: the queue's file.
            key: the meter's private key, 32 bytes or their hexadecimal.
            ledger: the register.

        Raises:
            ValueError: the key is none.
        """
        typed_data.address_of(key)  # before there is a file
        queue = ReadingQueue(path)
        meter = cls(queue, key)
        if queue.slot_s is None:
            queue.begin(ledger.nonce_of(meter.address), ledger.slot_s)
        return meter

    def measure(self, start: datetime, *, imported_kwh: float, exported_kwh: float) -> bool:
        """Keep what was measured in the time slot that begins at ``start``; whether it was new.

        Raises:
            ValueError: the time is not the begin of a slot or has no zone, or the energy is negative, not finite or
                larger than a reading has room for.
            ConflictingReadingError: the slot has been measured, with other numbers.
        """
        if start.tzinfo is None:
            raise ValueError(f"a time without zone tells no slot: {start}")
        slot, rest = divmod(start.timestamp(), self.queue.slot_s)
        if rest:
            raise ValueError(f"no time slot begins at {start}: they last {self.queue.slot_s} s")
        imported, exported = units.kwh_to_wh(imported_kwh), units.kwh_to_wh(exported_kwh)
        if imported > _MOST_IMPORTED or exported > _MOST_EXPORTED:
            raise ValueError(f"{imported} and {exported} Wh in one slot: a reading has room for {_MOST_IMPORTED}")
        return self.queue.add(int(slot), imported, exported)

    def submit(self, ledger: Ledger) -> int:
        """Bring what waits into the register's books, in order; how many readings the register confirmed.

        Can be interrupted at any point and called again: the register's count says what it has. Readings of slots that
        are not over by its clock wait, and those behind them.

        Raises:
            ContractError: the register refused, e.g. as the meter is revoked; everything stays queued.
            ChainError: the chain does not answer; everything stays queued.
        """
        begun = known = ledger.nonce_of(self.address)
        self.queue.confirm(known)
        domain = ledger.domain
        while batch := self._ready(ledger):
            try:
                ledger.record(reading.signed(self._key, domain) for reading in batch)
            except ContractError as error:
                if error.name != "AlreadyReported":
                    raise
                self.queue.refuse(error.arguments["slot"])
                continue
            before, known = known, ledger.nonce_of(self.address)
            self.queue.confirm(known)
            if known == before:
                break
        return known - begun

    def rotate(self, key: bytes | str) -> None:
        """Sign with a new key from now on, once the register has rotated to it; what waits is signed anew."""
        self.address = typed_data.address_of(key)
        self._key = key

    def _ready(self, ledger: Ledger) -> list[SlotReading]:
        """The next batch: waiting readings up to the first whose slot is not over."""
        now, ready = ledger.now, []
        for reading in self.queue.waiting(READINGS_PER_TRANSACTION):
            if (reading.slot + 1) * self.queue.slot_s > now:
                break
            ready.append(reading)
        return ready
