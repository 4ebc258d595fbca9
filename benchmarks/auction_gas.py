"""Gas of the double auction against its goals, and how clearing scales: ``python -m benchmarks.auction_gas``."""

import secrets
from collections.abc import Iterator
from typing import Any

from benchmarks.report import Row, at_most, main
from dem import chain
from dem.chain import EnergyDoubleAuction, gas
from dem.chain.meter import Reading

TICK = chain.AuctionTerms().tick
PRICES = 50
LOWEST = 75
SIZES = (20, 100, 500, 1_000)
BATCH = 100
ESCROW = 10**18  # more than a batch locks; what is left stays with the contract that places it
PLACE_GOAL, CLEAR_GOAL_EACH, SETTLE_GOAL = 95_000, 1_000, 60_000
# Published or measured elsewhere, gas per order or trade.
REFERENCE = {"place": "EasyAuction 125k", "clear": "EasyAuction 1.9k", "settle": "CoW about 75k a trade"}


def rows() -> Iterator[Row]:
    """Gas of placing, clearing, settling and leaving on the test chain, warm unless it says first."""
    with chain.connect("test") as connection:
        meters, _ = connection.deploy("AuctionMeterRegistry", sender=connection.accounts[0])
        yield from _single_orders(EnergyDoubleAuction.deploy(connection, meters=meters))
        for orders in SIZES:
            yield _clearing(EnergyDoubleAuction.deploy(connection, meters=meters), orders)


def _single_orders(auction: EnergyDoubleAuction) -> Iterator[Row]:
    buyer, seller = auction.connection.accounts[1:3]
    # An hour's expiry: orders of one slot of a market share it.
    expiry = (auction.connection.now // 3600 + 2) * 3600
    bids, asks = [], []
    for _ in range(2):
        bids.append(auction.place_bid(buyer, 12 * TICK, 100, expiry))
        asks.append(auction.place_ask(seller, 10 * TICK, 100, expiry))
    yield Row("place the market's first bid", bids[0].receipt.gas_used, "gas")
    yield at_most("place a bid", bids[1].receipt.gas_used, "gas", PLACE_GOAL, REFERENCE["place"])
    yield at_most("place an ask", asks[1].receipt.gas_used, "gas", PLACE_GOAL, REFERENCE["place"])
    leaving = auction.place_bid(buyer, 12 * TICK, 100, expiry)
    yield Row("cancel", auction.cancel(leaving).gas_used, "gas")
    auction.match(sender=buyer)
    settled = _settle(auction, auction.trade_id(bids[1], asks[1], 1), seller)
    yield at_most("settle", settled, "gas", SETTLE_GOAL, REFERENCE["settle"])
    yield Row("withdraw one order", auction.withdraw(seller, asks[1:]).gas_used, "gas")


def _settle(auction: EnergyDoubleAuction, trade: int, seller: Any) -> int:
    from eth_account import Account

    key = secrets.token_bytes(32)
    auction.connection.send(auction.meters.accredit, Account.from_key(key).address, seller, sender=seller)
    reading = Reading(trade, delivered=100, refused=0, read_at=auction.connection.now)
    return auction.settle(reading, key, seller).gas_used


def _clearing(auction: EnergyDoubleAuction, orders: int) -> Row:
    _fill(auction, book(orders, PRICES))
    cleared = auction.match(sender=auction.connection.accounts[3]).gas_used
    name = f"clear {orders} orders at {PRICES} prices, each"
    if orders < 500:
        return Row(name, round(cleared / orders), "gas")
    assert cleared <= gas.BLOCK_GAS_LIMIT
    return at_most(name, round(cleared / orders), "gas", CLEAR_GOAL_EACH, REFERENCE["clear"])


def _fill(auction: EnergyDoubleAuction, orders: list[tuple[int, int, int]]) -> None:
    admin = auction.operator
    replay, _ = auction.connection.deploy("AuctionReplay", sender=admin)
    for part in batches(orders):
        auction.connection.send(replay.act, auction.market.address, part, sender=admin, value=ESCROW)


def book(orders: int, prices: int) -> list[tuple[int, int, int]]:
    """Bids and asks over the same prices, so that about half of each crosses: side (0 a bid), wei per Wh, Wh."""
    return [(k % 2, (LOWEST + k * 7 % prices) * TICK, 100 + k % 13) for k in range(orders)]


def batches(orders: list[tuple[int, int, int]]) -> Iterator[list[tuple[int, int, int]]]:
    """As many orders as one transaction places."""
    return (orders[start : start + BATCH] for start in range(0, len(orders), BATCH))


if __name__ == "__main__":
    main(rows)
