"""An order book over time: orders come, go and expire; what a clearing leaves unfilled waits for the next one."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

from dem.market.clearing import Clearing
from dem.market.orders import OrderError, side

Mechanism = Callable[..., Clearing]


@dataclass(frozen=True)
class Order:
    """One order in the book.

    Attributes:
        id: its number, in the order of arrival.
        side: ``"bid"`` or ``"ask"``.
        trader: whose it is.
        price: limit per unit of energy.
        quantity: energy still open.
        expires: first moment at which it no longer trades.
    """

    id: int
    side: Literal["bid", "ask"]
    trader: str
    price: float | int
    quantity: float | int
    expires: float


@dataclass(frozen=True)
class Fill:
    """What one order got in a clearing: energy, and the money its trader pays (bid) or receives (ask)."""

    order: Order
    quantity: float | int
    payment: float | int


class OrderBook:
    """Price-time priority over many clearings.

    Args:
        clear: a mechanism of `dem.market`, called as ``clear(bid_price, bid_quantity, ask_price, ask_quantity)``.
    """

    def __init__(self, clear: Mechanism) -> None:
        self._clear = clear
        self._open: dict[int, Order] = {}
        self._numbers = count()

    def __iter__(self) -> Iterator[Order]:
        """Open orders in the order of arrival."""
        return iter(self._open.values())

    def __len__(self) -> int:
        return len(self._open)

    def place(
        self,
        side_name: Literal["bid", "ask"],
        trader: str,
        price: float | int,
        quantity: float | int,
        *,
        expires: float = float("inf"),
    ) -> Order:
        """Add an order behind all others of its price.

        Raises:
            OrderError: for a side that is neither bid nor ask, a price that is negative or not finite, a quantity that
                is not positive and finite, an expiry that is NaN.
        """
        if side_name not in ("bid", "ask"):
            raise OrderError(f"side must be 'bid' or 'ask', got {side_name!r}")
        side(side_name, [price], [quantity])
        if quantity == 0:
            raise OrderError(f"{side_name}_quantity = 0 would never trade")
        if math.isnan(expires):
            raise OrderError("expires is NaN: neither before nor after anything")
        order = Order(next(self._numbers), side_name, trader, price, quantity, expires)
        self._open[order.id] = order
        return order

    def cancel(self, order_id: int, trader: str) -> Order:
        """Take an order out; what is filled stays filled.

        Raises:
            OrderError: if there is no such open order, or it belongs to someone else.
        """
        order = self._open.get(order_id)
        if order is None:
            raise OrderError(f"there is no open order {order_id}")
        if order.trader != trader:
            raise OrderError(f"order {order_id} belongs to {order.trader!r}, not to {trader!r}")
        return self._open.pop(order_id)

    def clear(self, now: float) -> tuple[Clearing, list[Fill]]:
        """Drop what has expired, clear what is left, keep the rests.

        Returns:
            The clearing, and the fills of all orders that traded, bids before asks.
        """
        self._open = {number: order for number, order in self._open.items() if order.expires > now}
        bids, asks = ([order for order in self if order.side == name] for name in ("bid", "ask"))
        arrays = [[getattr(order, field) for order in book] for book in (bids, asks) for field in ("price", "quantity")]
        clearing = self._clear(*arrays)
        results = ((bids, clearing.bid_fill, clearing.bid_payment), (asks, clearing.ask_fill, clearing.ask_payment))
        fills = [
            Fill(order, quantity, payment)
            for orders, energy, money in results
            for order, quantity, payment in zip(orders, energy.tolist(), money.tolist(), strict=True)
            if quantity > 0
        ]
        for fill in fills:
            self._keep_rest(fill)
        return clearing, fills

    def _keep_rest(self, fill: Fill) -> None:
        rest = fill.order.quantity - fill.quantity
        if rest > 0:
            self._open[fill.order.id] = replace(fill.order, quantity=rest)
        else:
            del self._open[fill.order.id]
