"""MUDA: truthful for orders of any size, by letting each half of the market trade at the other half's price.

Segal-Halevi, Hassidim & Aumann (2018), "MUDA: A truthful multi-unit double-auction mechanism", AAAI, lottery variant:
traders are split into two halves at random, each half's clearing price is computed, and each half trades at the price
of the other; on the longer side, traders are served in random order.

Truthful (no order has a say in its own price), individually rational, strongly budget balanced within each half, not
efficient: the loss vanishes as the market grows.
"""

import numpy as np
from numpy.typing import ArrayLike

from dem.market import double_auction
from dem.market.clearing import Clearing, pay
from dem.market.orders import Side, side


def clear(
    bid_price: ArrayLike,
    bid_quantity: ArrayLike,
    ask_price: ArrayLike,
    ask_quantity: ArrayLike,
    *,
    seed: int,
) -> Clearing:
    """Clear one book; ``seed`` decides the halves and the lottery, the rest is as in `double_auction.clear`.

    Trades happen inside the halves, so `Clearing.trades` pairs of the whole book are bookkeeping, not who met whom.
    """
    generator = np.random.default_rng(seed)
    bids, asks = side("bid", bid_price, bid_quantity), side("ask", ask_price, ask_quantity)
    bid_half, ask_half = generator.integers(0, 2, len(bids)), generator.integers(0, 2, len(asks))
    prices = [_price(bids, bid_half == half, asks, ask_half == half) for half in (0, 1)]
    fills = [np.zeros_like(orders.quantity) for orders in (bids, asks)]
    payments = [pay(fill, 0) for fill in fills]
    for half in (0, 1):
        price = prices[1 - half]
        if price is None:
            continue
        wanted = bids.quantity * ((bid_half == half) & (bids.price >= price))
        offered = asks.quantity * ((ask_half == half) & (asks.price <= price))
        traded = min(wanted.sum(), offered.sum())
        for which, claims in enumerate((wanted, offered)):
            served = _lottery(claims, traded, generator)
            fills[which] += served
            payments[which] = payments[which] + pay(served, price)
    return Clearing(bids, asks, *fills, *payments, None)


def _price(bids: Side, some_bids: np.ndarray, asks: Side, some_asks: np.ndarray) -> float | int | None:
    """The clearing price of a part of the book, ``None`` where nothing trades in it."""
    part = double_auction.clear(
        bids.price[some_bids],
        bids.quantity[some_bids],
        asks.price[some_asks],
        asks.quantity[some_asks],
        pricing="equilibrium_midpoint",
    )
    return part.price


def _lottery(claims: np.ndarray, available: float | int, generator: np.random.Generator) -> np.ndarray:
    """Serve claims in random order until nothing is left."""
    order = generator.permutation(len(claims))
    upto = np.minimum(np.cumsum(claims[order]), available)
    served = np.empty_like(claims)
    served[order] = np.diff(upto, prepend=upto.dtype.type(0))
    return served
