"""Gas: every goal, and a snapshot that says when anything changes.

Gas on the test chain is exact and so are the signatures here, so the snapshot is compared exactly. After a change that
is meant: ``DEM_UPDATE_GAS_SNAPSHOT=1 pytest tests/contracts/double_auction/test_gas.py``.
"""

import json
import os
from pathlib import Path

import pytest
from auction_market import ALL, ASK, BID, SETTLEMENT_TTL, TICK, Auction, load

from dem.chain import Connection

SNAPSHOT = Path(__file__).parent / "gas_snapshot.json"
START = 4_200_000_000  # whatever ran before, so that readings and their signatures repeat
ORDERS = 500
PRICES = 50
BATCH = 100
GOALS = {
    "placeBid": 95_000,
    "placeAsk": 95_000,
    "matchOrders, each of 500 orders": 1_000,
    "matchWithWitness, each of 500 orders": 1_000,
    "settle": 60_000,
}


@pytest.fixture(scope="module")
def measured(connection, auction):
    """Gas of every operation, of later orders: storage that is there for the first is there.

    The session's market is there first, so that those deployed here always have the same addresses: they are signed.
    """
    connection.advance_to(START)
    return _single_orders(Auction.deploy(connection.accounts)) | _whole_book(connection)


def _single_orders(auction: Auction) -> dict[str, int]:
    expiry = START + 6000
    buyer, seller, other = auction.traders[:3]
    receipts = {"placeBid, first of the market": auction.place(buyer, True, 12, 100, expiry)}
    receipts["placeAsk, first of its side"] = auction.place(seller, False, 10, 100, expiry)
    receipts["placeBid"] = auction.place(buyer, True, 12, 100, expiry)
    receipts["placeAsk"] = auction.place(seller, False, 10, 100, expiry)
    receipts["placeBid, new price"] = auction.place(buyer, True, 11, 100, expiry)
    asks = [auction.order_id(receipts[name]) for name in ("placeAsk, first of its side", "placeAsk")]
    bids = [auction.order_id(receipts[name]) for name in ("placeBid, first of the market", "placeBid")]
    middle, last = auction.bid(other, 12, 100, expiry), auction.bid(other, 12, 100, expiry)
    receipts["cancelOrder, between others"] = auction.market.cancelOrder(middle, sender=other)
    receipts["cancelOrder, last of its queue"] = auction.market.cancelOrder(last, sender=other)
    receipts["matchOrders, 2 trades"] = auction.market.matchOrders(ALL, sender=auction.stranger)
    trades = [auction.trade(*pair) for pair in zip(bids, asks, strict=True)]
    receipts["settle, queue with holes"] = _settle(auction, trades[0])
    receipts["withdraw, one order"] = auction.market.withdraw(asks[:1], seller, sender=seller)
    receipts["placeBid, price traded before"] = auction.place(buyer, True, 12, 100, expiry)
    auction.wait(SETTLEMENT_TTL + 1)
    receipts["expire, with rematch"] = auction.market.expire(trades[1], sender=auction.stranger)
    return {name: receipt.gas_used for name, receipt in receipts.items()}


def _settle(auction: Auction, trade: int, quantity: int = 100):
    return auction.market.settle(trade, auction.proof(trade, quantity), sender=auction.stranger)


def _whole_book(connection: Connection) -> dict[str, int]:
    plain = Auction.deploy(connection.accounts)
    first = plain.bid(plain.traders[0], 12, 100), plain.ask(plain.traders[1], 10, 100)
    plain.clear()
    gas = {"settle": _settle(plain, plain.trade(*first)).gas_used}
    auction = Auction.deploy(connection.accounts)
    replay = load("AuctionReplay").deploy(sender=auction.admin)
    actions = [(BID if k % 2 else ASK, (75 + k * 7 % PRICES) * TICK, 100 + k % 13) for k in range(ORDERS)]
    for start in range(0, ORDERS, BATCH):
        replay.act(auction.market, actions[start : start + BATCH], sender=auction.admin, value=10**18)
    before = connection.snapshot()
    gas[f"matchOrders, {ORDERS} orders"] = auction.market.matchOrders(ALL, sender=auction.stranger).gas_used
    result = auction.market.roundOf(1)
    connection.restore(before)
    witness = _witness(actions, result.quantity)
    receipt = auction.market.matchWithWitness(*witness, result.quantity, result.price, sender=auction.stranger)
    gas[f"matchWithWitness, {ORDERS} orders"] = receipt.gas_used
    for name in ("matchOrders", "matchWithWitness"):
        gas[f"{name}, each of {ORDERS} orders"] = gas[f"{name}, {ORDERS} orders"] // ORDERS
    return gas


def _witness(actions: list, quantity: int) -> tuple[list[int], list[int]]:
    """The prices that trade, of bids and asks, best first."""
    sides = []
    for kind in (BID, ASK):
        left, prices = quantity, []
        for price in sorted({action[1] for action in actions if action[0] == kind}, reverse=kind == BID):
            if left > 0:
                prices.append(price)
            left -= sum(action[2] for action in actions if action[:2] == (kind, price))
        sides.append(prices)
    return sides[0], sides[1]


@pytest.mark.parametrize("operation", GOALS)
def test_gas__goal__is_reached(measured, operation):
    assert measured[operation] <= GOALS[operation]


def test_gas__snapshot__is_unchanged(measured):
    if os.environ.get("DEM_UPDATE_GAS_SNAPSHOT"):
        SNAPSHOT.write_text(json.dumps(measured, indent=2) + "\n")
    assert measured == json.loads(SNAPSHOT.read_text())
