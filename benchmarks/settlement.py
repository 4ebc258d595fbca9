"""Gas of settling 10,000 homes by one root, against one by one: ``python -m benchmarks.settlement``.

The peer settles one by one: FixedPriceMarket proves a home's energy with its meter's signature and pays for it, one
transaction a home, a purchase before it not counted. The paper's published settlement is the other. Every tree has
10,000 homes; a few of them claim.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.report import Row, at_least, at_most, main
from dem import chain
from dem.chain import gas
from dem.chain.connection import Connection
from dem.chain.meters import READINGS_PER_TRANSACTION, MeterRegistry
from dem.chain.settlement import BatchSettlement, SettlementTerms, SlotTree
from dem.studies import settlement_costs

HOMES = 10_000
SLOT_S = 3600
DAY, MONTH = 24, 720
MONEY = 10**21
PRICES = {"import_price": 300 * 10**9, "export_price": 80 * 10**9}
READING_GOAL = 28_900
# Measured on prototypes without stake, escrow and prices; the claim 10 to 12 hashes deep.
BARE_ROOT, BARE_CLAIM, BARE_READING = "44k for a bare root", "46k to 48k for a bare claim", 49_700
EVIDENCE = 500
CONTRACTS = (
    "MeterRegistry",
    "BatchSettlement",
    "EnergyAttributes",
    "EnergyCertificates",
    "CarbonCredits",
    "EmissionFactors",
    "CarbonTax",
    "ForecastMarket",
)


@dataclass
class Neighbourhood:
    """A settlement, the slots' trees and those homes that act."""

    settlement: BatchSettlement
    homes: list[Any]
    first: int

    @classmethod
    def deploy(cls, connection: Connection) -> "Neighbourhood":
        """With money for the poster and for the homes that act."""
        meters = MeterRegistry.deploy(connection, slot_s=SLOT_S)
        settlement = BatchSettlement.deploy(
            connection, meters=meters, treasury=connection.accounts[9], terms=SettlementTerms()
        )
        homes = connection.accounts[1:5]
        for account in (settlement.operator, *homes):
            settlement.deposit(account, MONEY)
        return cls(settlement, homes, connection.now // SLOT_S - MONTH)

    def tree(self, number: int) -> SlotTree:
        """All homes' energy of a time slot: those that act, and numbered ones."""
        names = [*map(str, self.homes), *(f"0x{home:040x}" for home in range(len(self.homes) + 1, HOMES + 1))]
        energy = {name: (n * 37 % 900, n * 53 % 700 + 1) for n, name in enumerate(names)}
        return SlotTree(self.first + number, energy)


def rows() -> Iterator[Row]:
    """Gas on the test chain, exact; shares of a call are means."""
    with chain.connect("test") as connection:
        world = Neighbourhood.deploy(connection)
        one_by_one = settlement_costs.delivery_gas(world.settlement.meters)
        trees = [world.tree(number) for number in range(DAY + 2)]
        posts = [world.settlement.post(tree, **PRICES).gas_used for tree in trees]
        yield Row(f"post the root of {HOMES:,} homes", posts[-1], "gas", BARE_ROOT)
        yield Row("… each home", posts[-1] / HOMES, "gas")
        yield from _challenges(world)
        connection.advance_to(connection.now + SettlementTerms().challenge_s)
        yield from _claims(world, trees, posts[-1], one_by_one)
        single, batched = settlement_costs.reading_gas(world.settlement.meters)
        yield Row("record one reading", single, "gas", BARE_READING)
        yield at_most(f"record {READINGS_PER_TRANSACTION} readings, each", batched, "gas", READING_GOAL)
        for contract in gas.contract_sizes(CONTRACTS).itertuples():
            yield at_most(f"code of {contract.contract}", contract.bytes, "bytes", contract.limit)


def _claims(world: Neighbourhood, trees: list[SlotTree], post: int, one_by_one: int) -> Iterator[Row]:
    claim = world.settlement.claim
    claim(world.homes[2], trees[:1])
    single = claim(world.homes[2], trees[1:2]).gas_used
    yield Row("claim one slot, 14 hashes deep", single, "gas", BARE_CLAIM)
    day = claim(world.homes[1], trees[2:]).gas_used / DAY
    yield Row(f"… {DAY} slots netted, each", day, "gas")
    published = gas.published_settlement().iloc[0].settlement_gas
    for name, used in (("one slot a claim", single), (f"{DAY} slots a claim", day)):
        amortised = used + post / HOMES
        yield Row(f"post and claim, each home and slot, {name}", amortised, "gas", one_by_one)
        yield at_least(f"one by one over that, {name}", one_by_one / amortised, "×", 1, one_by_one)
        yield Row(f"the paper's settlement of a pair over that, {name}", published / amortised, "×", published)


def _challenges(world: Neighbourhood) -> Iterator[Row]:
    tree = world.tree(DAY + 2)
    evidence = list(tree.energy_wh)[:EVIDENCE]
    paid = sum(tree.energy_wh[home][1] for home in evidence) - 1
    world.settlement.post(tree, **PRICES, exported=paid)
    total = world.settlement.challenge_total(tree, evidence, sender=world.homes[3]).gas_used
    yield Row(f"disprove a total by {EVIDENCE} leaves, each", total / EVIDENCE, "gas")
    yield Row("leaves of such a proof that fit in a block", gas.BLOCK_GAS_LIMIT * EVIDENCE // total, "leaves")


if __name__ == "__main__":
    main(rows)
