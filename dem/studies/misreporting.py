"""What a false price brings its sender, all others being honest: truthfulness, measured."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from dem.market import double_auction
from dem.studies.market_week import Book
from dem.studies.mechanism_rules import Mechanism, Orders, play

BIDS, ASKS = 0, 1


def measure(
    mechanisms: Iterable[Mechanism],
    books: Sequence[Book],
    *,
    orders: int,
    reports: int,
    coins: Sequence[int],
    generator: np.random.Generator,
) -> pd.DataFrame:
    """Let randomly chosen orders, one at a time, try false prices from the lowest to the highest of their book.

    A sender knows all other orders and picks the best price afterwards, so this is the most that lying can bring, up to
    the distance between two prices tried. Sizes are true; each order is a trader of its own.

    Args:
        mechanisms: under which.
        books: where the orders come from; those with orders of one side only are left out.
        orders: how many are chosen.
        reports: how many false prices each tries.
        coins: of lotteries; the sender does not know which falls.
        generator: chooses the orders.

    Returns:
        One row per mechanism and order: ``side``, ``honest`` (gain at the true price), ``best`` (gain at the best false
        one), and ``part``, the optimum of its book over the number of orders, for scale; all in mEUR.
    """
    two_sided = [book for book in books if len(book.bid_price) and len(book.ask_price)]
    rows = []
    for book in (two_sided[k] for k in generator.integers(len(two_sided), size=orders)):
        chosen = int(generator.integers(len(book)))
        side, index = (BIDS, chosen) if chosen < len(book.bid_price) else (ASKS, chosen - len(book.bid_price))
        tried = _false_prices(book, side, index, reports)
        part = double_auction.clear(*book.orders).welfare / len(book)
        for mechanism in mechanisms:
            honest = _gain(mechanism, book, side, index, coins, None)
            best = max(_gain(mechanism, book, side, index, coins, price) for price in tried)
            rows.append((mechanism.name, ("bid", "ask")[side], honest, best, part))
    return pd.DataFrame(rows, columns=["mechanism", "side", "honest", "best", "part"])


def _false_prices(book: Book, side: int, index: int, count: int) -> list[float]:
    every = np.concatenate([book.bid_price, book.ask_price])
    true = (book.bid_price, book.ask_price)[side][index]
    grid = np.linspace(every.min(), every.max(), count)
    return [price for price in grid.tolist() if price != true]


def _gain(
    mechanism: Mechanism, book: Book, side: int, index: int, coins: Sequence[int], false_price: float | None
) -> float:
    outcome = play(mechanism, book, coins, None if false_price is None else _reported(book, side, index, false_price))
    return float((outcome.bid_gain, outcome.ask_gain)[side][index])


def _reported(book: Book, side: int, index: int, price: float) -> Orders:
    bid_price, ask_price = book.bid_price.copy(), book.ask_price.copy()
    (bid_price, ask_price)[side][index] = price
    return bid_price, book.bid_quantity, ask_price, book.ask_quantity
