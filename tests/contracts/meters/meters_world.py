"""A register with three homes, and short names for what tests do with it."""

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_utils import keccak

from dem.chain.meters import MeterRegistry, SignedReading, SlotReading
from dem.chain.typed_data import Domain

SLOT = 3600
HOMES = 3


def key_of(home: int, generation: int = 0) -> bytes:
    return keccak(text=f"meter {home}.{generation}")


def address_of(home: int, generation: int = 0) -> str:
    return Account.from_key(key_of(home, generation)).address


@dataclass
class Neighbourhood:
    register: MeterRegistry
    homes: list[Any]
    stranger: Any
    domain: Domain

    @classmethod
    def deploy(cls, connection) -> "Neighbourhood":
        register = MeterRegistry.deploy(connection, slot_s=SLOT)
        homes = connection.accounts[1 : 1 + HOMES]
        for number, home in enumerate(homes):
            register.accredit(address_of(number), home)
        return cls(register, homes, connection.accounts[9], register.domain)

    @property
    def connection(self):
        return self.register.connection

    @property
    def contract(self):
        return self.register.registry

    @property
    def over(self) -> int:
        """The latest time slot that is over."""
        return self.connection.now // SLOT - 1

    def read(self, method, *arguments):
        return self.connection.read(method, *arguments)

    def send(self, method, *arguments, sender):
        return self.connection.send(method, *arguments, sender=sender)

    def sign(self, home=0, slot=None, nonce=0, imported=500, exported=0, generation=0, domain=None) -> SignedReading:
        reading = SlotReading(self.over if slot is None else slot, nonce, imported, exported)
        return reading.signed(key_of(home, generation), domain or self.domain)

    def record(self, *readings):
        (receipt,) = self.register.record(readings, sender=self.stranger)
        return receipt

    def recorded(self, receipt) -> int:
        return sum(event.name == "ReadingRecorded" for event in receipt.events)
