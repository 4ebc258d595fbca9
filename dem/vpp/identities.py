"""Who is who on the chain: every home has an address, and a meter with a key of its own.

Keys follow from the plant's seed and the home's name, so that a plant that goes on signs as it did before. They guard
simulated money: a real meter keeps its key in itself (`dem.meters`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dem.chain import Connection, SignedReading, SlotReading, typed_data

CLAIMING_HOMES = 100
"""Homes with an account of their own; the operator has the one before theirs."""


@dataclass(frozen=True)
class Identities:
    """Addresses and keys, in the order of the homes.

    Attributes:
        addresses: of the homes.
        meters: keys of their meters, ready to sign.
        accounts: of the first homes, which can pay in; the others only stand in the trees.
    """

    addresses: tuple[str, ...]
    meters: tuple[Any, ...]
    accounts: tuple[Any, ...]

    @classmethod
    def of(cls, connection: Connection, names: list[str], seed: int) -> "Identities":
        """The identities of homes on a local chain."""
        accounts = connection.accounts[1 : 1 + min(len(names), CLAIMING_HOMES)]
        others = [typed_data.address_of(_key("home", name, seed)) for name in names[len(accounts) :]]
        meters = tuple(typed_data.account_of(_key("meter", name, seed)) for name in names)
        return cls((*map(str, accounts), *others), meters, tuple(accounts))

    def read(
        self, slot: int, nonce: int, leaves: tuple[np.ndarray, np.ndarray], domain: typed_data.Domain
    ) -> list[SignedReading]:
        """What all meters sign for a time slot: the two numbers of each home's leaf, (H,) each."""
        return [
            SlotReading(slot, nonce, *pair).signed(meter, domain)
            for meter, *pair in zip(self.meters, *(numbers.tolist() for numbers in leaves), strict=True)
        ]


def _key(what: str, name: str, seed: int) -> bytes:
    from eth_utils import keccak

    return keccak(text=f"dem {what} {name} {seed}")
