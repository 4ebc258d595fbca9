"""The mechanisms of the comparison, each with what it knows besides the orders, and what a clearing brings whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np

from dem.market import (
    Clearing,
    balancing_curve,
    double_auction,
    fixed_price,
    mcafee,
    muda,
    pooled,
    trade_reduction,
    vcg,
)
from dem.studies.market_week import Book

Orders = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
# The network's curve reaches the retail and the feed-in price at this imbalance for each home in the market. The study
# shows what other scales would have done; this one is among the best.
CURVE_WH_PER_HOME = 30


@dataclass(frozen=True)
class Mechanism:
    """One way to clear a book.

    Attributes:
        name: as it is drawn and listed.
        clear: function of a book, the orders that are reported in its place, and a coin.
        truthful: whether theory says that no false price pays, on either side.
        efficient: whether theory says that it makes the most of what is reported.
        budget: what theory says of the market's own money.
        lottery: whether the outcome depends on the coin.
    """

    name: str
    clear: Callable[[Book, Orders, int], Clearing]
    truthful: bool
    efficient: bool
    budget: Literal["balanced", "surplus", "deficit", "bounded loss"]
    lottery: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a clearing brings whom, on average over its coins; money in mEUR (Wh · EUR/kWh).

    Attributes:
        bid_gain: shape (b,), value of what each buyer gets less what it pays.
        ask_gain: shape (a,), what each seller receives less the cost of what it delivers.
        budget: what is left with the market, negative for a deficit, once it has covered an imbalance of its own.
        bought: Wh that buyers get.
        sold: Wh that sellers deliver.
        paid: what buyers pay in all.
        received: what sellers receive in all.
    """

    bid_gain: np.ndarray
    ask_gain: np.ndarray
    budget: float
    bought: float
    sold: float
    paid: float
    received: float

    @property
    def welfare(self) -> float:
        """Everybody's gains and the market's."""
        return float(self.bid_gain.sum() + self.ask_gain.sum()) + self.budget


def play(mechanism: Mechanism, book: Book, coins: Sequence[int], orders: Orders | None = None) -> Outcome:
    """Clear ``orders`` (default: the book's own) and value the outcome at the book's own prices."""
    reported = orders or book.orders
    coins = coins if mechanism.lottery else coins[:1]
    outcomes = [_value(mechanism.clear(book, reported, coin), book) for coin in coins]
    return Outcome(*(np.mean([getattr(each, field.name) for each in outcomes], axis=0) for field in fields(Outcome)))


def coins_of(interval: int, count: int) -> range:
    """The coins that fall in one interval of the week; every interval has its own."""
    return range(interval * count, (interval + 1) * count)


def _value(clearing: Clearing, book: Book) -> Outcome:
    paid, received = (money.astype(float) for money in (clearing.bid_payment, clearing.ask_payment))
    bought, sold = float(clearing.bid_fill.sum()), float(clearing.ask_fill.sum())
    return Outcome(
        clearing.bid_fill * book.bid_price - paid,
        received - clearing.ask_fill * book.ask_price,
        float(paid.sum() - received.sum()) - _cost_of_imbalance(bought - sold, book),
        bought,
        sold,
        float(paid.sum()),
        float(received.sum()),
    )


def _cost_of_imbalance(missing_wh: float, book: Book) -> float:
    """What the grid takes for energy that no seller delivered, or pays (negative) for what no buyer took.

    On the least favourable contract of the homes, so that no allocation is worth more than the optimum among them.
    """
    return missing_wh * (book.dearest_retail if missing_wh > 0 else book.lowest_feed_in)


def tariff_midpoint(book: Book) -> float:
    """Halfway between the public retail and feed-in price: what an operator can post without knowing an order."""
    return (book.retail + book.feed_in) / 2


def balancing(wh_per_home: float) -> Mechanism:
    """A balancing curve from the feed-in to the retail price, which it reaches at so many Wh for each home."""

    def clear(book: Book, orders: Orders, coin: int) -> Clearing:
        amplitude = max(book.retail - book.feed_in, 0) / 2
        curve = balancing_curve.Curve(tariff_midpoint(book), amplitude, wh_per_home * book.homes)
        return balancing_curve.clear(*orders, curve=curve, bid_time=book.bid_time, ask_time=book.ask_time)

    return Mechanism("balancing curve", clear, True, False, "bounded loss")


def _auction(pricing: double_auction.Pricing) -> Mechanism:
    name = f"double auction, {pricing.replace('_', ' ')}"
    return Mechanism(
        name, lambda _, orders, coin: double_auction.clear(*orders, pricing=pricing), False, True, "balanced"
    )


PAIR, EQUILIBRIUM, PAY_AS_BID = (_auction(pricing) for pricing in get_args(double_auction.Pricing))
VCG = Mechanism("VCG", lambda _, orders, coin: vcg.clear(*orders), True, True, "deficit")
MCAFEE = Mechanism("McAfee", lambda _, orders, coin: mcafee.clear(*orders), True, False, "surplus")
TRADE_REDUCTION = Mechanism(
    "trade reduction", lambda _, orders, coin: trade_reduction.clear(*orders), True, False, "surplus"
)
MUDA = Mechanism("MUDA", lambda _, orders, coin: muda.clear(*orders, seed=coin), True, False, "balanced", lottery=True)
POOLED = Mechanism(
    "pooled, tariff midpoint",
    lambda book, orders, coin: pooled.clear(*orders, price=tariff_midpoint(book)),
    True,
    False,
    "balanced",
)
POSTED = Mechanism("posted prices", lambda _, orders, coin: fixed_price.clear(*orders), False, False, "balanced")
BALANCING = balancing(CURVE_WH_PER_HOME)
MECHANISMS = (PAIR, EQUILIBRIUM, PAY_AS_BID, VCG, MCAFEE, TRADE_REDUCTION, MUDA, POOLED, POSTED, BALANCING)
