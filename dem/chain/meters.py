"""The register of meters from Python: accredit, sign readings, record them, look them up.

Energy is in whole Wh, time in slots since 1970; ``contracts/MeterRegistry.md`` says what each call does and when it is
refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from dem.chain import typed_data
from dem.chain.connection import Connection, Receipt, batches

READINGS_PER_TRANSACTION = 128
_ROLES = ("REGISTRAR_ROLE", "PAUSER_ROLE")
_READING_FIELDS = {"slot": "uint64", "nonce": "uint64", "imported": "uint32", "exported": "uint32"}
_ROTATION_FIELDS = {"meter": "address", "successor": "address"}


@dataclass(frozen=True)
class SlotReading:
    """What a meter measured in one time slot.

    Attributes:
        slot: seconds since 1970, divided by the slot's length.
        nonce: how many readings the meter signed before it.
        imported: Wh taken from the network.
        exported: Wh given to the network.
    """

    slot: int
    nonce: int
    imported: int
    exported: int

    def signed(self, key: Any, domain: typed_data.Domain) -> "SignedReading":
        """With a meter's signature.

        Args:
            key: the meter's private key, or an account that signs.
            domain: the register's, see `MeterRegistry.domain`.

        Raises:
            ValueError: a number is negative or too large for its field.
        """
        signature = typed_data.sign(key, domain, "SlotReading", _READING_FIELDS, vars(self))
        return SignedReading(self, signature.compact)


@dataclass(frozen=True)
class SignedReading:
    """A reading and its meter's signature of 64 bytes (EIP-2098)."""

    reading: SlotReading
    signature: bytes

    @property
    def words(self) -> tuple[int, int, int, int, bytes, bytes]:
        """As the contracts take it."""
        reading = self.reading
        halves = self.signature[:32], self.signature[32:]
        return (reading.slot, reading.nonce, reading.imported, reading.exported, *halves)


class MeterRegistry:
    """MeterRegistry on one connection."""

    def __init__(self, connection: Connection, registry: Any, operator: Any) -> None:
        self.connection = connection
        self.registry = registry
        self.operator = operator

    @classmethod
    def deploy(cls, connection: Connection, *, slot_s: int = 3600, operator: Any = None) -> Self:
        """Deploy a register; the operator gets every role.

        Args:
            connection: where.
            slot_s: length of a time slot in seconds.
            operator: an account, default the first.

        Raises:
            ContractError: a time slot has no length.
        """
        operator = operator or connection.accounts[0]
        registry, _ = connection.deploy("MeterRegistry", operator, slot_s, sender=operator)
        connection.grant(registry, _ROLES, operator, sender=operator)
        return cls(connection, registry, operator)

    @property
    def domain(self) -> typed_data.Domain:
        """What meters sign for."""
        return typed_data.Domain.of(self.connection, self.registry)

    @property
    def now(self) -> int:
        """Timestamp of the chain's latest block, in seconds since 1970."""
        return self.connection.now

    @property
    def slot_s(self) -> int:
        """Length of a time slot in seconds."""
        return self.connection.read(self.registry.slotLength)

    def accredit(self, meter: Any, home: Any) -> Receipt:
        """Accredit a meter, by the address of its key, for a home."""
        return self.connection.send(self.registry.accredit, meter, home, sender=self.operator)

    def revoke(self, meter: Any) -> Receipt:
        """End a meter's accreditation for good."""
        return self.connection.send(self.registry.revoke, meter, sender=self.operator)

    def rotate(self, key: Any, successor: Any, sender: Any = None) -> Receipt:
        """Pass a meter's accreditation on to a new key; both are private keys, or accounts that sign."""
        addresses = {"meter": typed_data.address_of(key), "successor": typed_data.address_of(successor)}
        domain = self.domain
        signature, consent = (
            typed_data.sign(signer, domain, "Rotation", _ROTATION_FIELDS, addresses).bytes65
            for signer in (key, successor)
        )
        return self.connection.send(
            self.registry.rotate, *addresses.values(), signature, consent, sender=sender or self.operator
        )

    def record(self, readings: Iterable[SignedReading], sender: Any = None) -> list[Receipt]:
        """Take readings into the books, in as many transactions as it takes; known ones are passed over."""
        words = [reading.words for reading in readings]
        return [
            self.connection.send(self.registry.record, batch, sender=sender or self.operator)
            for batch in batches(words, READINGS_PER_TRANSACTION)
        ]

    def reading_of(self, home: Any, slot: int) -> tuple[int, int] | None:
        """Wh imported and exported by a home in a time slot; ``None`` where nothing is in the books."""
        reported, imported, exported = self.connection.read(self.registry.readingOf, home, slot)
        return (imported, exported) if reported else None

    def nonce_of(self, meter: Any) -> int:
        """The nonce of a meter's next reading."""
        return self.connection.read(self.registry.nonceOf, meter)

    def home_of(self, meter: Any) -> str:
        """The home whose energy a meter measures; the zero address where the meter is not accredited."""
        return self.connection.read(self.registry.traderOf, meter)
