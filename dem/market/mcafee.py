"""McAfee's double auction: trade everything at a price set by those left out, if that price suits; else reduce.

McAfee (1992), "A dominant strategy double auction", Journal of Economic Theory 56, for orders of any size (sizes taken
as given). The price is the midpoint of the best bid and the best ask that do not trade (of integers rounded down). If
both marginal orders are filled and the price lies between theirs, all efficient trades happen at it; otherwise the
marginal trade is given up (`dem.market.trade_reduction`).

Truthful in prices, individually rational, weakly budget balanced, not always efficient.
"""

import numpy as np
from numpy.typing import ArrayLike

from dem.market import trade_reduction
from dem.market.clearing import Clearing
from dem.market.crossing import Margin, cross_queues, midpoint
from dem.market.orders import Side, side


def clear(bid_price: ArrayLike, bid_quantity: ArrayLike, ask_price: ArrayLike, ask_quantity: ArrayLike) -> Clearing:
    """Clear one book; arguments and errors as in `dem.market.double_auction.clear`."""
    bids, asks = side("bid", bid_price, bid_quantity), side("ask", ask_price, ask_quantity)
    crossing = cross_queues(bids, asks)
    price = None if crossing.margin is None else _outside_price(crossing.margin)
    if price is None or not (_complete(bids, crossing.bid_fill) and _complete(asks, crossing.ask_fill)):
        return trade_reduction.reduce(bids, asks, crossing)
    return Clearing.at_price(bids, asks, crossing.bid_fill, crossing.ask_fill, price)


def _outside_price(margin: Margin) -> float | int | None:
    """Midpoint of the best orders left out; ``None`` where there are none or the marginal pair would not accept it."""
    if margin.next_bid is None or margin.next_ask is None:
        return None
    price = midpoint(margin.next_bid, margin.next_ask)
    return price if margin.last_ask <= price <= margin.last_bid else None


def _complete(orders: Side, fill: np.ndarray) -> bool:
    """Whether every order that trades trades in full."""
    return bool((fill[fill > 0] == orders.quantity[fill > 0]).all())
