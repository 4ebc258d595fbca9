"""Batch settlement from Python: the tree of a time slot, posting its root, claiming by proof, disproving a root.

Energy is in whole Wh, money in wei, prices in wei per Wh, time in slots since 1970; ``contracts/BatchSettlement.md``
says what each call does and when it is refused.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any, Self

from dem.chain.connection import Connection, Receipt
from dem.chain.merkle import MerkleTree
from dem.chain.meters import MeterRegistry, SignedReading

_ROLES = ("POSTER_ROLE", "PAUSER_ROLE")


@dataclass(frozen=True)
class SettlementTerms:
    """What a batch settlement is deployed with.

    Attributes:
        stake: wei that a poster risks with each root.
        challenge_s: seconds in which a root can be disproved.
        notice_s: seconds between announcing a withdrawal and taking it.
        max_import_price: the most a Wh from the network may cost, in wei.
        min_export_price: the least a Wh given to the network must bring, in wei.
    """

    stake: int = 10**18
    challenge_s: int = 86_400
    notice_s: int = 2 * 86_400
    max_import_price: int = 2**56 - 1
    min_export_price: int = 0


@dataclass(frozen=True)
class SlotTree:
    """All homes' energy of one time slot as a Merkle tree.

    Attributes:
        slot: the time slot.
        energy_wh: Wh imported and exported by each home, by its address.
    """

    slot: int
    energy_wh: Mapping[str, tuple[int, int]]

    @property
    def root(self) -> bytes:
        """What is posted."""
        return self._tree.root

    @property
    def exported_wh(self) -> int:
        """Wh that all homes gave to the network."""
        return sum(exported for _, exported in self.energy_wh.values())

    def leaf(self, home: str) -> tuple[str, int, int]:
        """A home's leaf as the contract takes it.

        Raises:
            KeyError: the home has no energy in this tree.
        """
        return (home, *self.energy_wh[home])

    def proof(self, home: str) -> list[bytes]:
        """That a home's leaf is in the tree."""
        return self._tree.proof(self._position[home])

    def claim(self, home: str) -> tuple[int, int, int, list[bytes]]:
        """A home's claim as the contract takes it."""
        return (self.slot, *self.energy_wh[home], self.proof(home))

    def multi_proof(self, homes: Iterable[str]) -> tuple[list[tuple[str, int, int]], list[bytes], list[bool]]:
        """The leaves of several homes with one proof, as the contract takes them."""
        several = self._tree.multi_proof(self._position[home] for home in homes)
        names = list(self.energy_wh)
        return [self.leaf(names[position]) for position in several.leaves], list(several.proof), list(several.flags)

    @functools.cached_property
    def _tree(self) -> MerkleTree:
        from eth_abi import encode

        return MerkleTree([encode(["address", "uint32", "uint32"], self.leaf(home)) for home in self.energy_wh])

    @functools.cached_property
    def _position(self) -> dict[str, int]:
        return {home: position for position, home in enumerate(self.energy_wh)}


class BatchSettlement:
    """BatchSettlement and the register of meters that it asks."""

    def __init__(self, connection: Connection, settlement: Any, meters: MeterRegistry, operator: Any) -> None:
        self.connection = connection
        self.settlement = settlement
        self.meters = meters
        self.operator = operator

    @classmethod
    def deploy(
        cls,
        connection: Connection,
        *,
        meters: MeterRegistry,
        treasury: Any,
        terms: SettlementTerms | None = None,
        operator: Any = None,
    ) -> Self:
        """Deploy a settlement; the operator gets every role.

        Raises:
            ContractError: the terms make no settlement.
        """
        operator = operator or connection.accounts[0]
        words = (treasury, *astuple(terms or SettlementTerms()))
        settlement, _ = connection.deploy("BatchSettlement", operator, meters.registry, words, sender=operator)
        connection.grant(settlement, _ROLES, operator, sender=operator)
        return cls(connection, settlement, meters, operator)

    def deposit(self, account: Any, amount: int) -> Receipt:
        """Add money to an account's balance."""
        return self.connection.send(self.settlement.deposit, sender=account, value=amount)

    def post(self, tree: SlotTree, *, import_price: int, export_price: int, exported: int | None = None) -> Receipt:
        """Post a time slot's root; pays for what the homes gave, all of it unless ``exported`` says otherwise."""
        paid = tree.exported_wh if exported is None else exported
        return self.connection.send(
            self.settlement.post, tree.slot, tree.root, paid, import_price, export_price, sender=self.operator
        )

    def claim(self, home: Any, trees: Iterable[SlotTree], sender: Any = None) -> Receipt:
        """Settle a home's time slots, netted in one payment; those settled already are passed over.

        Raises:
            ContractError: all are settled, or one cannot be.
        """
        claims = [tree.claim(str(home)) for tree in trees]
        return self.connection.send(self.settlement.claim, home, claims, sender=sender or home)

    def challenge(self, tree: SlotTree, home: Any, reading: SignedReading, *, sender: Any) -> Receipt:
        """Disprove a tree by what a home's meter signed."""
        leaf, proof = tree.leaf(str(home)), tree.proof(str(home))
        return self.connection.send(self.settlement.challenge, tree.slot, leaf, proof, reading.words, sender=sender)

    def challenge_total(self, tree: SlotTree, homes: Iterable[Any], *, sender: Any) -> Receipt:
        """Disprove a tree in which homes gave more than its poster paid for."""
        evidence = tree.multi_proof(str(home) for home in homes)
        return self.connection.send(self.settlement.challengeTotal, tree.slot, *evidence, sender=sender)

    def release(self, slot: int, sender: Any = None) -> Receipt:
        """Return the stake of a root that stands."""
        return self.connection.send(self.settlement.release, slot, sender=sender or self.operator)

    def balance(self, account: Any) -> int:
        """Wei of an account."""
        return self.connection.read(self.settlement.balanceOf, account)
