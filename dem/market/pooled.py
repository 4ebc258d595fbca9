"""The pool: everybody at one given price, the longer side rationed in proportion.

The mechanism of the paper's market (price from an oracle, supply and demand of an interval summed up), for orders with
limits. Individually rational, budget balanced, truthful in prices (no order moves the price); not efficient, since
rationing does not ask who values the energy most; and asking for more than one needs gets one a larger share.
"""

import numpy as np
from numpy.typing import ArrayLike

from dem.market.clearing import Clearing
from dem.market.orders import OrderError, side
from dem.market.rationing import ration


def clear(
    bid_price: ArrayLike,
    bid_quantity: ArrayLike,
    ask_price: ArrayLike,
    ask_quantity: ArrayLike,
    *,
    price: float | int,
) -> Clearing:
    """Clear one interval at ``price``; other arguments and errors as in `dem.market.double_auction.clear`.

    Raises:
        OrderError: if ``price`` is negative or not finite.
    """
    if not (np.isfinite(price) and price >= 0):
        raise OrderError(f"price must be finite and not negative, got {price}")
    bids, asks = side("bid", bid_price, bid_quantity), side("ask", ask_price, ask_quantity)
    wanted = bids.quantity * (bids.price >= price)
    offered = asks.quantity * (asks.price <= price)
    traded = min(wanted.sum(), offered.sum())
    return Clearing.at_price(bids, asks, ration(wanted, traded), ration(offered, traded), price if traded > 0 else None)
