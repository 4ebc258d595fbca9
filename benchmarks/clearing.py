"""How fast a call auction clears: orders per second of `dem.market`, of peers, and how the cost grows with the book."""

import time
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks import peers
from benchmarks.report import Row, at_least, at_most, main
from dem.market import Clearing, double_auction

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
GOAL_SIZE = 10_000
PAIRS_GOAL = 10e6  # orders/s with trade pairs
FILLS_GOAL = 50e6  # orders/s, fills only, on ticks
RANDOM_BOOKS = 100_000
PEERS = {
    "gsy-framework pay-as-clear": ("gsy-framework", None),
    "assume pay-as-clear": ("assume-framework==0.6.0", "assume_clearing.py"),
    "pymarket MUDA": ("pymarket==0.7.6", "pymarket_clearing.py"),
}
PEER_SIZES = (1_000, 10_000)


def rows() -> Iterator[Row]:
    """Speed of clearing beside peers in the same run, growth to 10 million orders, exactness on random books."""
    yield from _speed()
    for size in PEER_SIZES:
        for name, (requirement, script) in PEERS.items():
            yield _peer(name, requirement, script, size)
    yield _exactness()


def _speed() -> Iterator[Row]:
    pairs = {size: _orders_per_second(size, lambda *book: double_auction.clear(*book).trades()) for size in SIZES}
    fills = {size: _orders_per_second(size, lambda *book: double_auction.clear(*book, tick=1)) for size in SIZES}
    for name, speeds, goal in (("pairs", pairs, PAIRS_GOAL), ("fills on ticks", fills, FILLS_GOAL)):
        for size, speed in speeds.items():
            label = f"{name}, {size:,} orders"
            yield at_least(label, speed, "orders/s", goal) if size == GOAL_SIZE else Row(label, speed, "orders/s")
    largest, smaller = SIZES[-1], SIZES[-2]
    growth = (largest / pairs[largest]) / (smaller / pairs[smaller])
    limit = largest * np.log(largest) / (smaller * np.log(smaller))
    yield at_most(f"cost of {largest:,} orders over {smaller:,}", growth, "×", limit, "n log n")


def _orders_per_second(size: int, clear: Callable[..., object], seconds: float = 1.0) -> float:
    """Median over different books: clearing one book twice would let the processor learn its branches."""
    generator = np.random.default_rng(size)
    durations: list[float] = []
    while sum(durations) < seconds or len(durations) < 3:
        book = _book(generator, size // 2)
        started = time.perf_counter()
        clear(*book)
        durations.append(time.perf_counter() - started)
    return size / float(np.median(durations))


def _book(generator: np.random.Generator, each: int) -> list[np.ndarray]:
    return [generator.integers(low, high, each) for low, high in ((0, 1000), (1, 100), (0, 1000), (1, 100))]


def _peer(name: str, requirement: str, script: str | None, size: int) -> Row:
    label = f"{name}, {size:,} orders"
    try:
        if script is None:
            raise peers.PeerUnavailableError("not in the package registry")
        return Row(label, peers.measure(requirement, script, str(size)), "orders/s", "peer")
    except peers.PeerUnavailableError as error:
        return Row(label, None, "orders/s", f"skipped: {error}")


def _exactness() -> Row:
    generator = np.random.default_rng(2023)
    wrong = 0
    for _ in range(RANDOM_BOOKS):
        bids, asks = generator.integers(0, 9, 2)
        book = [generator.integers(0, high, n) for n in (bids, asks) for high in (10, 5)]
        wrong += _differs(double_auction.clear(*book), book)
    return at_most(f"books of {RANDOM_BOOKS:,} that miss the optimum", wrong, "books", 0)


def _differs(clearing: Clearing, book: list[np.ndarray]) -> bool:
    """Against unit-by-unit matching: with every unit an order of its own, the k-th best bid meets the k-th best ask."""
    bid_price, bid_quantity, ask_price, ask_quantity = book
    wanted = np.sort(np.repeat(bid_price, bid_quantity))[::-1]
    offered = np.sort(np.repeat(ask_price, ask_quantity))
    units = min(len(wanted), len(offered))
    gains = wanted[:units] - offered[:units]
    return clearing.quantity != (gains >= 0).sum() or clearing.welfare != gains[gains >= 0].sum()


if __name__ == "__main__":
    main(rows)
