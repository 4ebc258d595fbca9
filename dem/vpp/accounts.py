"""Who owes whom after an interval: the market, the network for the rest, the balance for what came otherwise.

A home's meter reads, to the Wh, what it traded, what it drew or gave beyond that as expected, and the deviation:

    metered = position + rest + deviation

Positions were paid for in the market. The rest is the network's, at the home's retail or feed-in price. Deviations of
all homes net each other, and what is left the network balances as it would serve a home: a shortage at the retail
price, a surplus at the feed-in price. There is one price for all deviations, so whoever deviates against the others is
paid for it, and nobody gains by leaving the market for the balance.
"""

import math
from dataclasses import dataclass

import numpy as np

from dem.market.balancing_curve import Curve
from dem.market.balancing_slot import imbalance_price
from dem.vpp.market import Positions


@dataclass(frozen=True)
class Accounts:
    """An interval in Wh and units, (H,) each; cash is what a home receives, negative for what it pays.

    Attributes:
        metered_wh: taken from the network, negative for given.
        position_wh: bought in the market, negative for sold.
        rest_wh: expected beyond the position.
        deviation_wh: metered beyond what was expected.
        market_cash: for the position.
        network_cash: for the rest.
        balance_cash: for the deviation.
        imbalance_price: units per Wh of deviation.
        network_income: units that the network receives for the rest and for deviations.
        market_surplus: units that stay with the market.
    """

    metered_wh: np.ndarray
    position_wh: np.ndarray
    rest_wh: np.ndarray
    deviation_wh: np.ndarray
    market_cash: np.ndarray
    network_cash: np.ndarray
    balance_cash: np.ndarray
    imbalance_price: float
    network_income: int
    market_surplus: int

    @property
    def cash(self) -> np.ndarray:
        """Units that each home receives in all."""
        return self.market_cash + self.network_cash + self.balance_cash


def settle(
    metered_wh: np.ndarray,
    expected_wh: np.ndarray,
    positions: Positions,
    retail: np.ndarray,
    feed_in: np.ndarray,
    curve: Curve,
) -> Accounts:
    """Settle an interval.

    Args:
        metered_wh: (H,) as meters read.
        expected_wh: (H,) as ordered.
        positions: what the market cleared.
        retail: (H,) units per Wh from the network.
        feed_in: (H,) units per Wh given to it.
        curve: the balancing curve.
    """
    rest, deviation = expected_wh - positions.energy_wh, metered_wh - expected_wh
    taken, given = np.maximum(rest, 0), np.maximum(-rest, 0)
    price = imbalance_price(curve, 0, max(int(deviation.sum()), 0), max(-int(deviation.sum()), 0))
    balance = -np.array([math.ceil(wh * price) for wh in deviation.tolist()], dtype=np.int64)
    return Accounts(
        metered_wh,
        positions.energy_wh,
        rest,
        deviation,
        positions.cash,
        given * feed_in - taken * retail,
        balance,
        float(price),
        int((taken * retail).sum() - (given * feed_in).sum() - balance.sum()),
        positions.surplus,
    )
