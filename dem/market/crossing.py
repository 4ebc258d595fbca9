"""Where supply meets demand: fills and the orders at the margin, from sorted queues or from a grid of price ticks."""

from dataclasses import dataclass

import numpy as np

from dem.market.orders import OrderError, Side

# A grid is worth while as long as it is not much larger than the book, and float64 sums integers exactly below 2^53.
_TICKS_PER_ORDER = 8
_SMALL_GRID = 4_096
_EXACT_SUM = 2**53
_TICK_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Margin:
    """Prices of the orders next to the crossing.

    Attributes:
        last_bid: the worst bid that trades.
        last_ask: the worst ask that trades.
        next_bid: the best bid with something left; ``None`` if there is none.
        next_ask: the best ask with something left; ``None`` if there is none.
    """

    last_bid: float | int
    last_ask: float | int
    next_bid: float | int | None
    next_ask: float | int | None

    @property
    def clearing_prices(self) -> tuple[float | int, float | int]:
        """Lowest and highest price at which all who trade want to, and nobody left out, even in part, would."""
        low = self.last_ask if self.next_bid is None else max(self.last_ask, self.next_bid)
        high = self.last_bid if self.next_ask is None else min(self.last_bid, self.next_ask)
        return low, high


@dataclass(frozen=True)
class Crossing:
    """Fills of shape (bids,) and (asks,) in the order given, and the margin (``None`` where nothing trades)."""

    bid_fill: np.ndarray
    ask_fill: np.ndarray
    margin: Margin | None


def midpoint(low: float | int, high: float | int) -> float | int:
    """Halfway; integers round down. Written so that it cannot overflow."""
    gap = high - low
    return low + (gap // 2 if isinstance(gap, int) else gap / 2)


def cross_queues(bids: Side, asks: Side) -> Crossing:
    """Cross two sides of any prices: O(n log n) for the sorting, O(log² n) for the crossing itself."""
    quantity = _crossing_quantity(bids, asks)
    if not quantity > 0:
        return _nothing(bids, asks)
    last_bid, next_bid = _neighbours(bids, quantity)
    last_ask, next_ask = _neighbours(asks, quantity)
    return Crossing(bids.fill(quantity), asks.fill(quantity), Margin(last_bid, last_ask, next_bid, next_ask))


def _crossing_quantity(bids: Side, asks: Side) -> float | int:
    """The largest quantity at which the marginal bid still pays the marginal ask.

    The demand before bid ``i`` grows with ``i``, the supply offered at the price of bid ``i`` shrinks; bid ``i`` trades
    while the first is less than the second. The last such bid is found by bisection.
    """
    first, beyond = 0, len(bids)
    while first < beyond:
        middle = (first + beyond) // 2
        if bids.queue.energy_before(middle) < _supply(asks, bids.queue.price[middle]):
            first = middle + 1
        else:
            beyond = middle
    return min(bids.queue.end[first - 1], _supply(asks, bids.queue.price[first - 1])) if first else 0


def _supply(asks: Side, price: float | int) -> float | int:
    return asks.queue.energy_before(int(np.searchsorted(asks.queue.price, price, side="right")))


def _neighbours(orders: Side, quantity: float | int) -> tuple[float | int, float | int | None]:
    """Prices of the last order that trades and of the first with something left."""
    last = int(np.searchsorted(orders.queue.end, quantity, side="left"))
    following = int(np.searchsorted(orders.queue.end, quantity, side="right"))
    price = orders.queue.price
    return price[last].item(), price[following].item() if following < len(price) else None


def cross_ticks(bids: Side, asks: Side, tick: float | int) -> Crossing | None:
    """Cross two sides on a grid of prices: O(n + ticks), sorting nothing but the orders inside the marginal tick.

    Returns:
        ``None`` where the grid would be much larger than the book, or too large to sum exactly: sort instead.

    Raises:
        OrderError: if the tick is not positive or a price is not a multiple of it.
    """
    if not tick > 0:
        raise OrderError(f"tick must be positive, got {tick}")
    bid_tick, ask_tick = _ticks(bids, tick), _ticks(asks, tick)
    if not len(bids) or not len(asks):
        return _nothing(bids, asks)
    lowest, highest = min(bid_tick.min(), ask_tick.min()), max(bid_tick.max(), ask_tick.max())
    size = int(highest - lowest) + 1
    if size > max(_SMALL_GRID, _TICKS_PER_ORDER * (len(bids) + len(asks))):
        return None
    # Depth counts ticks from the best price of a side, so that both sides read alike.
    bid_ladder = _Ladder(bids, highest - bid_tick, size)
    ask_ladder = _Ladder(asks, ask_tick - lowest, size)
    if max(bid_ladder.end[-1], ask_ladder.end[-1]) >= _EXACT_SUM:
        return None
    quantity = np.minimum(bid_ladder.end[::-1], ask_ladder.end).max()
    if not quantity > 0:
        return _nothing(bids, asks)
    bid_fill, last_bid, next_bid = bid_ladder.cut(quantity)
    ask_fill, last_ask, next_ask = ask_ladder.cut(quantity)
    return Crossing(bid_fill, ask_fill, Margin(last_bid, last_ask, next_bid, next_ask))


class _Ladder:
    """One side on the grid: ``depth`` of each order in ticks from the best price, ``end`` the energy up to a depth."""

    def __init__(self, orders: Side, depth: np.ndarray, size: int) -> None:
        self.orders = orders
        self.depth = depth
        self.end = np.bincount(depth, orders.quantity, size).cumsum()

    def cut(self, quantity: float) -> tuple[np.ndarray, float | int, float | int | None]:
        """Fill the best ``quantity``: fills, price of the last order that trades, price of the first with a rest."""
        last = int(np.searchsorted(self.end, quantity, side="left"))
        following = int(np.searchsorted(self.end, quantity, side="right"))
        fill = self.orders.quantity * (self.depth < last)
        marginal = np.flatnonzero(self.depth == last)
        if self.orders.priority is not None:
            marginal = marginal[np.argsort(self.orders.priority[marginal])]
        rest = quantity - (self.end[last - 1] if last else 0)
        upto = np.minimum(self.orders.quantity[marginal].cumsum(), fill.dtype.type(rest))
        fill[marginal] = np.diff(upto, prepend=upto.dtype.type(0))
        return fill, self._price(last), self._price(following) if following < len(self.end) else None

    def _price(self, depth: int) -> float | int:
        return self.orders.price[np.argmax(self.depth == depth)].item()


def _ticks(orders: Side, tick: float | int) -> np.ndarray:
    """Prices in whole ticks; refuses a price between two ticks."""
    if orders.price.dtype.kind == "i" and isinstance(tick, int):
        ticks = orders.price // tick
        wrong = ticks * tick != orders.price
    else:
        exact = orders.price / tick
        ticks = np.rint(exact)
        wrong = np.abs(exact - ticks) > _TICK_TOLERANCE
    if wrong.any():
        index = int(np.argmax(wrong))
        raise OrderError(f"{orders.name}_price[{index}] = {orders.price[index]} is no multiple of the tick {tick}")
    return ticks.astype(np.int64, copy=False)


def _nothing(bids: Side, asks: Side) -> Crossing:
    return Crossing(np.zeros_like(bids.quantity), np.zeros_like(asks.quantity), None)
