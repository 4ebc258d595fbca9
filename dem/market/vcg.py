"""The Vickrey–Clarke–Groves double auction: efficient and truthful, at a deficit somebody has to cover.

Each trader pays (or receives) what its presence costs (or is worth to) all others (Vickrey 1961; Clarke 1971; Groves
1973). Efficient, truthful in prices, individually rational, and in general not budget balanced: `Clearing.surplus` is
negative. The reference for what truthfulness costs.

Without a buyer of ``f`` units, the others would use these for the best ``f`` of what is now left out: bids that get
nothing, or asks that would rather not sell. That list is the same for all buyers, but for a marginal buyer's own
unfilled rest; so all payments are read off one running sum. Sellers mirror this.
"""

import numpy as np
from numpy.typing import ArrayLike

from dem.market.clearing import Clearing, pay
from dem.market.crossing import cross_queues
from dem.market.orders import Side, side


def clear(bid_price: ArrayLike, bid_quantity: ArrayLike, ask_price: ArrayLike, ask_quantity: ArrayLike) -> Clearing:
    """Clear one book; arguments and errors as in `dem.market.double_auction.clear`."""
    bids, asks = side("bid", bid_price, bid_quantity), side("ask", ask_price, ask_quantity)
    crossing = cross_queues(bids, asks)
    paid = _externality(bids, crossing.bid_fill, asks, crossing.ask_fill)
    received = _externality(asks, crossing.ask_fill, bids, crossing.bid_fill)
    return Clearing(bids, asks, crossing.bid_fill, crossing.ask_fill, paid, received, None)


def _externality(own: Side, own_fill: np.ndarray, other: Side, other_fill: np.ndarray) -> np.ndarray:
    """Shape (n,): value to all others of the units that each order of ``own`` takes.

    The alternatives are what is left of the own side and what the other side trades; best first is dearest first for
    buyers, cheapest first for sellers.
    """
    price = np.concatenate([own.price, other.price])
    energy = np.concatenate([own.quantity - own_fill, other_fill])
    owner = np.concatenate([np.arange(len(own)), np.full(len(other), -1)])
    order = np.argsort(-price if own.name == "bid" else price, kind="stable")
    price, energy, owner = price[order], energy[order], owner[order]
    value = _best(price, energy, own_fill)
    partly = (own_fill > 0) & (own_fill < own.quantity)
    for index in np.flatnonzero(partly):  # at most one order of a side is filled in part
        value[[index]] = _best(price, energy * (owner != index), own_fill[[index]])
    return value


def _best(price: np.ndarray, energy: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Value of the first ``wanted`` units of a list of (price, energy)."""
    end = np.cumsum(energy)
    worth = np.cumsum(pay(energy, price))
    if not len(end):
        return np.zeros(len(wanted), dtype=worth.dtype)
    last = np.searchsorted(end, wanted).clip(max=len(end) - 1)
    return worth[last] - pay(end[last] - wanted, price[last])
