"""Trade reduction: give up the marginal trade, and nobody gains by a false price.

McAfee (1992), "A dominant strategy double auction", in the form for orders of any size of Huang, Scheller-Wolf &
Sycara (2002), "Design of a multi-unit double auction e-market": the marginal buyer and the marginal seller of the
efficient outcome stay out and set the prices of the two sides; where the rest does not match, the longer side is
rationed in proportion to size, which no price influences.

Truthful in prices (sizes are taken as given), individually rational, weakly budget balanced (the market keeps the
spread), not efficient: it loses the marginal trade, whose weight vanishes as the market grows.
"""

import numpy as np
from numpy.typing import ArrayLike

from dem.market.clearing import Clearing, pay
from dem.market.crossing import Crossing, cross_queues
from dem.market.orders import Side, side
from dem.market.rationing import ration


def clear(bid_price: ArrayLike, bid_quantity: ArrayLike, ask_price: ArrayLike, ask_quantity: ArrayLike) -> Clearing:
    """Clear one book; arguments and errors as in `dem.market.double_auction.clear`.

    `Clearing.price` is ``None``, as the sides trade at different prices; `Clearing.surplus` is what the market keeps.
    """
    bids, asks = side("bid", bid_price, bid_quantity), side("ask", ask_price, ask_quantity)
    return reduce(bids, asks, cross_queues(bids, asks))


def reduce(bids: Side, asks: Side, crossing: Crossing) -> Clearing:
    """Leave the marginal order of each side out of an efficient crossing."""
    if crossing.margin is None:
        return Clearing.at_price(bids, asks, crossing.bid_fill, crossing.ask_fill, None)
    wanted = _without_marginal(bids, crossing.bid_fill)
    offered = _without_marginal(asks, crossing.ask_fill)
    traded = min(wanted.sum(), offered.sum())
    bid_fill, ask_fill = ration(wanted, traded), ration(offered, traded)
    paid = pay(bid_fill, crossing.margin.last_bid)
    return Clearing(bids, asks, bid_fill, ask_fill, paid, pay(ask_fill, crossing.margin.last_ask), None)


def _without_marginal(orders: Side, fill: np.ndarray) -> np.ndarray:
    """What the orders before the marginal one want, in full; the marginal one is the last in the queue that trades."""
    trading = orders.queue.index[fill[orders.queue.index] > 0]
    wanted = np.zeros_like(fill)
    wanted[trading[:-1]] = orders.quantity[trading[:-1]]
    return wanted
