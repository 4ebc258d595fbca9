"""The settlement's arithmetic once more, in exact fractions, from the commitments one by one.

The contract works from totals and whole prices. This works from every commitment and rounds at the end, and it finds
the grid's part as what is missing to zero. Where both agree, no wei appears or disappears.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Promise:
    """A commitment in one interval: Wh promised and Wh delivered (or taken), no more than promised."""

    production: bool
    promised: int
    delivered: int


@dataclass(frozen=True)
class Outcome:
    """Prices in wei per Wh, payments to each promise (negative: it pays) and to the grid, in wei."""

    sell_price: int
    buy_price: int
    matched: int
    payments: dict[int, int]
    grid: int


def settle(promises: Mapping[int, Promise], retail: int, feed_in: int, price: int) -> Outcome:
    """Settle one interval.

    Args:
        promises: the reported ones, by commitment.
        retail: what the grid charges, in wei per Wh.
        feed_in: what the grid pays, in wei per Wh.
        price: the price between neighbours, in wei per Wh.
    """
    makers = [promise for promise in promises.values() if promise.production]
    takers = [promise for promise in promises.values() if not promise.production]
    supply = sum(promise.delivered for promise in makers)
    demand = sum(promise.delivered for promise in takers)
    matched = min(supply, demand)
    penalty = retail - feed_in
    # Each side is settled as if the other had kept its promises.
    sold = min(supply, sum(promise.promised for promise in takers))
    bought = min(demand, sum(promise.promised for promise in makers))
    sell = math.floor(_average(sold * price + (supply - sold) * feed_in, supply, price))
    buy = math.ceil(_average(bought * price + (demand - bought) * retail, demand, price))
    payments = {
        key: (promise.delivered * sell if promise.production else -promise.delivered * buy)
        - (promise.promised - promise.delivered) * penalty
        for key, promise in promises.items()
    }
    return Outcome(sell, buy, matched, payments, -sum(payments.values()))


def _average(value: int, energy: int, otherwise: int) -> Fraction:
    return Fraction(value, energy) if energy else Fraction(otherwise)
