"""A deployed batch settlement, its homes and meters, and short names for what tests do with it."""

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_utils import keccak

from dem.chain.meters import MeterRegistry, SlotReading
from dem.chain.settlement import BatchSettlement, SettlementTerms, SlotTree

SLOT = 3600
HOMES = 4
GWEI = 10**9
IMPORT, EXPORT = 300 * GWEI, 80 * GWEI
TERMS = SettlementTerms(
    stake=10**16 + 1, challenge_s=1_800, notice_s=7_200, max_import_price=2 * IMPORT, min_export_price=EXPORT // 2
)
MONEY = 10**18


def meter_key(home: int) -> bytes:
    return keccak(text=f"settlement meter {home}")


@dataclass
class World:
    settlement: BatchSettlement
    homes: list[Any]
    treasury: Any
    stranger: Any

    @classmethod
    def deploy(cls, connection) -> "World":
        accounts = connection.accounts
        meters = MeterRegistry.deploy(connection, slot_s=SLOT)
        homes, treasury = accounts[1 : 1 + HOMES], accounts[8]
        settlement = BatchSettlement.deploy(connection, meters=meters, treasury=treasury, terms=TERMS)
        settlement.deposit(settlement.operator, MONEY)
        for number, home in enumerate(homes):
            meters.accredit(Account.from_key(meter_key(number)).address, home)
            settlement.deposit(home, MONEY)
        return cls(settlement, homes, treasury, accounts[9])

    @property
    def connection(self):
        return self.settlement.connection

    @property
    def contract(self):
        return self.settlement.settlement

    @property
    def poster(self):
        return self.settlement.operator

    @property
    def over(self) -> int:
        """The latest time slot that is over."""
        return self.connection.now // SLOT - 1

    def read(self, method, *arguments):
        return self.connection.read(method, *arguments)

    def send(self, method, *arguments, sender, value=0):
        return self.connection.send(method, *arguments, sender=sender, value=value)

    def tree(self, *energy, slot=None) -> SlotTree:
        """A tree of the homes' energy in order, as pairs of Wh imported and exported."""
        slot = self.over if slot is None else slot
        return SlotTree(slot, {str(home): pair for home, pair in zip(self.homes, energy, strict=False)})

    def post(self, tree, **changes):
        return self.settlement.post(tree, **({"import_price": IMPORT, "export_price": EXPORT} | changes))

    def posted(self, *energy, final=True, **changes) -> SlotTree:
        tree = self.tree(*energy)
        self.post(tree, **changes)
        if final:
            self.end_challenge()
        return tree

    def posted_slots(self, first: int, count: int) -> list[SlotTree]:
        """The same trees in so many time slots: home 0 takes 100 Wh, home 1 gives 400."""
        trees = [self.tree((100, 0), (0, 400), slot=first + number) for number in range(count)]
        for tree in trees:
            self.post(tree)
        self.end_challenge()
        return trees

    def end_challenge(self) -> None:
        self.connection.advance_to(self.connection.now + TERMS.challenge_s)

    def sign(self, home: int, slot: int, imported: int, exported: int, key=None):
        reading = SlotReading(slot, 0, imported, exported)
        return reading.signed(key or meter_key(home), self.settlement.meters.domain)

    def balances(self) -> list[int]:
        return [self.settlement.balance(home) for home in self.homes]

    def batch(self, slot):
        return self.read(self.contract.batchOf, slot)

    def leave(self, account, amount, to=None):
        self.send(self.contract.announceWithdrawal, sender=account)
        self.connection.advance_to(self.connection.now + TERMS.notice_s)
        return self.send(self.contract.withdraw, amount, to or account, sender=account)
