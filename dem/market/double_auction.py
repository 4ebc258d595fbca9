"""The call double auction: uniform or pay-as-bid prices, price-time priority, partial fills.

Efficient for the values reported (it reaches the optimum of the welfare linear programme, and of all optimal outcomes
the one with the largest quantity), individually rational and budget balanced. It is not truthful: no mechanism has all
four properties (Myerson & Satterthwaite 1983, "Efficient mechanisms for bilateral trading").
"""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from dem.market.clearing import Clearing, pay
from dem.market.crossing import Crossing, Margin, cross_queues, cross_ticks, midpoint
from dem.market.orders import Side, side

Pricing = Literal["pair_midpoint", "equilibrium_midpoint", "pay_as_bid"]


def clear(
    bid_price: ArrayLike,
    bid_quantity: ArrayLike,
    ask_price: ArrayLike,
    ask_quantity: ArrayLike,
    *,
    pricing: Pricing = "pair_midpoint",
    bid_time: ArrayLike | None = None,
    ask_time: ArrayLike | None = None,
    tick: float | int | None = None,
) -> Clearing:
    """Clear one call auction.

    Args:
        bid_price: shape (b,), what each buyer would pay per unit at most. Integers stay exact (wei per Wh).
        bid_quantity: shape (b,), energy wanted.
        ask_price: shape (a,), what each seller would take per unit at least.
        ask_quantity: shape (a,), energy offered.
        pricing: ``pair_midpoint``: midpoint of the marginal bid and ask that trade; ``equilibrium_midpoint``: midpoint
            of the interval of prices that clear the market; ``pay_as_bid``: each pair trades at its bid's price.
            Integer midpoints are rounded down, as on chain.
        bid_time, ask_time: when each order was placed; without them, in the order given.
        tick: the price step of the market. Prices must be multiples of it; the book is then cleared from the totals
            of each tick, without sorting. The outcome is the same.

    Raises:
        OrderError: names the side, field and index of a bad number.
        ValueError: for an unknown ``pricing``.
    """
    if pricing not in get_args(Pricing):
        raise ValueError(f"pricing must be one of {', '.join(get_args(Pricing))}, got {pricing!r}")
    bids = side("bid", bid_price, bid_quantity, bid_time)
    asks = side("ask", ask_price, ask_quantity, ask_time)
    crossing = (tick is not None and cross_ticks(bids, asks, tick)) or cross_queues(bids, asks)
    if crossing.margin is None or pricing != "pay_as_bid":
        price = None if crossing.margin is None else _PRICES[pricing](crossing.margin)
        return Clearing.at_price(bids, asks, crossing.bid_fill, crossing.ask_fill, price)
    return _pay_as_bid(bids, asks, crossing)


def _pair_midpoint(margin: Margin) -> float | int:
    return midpoint(margin.last_ask, margin.last_bid)


def _equilibrium_midpoint(margin: Margin) -> float | int:
    return midpoint(*margin.clearing_prices)


_PRICES = {"pair_midpoint": _pair_midpoint, "equilibrium_midpoint": _equilibrium_midpoint}


def _pay_as_bid(bids: Side, asks: Side, crossing: Crossing) -> Clearing:
    bid_payment = pay(crossing.bid_fill, bids.price)
    unpaid = Clearing(bids, asks, crossing.bid_fill, crossing.ask_fill, bid_payment, crossing.ask_fill, None)
    trades = unpaid.trades()
    value = pay(trades.quantity, trades.price)
    ask_payment = np.zeros(len(asks), dtype=value.dtype)
    # Trades come ask by ask: each seller's stand in one run.
    start = np.flatnonzero(np.append(True, trades.ask[1:] != trades.ask[:-1]))
    ask_payment[trades.ask[start]] = np.add.reduceat(value, start)
    return replace(unpaid, ask_payment=ask_payment)
