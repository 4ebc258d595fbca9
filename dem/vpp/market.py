"""Orders and how they clear: each home orders what it expects to take or to give, at what the network would offer it.

A home bids no more than its retail price and asks no less than its feed-in price, so that no trade leaves it worse off
than the network would. All numbers are whole: Wh, and units per Wh.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

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
from dem.market.balancing_curve import Curve

ANY_SURPLUS_WH = 10**12
"""More than any neighbourhood gives."""


@dataclass(frozen=True)
class Book:
    """The orders of one interval.

    Attributes:
        buyers: shape (b,), numbers of the homes that bid.
        sellers: shape (a,), numbers of the homes that ask.
        bid_price, bid_quantity: shape (b,), units per Wh and Wh.
        ask_price, ask_quantity: shape (a,).
        curve: the network's price between feed-in and retail, by imbalance.
        seed: of a mechanism's lottery.
    """

    buyers: np.ndarray
    sellers: np.ndarray
    bid_price: np.ndarray
    bid_quantity: np.ndarray
    ask_price: np.ndarray
    ask_quantity: np.ndarray
    curve: Curve
    seed: int

    @property
    def orders(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """As every ``clear`` of `dem.market` takes them."""
        return self.bid_price, self.bid_quantity, self.ask_price, self.ask_quantity


OwnMechanism = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], Clearing]
"""From bid prices, bid quantities, ask prices and ask quantities."""

MECHANISMS: dict[str, Callable[[Book], Clearing]] = {
    "double_auction": lambda book: double_auction.clear(*book.orders),
    "vcg": lambda book: vcg.clear(*book.orders),
    "mcafee": lambda book: mcafee.clear(*book.orders),
    "trade_reduction": lambda book: trade_reduction.clear(*book.orders),
    "muda": lambda book: muda.clear(*book.orders, seed=book.seed),
    "pooled": lambda book: pooled.clear(*book.orders, price=book.curve.base),
    "fixed_price": lambda book: fixed_price.clear(*book.orders),
    "balancing_curve": lambda book: balancing_curve.clear(*book.orders, curve=book.curve),
}


def of_orders(mechanism: OwnMechanism) -> Callable[[Book], Clearing]:
    """A mechanism that knows nothing but the orders."""
    return lambda book: mechanism(*book.orders)


@dataclass(frozen=True)
class Positions:
    """What the market gives and takes, home by home.

    Attributes:
        energy_wh: (H,) bought, negative for sold.
        cash: (H,) units received, negative for paid.
    """

    energy_wh: np.ndarray
    cash: np.ndarray

    @property
    def surplus(self) -> int:
        """Units that stay with the market; negative for what it adds."""
        return -int(self.cash.sum())

    @property
    def traded_wh(self) -> int:
        """Wh that homes buy."""
        return int(np.maximum(self.energy_wh, 0).sum())


def price_curve(retail: np.ndarray, feed_in: np.ndarray, scale_wh: int) -> Curve:
    """From the homes' mean feed-in price at a surplus of ``scale_wh`` to their mean retail price at such a shortage."""
    high, low = int(retail.mean()), int(feed_in.mean())
    return Curve(max(1, (high + low) // 2), max(0, (high - low) // 2), scale_wh, 2 * scale_wh)


def balance_curve(retail: np.ndarray, feed_in: np.ndarray) -> Curve:
    """The price of deviations: the mean retail price for any shortage, the mean feed-in price for any surplus."""
    return replace(price_curve(retail, feed_in, 1), surplus_limit=ANY_SURPLUS_WH)


def place(expected_wh: np.ndarray, retail: np.ndarray, feed_in: np.ndarray, scale_wh: int, seed: int) -> Book:
    """Orders for what homes expect to take (positive) or give, (H,) Wh; prices (H,) units per Wh."""
    buyers, sellers = np.flatnonzero(expected_wh > 0), np.flatnonzero(expected_wh < 0)
    return Book(
        buyers,
        sellers,
        retail[buyers],
        expected_wh[buyers],
        feed_in[sellers],
        -expected_wh[sellers],
        price_curve(retail, feed_in, scale_wh),
        seed,
    )


def positions(book: Book, clearing: Clearing, homes: int) -> Positions:
    """The clearing, home by home."""
    energy, cash = np.zeros(homes, dtype=np.int64), np.zeros(homes, dtype=np.int64)
    energy[book.buyers], energy[book.sellers] = clearing.bid_fill, -clearing.ask_fill
    cash[book.buyers], cash[book.sellers] = -clearing.bid_payment, clearing.ask_payment
    return Positions(energy, cash)
