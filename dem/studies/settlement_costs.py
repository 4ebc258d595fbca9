"""Gas of a home's time slot, from one transaction a reading to one root for a whole street."""

from collections.abc import Sequence

import pandas as pd
from eth_account import Account
from eth_utils import keccak

from dem import paths
from dem.chain import (
    BatchSettlement,
    Connection,
    FixedPriceMarket,
    MeterRegistry,
    SettlementTerms,
    SlotReading,
    SlotTree,
    gas,
)
from dem.chain.meters import READINGS_PER_TRANSACTION

RECORDED, BATCHED = "record only, one by one", f"record only, batches of {READINGS_PER_TRANSACTION}"
DELIVERED = "prove and pay, one by one"
ROOT_AND_CLAIM, ROOT_AND_NETTED = "root, and a claim a slot", "root, and one claim a day"
PAPER = "the paper: settle pairs"
SLOTS_OF_DAY = 24
SLOTS_OF_MONTH = 30 * SLOTS_OF_DAY
SLOT_S = 3_600
SLOTS_OF_WORD = 4  # of the register's storage; the first of them costs more than the others
_TERMS = SettlementTerms(stake=10**17, challenge_s=3_600)
_MONEY = 10**20
_PRICES = {"import_price": 300 * 10**9, "export_price": 80 * 10**9}
REFERENCE = paths.DATA / "reference" / "settlement_gas.csv"
RECORD_ONE, RECORD_BATCH, POST, CLAIM = (
    "record one reading",
    f"record a reading, in batches of {READINGS_PER_TRANSACTION}",
    "post a root",
    "claim a slot",
)


def measure(connection: Connection, sizes: Sequence[int]) -> pd.DataFrame:
    """Gas of every way, on contracts deployed for it.

    Args:
        connection: a local chain.
        sizes: homes in a street.

    Returns:
        One row a way and size: ``way``, ``homes``, ``gas`` a home and slot; of the root ``root_gas`` and of the claim
        ``claim_gas`` by itself, where there are any.
    """
    meters = MeterRegistry.deploy(connection, slot_s=SLOT_S)
    single, batched = reading_gas(meters)
    delivered = delivery_gas(meters)
    rows = [
        {"way": way, "homes": homes, "gas": used}
        for way, used in ((RECORDED, single), (BATCHED, batched), (DELIVERED, delivered))
        for homes in sizes
    ]
    for homes in sizes:
        root, claim, netted = _settlement(meters, homes)
        for way, of_claim in ((ROOT_AND_CLAIM, claim), (ROOT_AND_NETTED, netted)):
            used = root / homes + of_claim
            rows.append({"way": way, "homes": homes, "gas": used, "root_gas": root, "claim_gas": of_claim})
    published = gas.published_settlement()
    paper = published.assign(way=PAPER, homes=2 * published["pairs"])
    paper["gas"] = paper["settlement_gas"] / paper["homes"]
    return pd.concat([pd.DataFrame(rows), paper[["way", "homes", "gas"]]], ignore_index=True)


def steps(costs: pd.DataFrame) -> pd.DataFrame:
    """Gas of single steps in the largest street, beside prototypes': ``step``, ``ours``, ``gas_from``, ``gas_to``."""
    largest = costs[costs["homes"] == costs.loc[costs["way"] == ROOT_AND_CLAIM, "homes"].max()].set_index("way")
    ours = {
        RECORD_ONE: largest.loc[RECORDED, "gas"],
        RECORD_BATCH: largest.loc[BATCHED, "gas"],
        POST: largest.loc[ROOT_AND_CLAIM, "root_gas"],
        CLAIM: largest.loc[ROOT_AND_CLAIM, "claim_gas"],
    }
    return pd.read_csv(REFERENCE, comment="#").assign(ours=lambda table: table["step"].map(ours))


def reading_gas(meters: MeterRegistry) -> tuple[float, float]:
    """Gas of a reading by itself, mean over the slots that share a word of storage, and of one in a batch."""
    key, domain = keccak(text="meter whose gas is measured"), meters.domain
    meters.accredit(Account.from_key(key).address, meters.connection.accounts[7])
    count = 1 + SLOTS_OF_WORD + READINGS_PER_TRANSACTION
    first = meters.now // SLOT_S - count
    signed = [SlotReading(first + n, n, 500, 100).signed(key, domain) for n in range(count)]
    meters.record(signed[:1])
    alone = [meters.record([reading])[0].gas_used for reading in signed[1 : 1 + SLOTS_OF_WORD]]
    batch = meters.record(signed[1 + SLOTS_OF_WORD :])[0].gas_used
    return sum(alone) / SLOTS_OF_WORD, batch / READINGS_PER_TRANSACTION


def delivery_gas(meters: MeterRegistry) -> int:
    """Gas of a delivery that its meter's signature proves and that is paid for at once, at a posted price.

    All that was bought is delivered, and neither side's balance is new; the purchase before it is not counted.
    """
    connection, key = meters.connection, keccak(text="meter of a seller")
    seller, buyer = connection.accounts[1:3]
    meters.accredit(Account.from_key(key).address, seller)
    market = FixedPriceMarket.deploy(connection, meters=meters.registry)
    market.offer(seller, _PRICES["import_price"], 10_000)
    bought = [market.buy(buyer, seller, 500).value("EnergyBought", "purchaseId") for _ in range(2)]
    return [market.deliver(purchase, 500, connection.now, key).gas_used for purchase in bought][-1]


def _settlement(meters: MeterRegistry, homes: int) -> tuple[int, int, float]:
    """Gas of a root, of a claim of one slot, and of a slot in a claim of a day; of later calls."""
    connection = meters.connection
    settlement = BatchSettlement.deploy(connection, meters=meters, treasury=connection.accounts[9], terms=_TERMS)
    home = connection.accounts[1]
    for account in (settlement.operator, home):
        settlement.deposit(account, _MONEY)
    first = connection.now // SLOT_S - SLOTS_OF_DAY - 2
    trees = [_tree(first + number, str(home), homes) for number in range(SLOTS_OF_DAY + 2)]
    roots = [settlement.post(tree, **_PRICES).gas_used for tree in trees]
    connection.advance_to(connection.now + _TERMS.challenge_s)
    settlement.claim(home, trees[:1])
    claim = settlement.claim(home, trees[1:2]).gas_used
    return roots[-1], claim, settlement.claim(home, trees[2:]).gas_used / SLOTS_OF_DAY


def _tree(slot: int, home: str, homes: int) -> SlotTree:
    names = [home, *(f"0x{number:040x}" for number in range(1, homes))]
    return SlotTree(slot, {name: (n * 37 % 900, n * 53 % 700) for n, name in enumerate(names, 1)})
