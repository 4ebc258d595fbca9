"""How clearing the double auction on chain grows, to 10,000 orders: ``python -m benchmarks.auction_scaling``.

Two kinds of books: orders at 50 prices, as on a market with a coarse tick, and every order at a price of its own, which
is the worst for a book of ticks. Both clear in calls of a bounded number of steps, each of which has to fit in a block,
and to the result of the engine off chain. On anvil; `benchmarks.auction_gas` measures books of the first kind in this
process, to the same gas.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.auction_gas import CLEAR_GOAL_EACH, ESCROW, PRICES, REFERENCE, batches, book
from benchmarks.report import Row, at_most, main
from dem.chain import AuctionTerms, gas
from dem.chain.anvil import NOT_INSTALLED, Node, anvil, find
from dem.chain.double_auction import parameters
from dem.market import double_auction

SIZES = (100, 500, 1_000, 10_000)
GOAL_FROM = 500
# Pairs of prices matched in a call.
STEPS = 1_000


def rows() -> Iterator[Row]:
    """Gas of clearing whole books, for each of their orders, and of the dearest call that it takes."""
    if find() is None:
        yield Row(f"clear {SIZES[-1]:,} orders", None, "gas", f"skipped: {NOT_INSTALLED}")
        return
    with anvil() as node:
        for orders in SIZES:
            yield from _clearing(node, orders, PRICES)
            yield from _clearing(node, orders, orders)


def _clearing(node: Node, orders: int, prices: int) -> Iterator[Row]:
    meters, replay = node.deploy("AuctionMeterRegistry"), node.deploy("AuctionReplay")
    market = node.deploy("EnergyDoubleAuction", node.sender, parameters(AuctionTerms(), meters.address))
    placed = book(orders, prices)
    for part in batches(placed):
        node.send(replay.functions.act(market.address, part), ESCROW)
    calls = _clear(node, market)
    _refuse_other_than_off_chain(market, placed)
    name = f"clear {orders:,} orders at {prices:,} prices"
    each = round(sum(calls) / orders)
    if prices == PRICES and orders >= GOAL_FROM:
        yield at_most(f"{name}, each", each, "gas", CLEAR_GOAL_EACH, REFERENCE["clear"])
    else:
        yield Row(f"{name}, each", each, "gas")
    yield at_most(f"{name}, dearest of {len(calls)} calls", max(calls), "gas", gas.BLOCK_GAS_LIMIT, "a block")


def _clear(node: Node, market: Any) -> list[int]:
    """Gas of as many calls as it takes."""
    calls = [node.send(market.functions.matchOrders(STEPS))]
    while _in_progress(market):
        calls.append(node.send(market.functions.matchOrders(STEPS)))
    return calls


def _in_progress(market: Any) -> bool:
    _, in_progress, *_ = market.functions.status().call()
    return in_progress


def _refuse_other_than_off_chain(market: Any, placed: list[tuple[int, int, int]]) -> None:
    side, price, quantity = np.array(placed).T
    bids, asks = side == 0, side == 1
    cleared = double_auction.clear(price[bids], quantity[bids], price[asks], quantity[asks])
    price_found, quantity_found, _ = market.functions.roundOf(1).call()
    if (price_found, quantity_found) != (int(cleared.price), cleared.quantity):
        off_chain = f"{cleared.quantity} Wh at {cleared.price}"
        raise AssertionError(f"the contract cleared {quantity_found} Wh at {price_found}, off chain it is {off_chain}")


if __name__ == "__main__":
    main(rows)
