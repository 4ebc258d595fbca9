"""Gas of the double auction as its book grows: the week's own orders, placed and cleared on the test chain."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dem import paths
from dem.chain import AuctionOrder, AuctionTerms, EnergyDoubleAuction, connect
from dem.market import double_auction
from dem.studies.market_week import Book

REFERENCE = paths.DATA / "reference" / "auction_gas.csv"
PLACE, CLEAR = "place", "clear"
# Homes share accounts, buyers and sellers apart: the market refuses an order that could meet its owner's own.
ACCOUNTS_A_SIDE = 50


def published() -> pd.DataFrame:
    """Other auctions: columns ``source``, ``step``, ``orders`` (missing: any number), ``gas_per_order``."""
    return pd.read_csv(REFERENCE, comment="#")


def measure(
    books: Sequence[Book], sizes: Sequence[int], ticks: Sequence[int], eur_per_ether: float, seed: int
) -> pd.DataFrame:
    """Place orders drawn from the books, and clear them.

    Args:
        books: where the orders come from.
        sizes: numbers of orders.
        ticks: price steps of the market, in wei per Wh.
        eur_per_ether: exchange rate.
        seed: draws the orders.

    Returns:
        One row per tick and size: ``place`` and ``clear`` in gas per order, the number of ``prices`` with orders, and
        what came of it on the chain and by `dem.market`: ``price``, ``engine_price`` (wei per Wh), ``quantity``,
        ``engine_quantity`` (Wh).
    """
    rows = []
    with connect("test") as connection:
        meters, _ = connection.deploy("AuctionMeterRegistry", sender=connection.accounts[0])
        for tick in ticks:
            terms = AuctionTerms(tick=tick)
            pool = _pool(books, terms, eur_per_ether)
            for size in sizes:
                drawn = _drawn(pool, size, np.random.default_rng([seed, size]))
                auction = EnergyDoubleAuction.deploy(connection, meters=meters, terms=terms)
                rows.append({"tick": tick, "orders": size} | _clear(auction, drawn))
    return pd.DataFrame(rows)


def _pool(books: Sequence[Book], terms: AuctionTerms, eur_per_ether: float) -> list[tuple[bool, int, int]]:
    """All orders of the books that the market takes, as (is bid, price, Wh)."""
    pool = []
    for book in books:
        bid_price, bid_quantity, ask_price, ask_quantity = (
            column.tolist() for column in book.in_wei(terms.tick, eur_per_ether)
        )
        pool += [(True, *order) for order in zip(bid_price, bid_quantity, strict=True)]
        pool += [(False, *order) for order in zip(ask_price, ask_quantity, strict=True)]
    return [order for order in pool if order[1] >= terms.tick and order[2] >= terms.min_quantity]


def _drawn(pool: list[tuple[bool, int, int]], size: int, generator: np.random.Generator) -> list[tuple[bool, int, int]]:
    if size > len(pool):
        raise ValueError(f"the week has {len(pool)} orders, {size} were asked for")
    return [pool[k] for k in generator.choice(len(pool), size, replace=False)]


def _clear(auction: EnergyDoubleAuction, orders: Sequence[tuple[bool, int, int]]) -> dict[str, float]:
    # Orders of one interval run out together, an hour or two from now.
    expiry = (auction.connection.now // 3600 + 2) * 3600
    placed = [_place(auction, number, order, expiry) for number, order in enumerate(orders)]
    cleared = auction.match()
    price, quantity = auction.clearing(auction.round)
    sides = [[order for order in orders if order[0] is is_bid] for is_bid in (True, False)]
    engine = double_auction.clear(*([order[k] for order in side] for side in sides for k in (1, 2)))
    return {
        PLACE: float(np.mean([order.receipt.gas_used for order in placed])),
        CLEAR: cleared.gas_used / len(orders),
        "prices": len({(is_bid, price) for is_bid, price, _ in orders}),
        "price": price,
        "engine_price": engine.price or 0,
        "quantity": quantity,
        "engine_quantity": engine.quantity,
    }


def _place(auction: EnergyDoubleAuction, number: int, order: tuple[bool, int, int], expiry: int) -> AuctionOrder:
    is_bid, price, quantity = order
    accounts = auction.connection.accounts[1:]
    trader = accounts[number % ACCOUNTS_A_SIDE + (0 if is_bid else ACCOUNTS_A_SIDE)]
    return (auction.place_bid if is_bid else auction.place_ask)(trader, price, quantity, expiry)
