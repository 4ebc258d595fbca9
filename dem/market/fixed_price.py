"""Posted prices: sellers put up offers, buyers come one by one and take the cheapest that suits them.

The baseline of the comparison, and how simple "energy market" contracts work. Individually rational, budget balanced,
truthful for buyers; not efficient (who comes first is served first, whatever the energy is worth to others), and
sellers gain by asking for more.
"""

import numpy as np
from numpy.typing import ArrayLike

from dem.market.clearing import Clearing
from dem.market.orders import side


def clear(
    bid_price: ArrayLike,
    bid_quantity: ArrayLike,
    ask_price: ArrayLike,
    ask_quantity: ArrayLike,
    *,
    bid_time: ArrayLike | None = None,
) -> Clearing:
    """Serve buyers in the order of ``bid_time`` (or as given); the rest is as in `double_auction.clear`."""
    bids, asks = side("bid", bid_price, bid_quantity, bid_time), side("ask", ask_price, ask_quantity)
    bid_fill, ask_fill = np.zeros_like(bids.quantity), np.zeros_like(asks.quantity)
    bid_payment = np.zeros(len(bids), dtype=object)
    ask_payment = np.zeros(len(asks), dtype=object)
    offers = iter(asks.queue.index.tolist())
    offer = next(offers, None)
    arrival = np.arange(len(bids)) if bids.priority is None else np.argsort(bids.priority)
    for bid in arrival.tolist():
        while offer is not None and bid_fill[bid] < bids.quantity[bid] and asks.price[offer] <= bids.price[bid]:
            sold = min(bids.quantity[bid] - bid_fill[bid], asks.quantity[offer] - ask_fill[offer])
            bid_fill[bid] += sold
            ask_fill[offer] += sold
            bid_payment[bid] += sold.item() * asks.price[offer].item()
            ask_payment[offer] += sold.item() * asks.price[offer].item()
            if ask_fill[offer] == asks.quantity[offer]:
                offer = next(offers, None)
    return Clearing(bids, asks, bid_fill, ask_fill, bid_payment, ask_payment, None)
