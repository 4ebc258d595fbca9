"""What every mechanism returns: who trades how much, with whom, and who pays what."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from dem.market.orders import Side

_SAFE_PRODUCT = float(2**62)
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Trades:
    """Pairs of orders that trade with each other, best-priced first.

    Attributes:
        bid: shape (m,), index of the buy order.
        ask: shape (m,), index of the sell order.
        quantity: shape (m,), energy.
        price: shape (m,), money per unit of energy.
    """

    bid: np.ndarray
    ask: np.ndarray
    quantity: np.ndarray
    price: np.ndarray

    def __len__(self) -> int:
        return len(self.bid)

    def to_frame(self) -> pd.DataFrame:
        """The trades as a table with columns ``bid, ask, quantity, price``."""
        return pd.DataFrame({name: getattr(self, name) for name in ("bid", "ask", "quantity", "price")})


@dataclass(frozen=True)
class Clearing:
    """The outcome of one clearing; arrays stand in the order in which the orders were given.

    Attributes:
        bids: the buy orders.
        asks: the sell orders.
        bid_fill: shape (bids,), energy that each buyer gets.
        ask_fill: shape (asks,), energy that each seller delivers.
        bid_payment: shape (bids,), what each buyer pays in all.
        ask_payment: shape (asks,), what each seller receives in all.
        price: the one price of all trades, where the mechanism has one and something trades; else ``None``.

    Integer orders give integer fills and payments, exact whatever their size.
    """

    bids: Side
    asks: Side
    bid_fill: np.ndarray
    ask_fill: np.ndarray
    bid_payment: np.ndarray
    ask_payment: np.ndarray
    price: float | int | None

    @classmethod
    def at_price(
        cls, bids: Side, asks: Side, bid_fill: np.ndarray, ask_fill: np.ndarray, price: float | int | None
    ) -> Self:
        """A clearing at one price for everybody (``None``: nothing trades)."""
        money = 0 if price is None else price
        return cls(bids, asks, bid_fill, ask_fill, pay(bid_fill, money), pay(ask_fill, money), price)

    @cached_property
    def quantity(self) -> float | int:
        """Energy traded."""
        return self.bid_fill.sum().item()

    @cached_property
    def welfare(self) -> float | int:
        """Gains from trade at reported prices: Σ bid price · fill − Σ ask price · fill; exact for integers."""
        return _total(self.bid_fill, self.bids.price) - _total(self.ask_fill, self.asks.price)

    @cached_property
    def surplus(self) -> float | int:
        """Money left with the market (negative: a deficit that somebody has to cover)."""
        return _plain(self.bid_payment.sum()) - _plain(self.ask_payment.sum())

    def trades(self) -> Trades:
        """Pair the fills, best-priced bid with best-priced ask; each pair trades at its buyer's price per unit.

        What one side trades with the market itself has no pair and is left out.
        """
        bid, bid_end = _filled(self.bids, self.bid_fill)
        ask, ask_end = _filled(self.asks, self.ask_fill)
        end = _merge(bid_end, ask_end)
        bid = bid[np.searchsorted(bid_end, end)]
        ask = ask[np.searchsorted(ask_end, end)]
        return Trades(bid, ask, np.diff(end, prepend=end.dtype.type(0)), self._unit_price(bid))

    def _unit_price(self, bid: np.ndarray) -> np.ndarray:
        """What these buyers pay per unit; integers where everything divides evenly."""
        if self.price is not None:
            return np.full(len(bid), self.price)
        payment, fill = self.bid_payment[bid], self.bid_fill[bid]
        if _is_whole(fill) and not (payment % fill).any():
            return payment // fill
        return payment / fill


def pay(energy: np.ndarray, unit_price: np.ndarray | float | int) -> np.ndarray:
    """Energy times price, element by element; in Python integers where 64 bits might not hold a sum of them."""
    price = np.asarray(unit_price)
    if _is_whole(energy) and _is_whole(price) and float(price.max(initial=0)) * float(energy.sum()) > _SAFE_PRODUCT:
        return energy.astype(object) * price.astype(object)
    return energy * price


def _filled(orders: Side, fill: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The orders that trade, best first, and the energy up to and including each."""
    index = orders.queue.index
    index = index[fill[index] > 0]
    return index, np.cumsum(fill[index])


def _merge(bid_end: np.ndarray, ask_end: np.ndarray) -> np.ndarray:
    """Where one trade ends and the next begins; float ends that differ by rounding alone count as one."""
    end = np.concatenate([bid_end, ask_end])
    if not (len(bid_end) and len(ask_end)):
        return end[:0]  # one side trades with the market alone
    end.sort(kind="stable")  # recognises the two sorted runs and merges them
    gap = 0 if end.dtype.kind == "i" else end[-1] * _ROUNDING
    end = end[np.append(np.diff(end) > gap, True)]
    return np.minimum(end, min(bid_end[-1], ask_end[-1]))


def _total(energy: np.ndarray, unit_price: np.ndarray) -> float | int:
    return _plain(pay(energy, unit_price).sum())


def _is_whole(array: np.ndarray) -> bool:
    return array.dtype.kind == "i"


def _plain(number: object) -> float | int:
    return number.item() if isinstance(number, np.generic) else number
