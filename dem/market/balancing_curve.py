"""The balancing curve: the network trades with everybody at a price that follows the imbalance.

With net demand x (energy bought less energy sold so far) the price is

    p(x) = base + amplitude · clip(x / scale, −1, 1)   for x ≥ −surplus_limit,   0 below,

and a trade that moves x to y costs C(y) − C(x), C being the integral of p: a cost-function market maker (Hanson 2003;
Chen & Pennock 2007), path-independent and with a known worst-case loss. `contracts/BalancingMarket.sol` computes the
same integers.

As a mechanism: traders come one by one and trade as much as their limit allows. Individually rational, truthful in
prices (the curve and the time of arrival fix the terms; a false price only changes the quantity, to one's own loss);
not efficient, since prices depend on who came before. Purchases and sales need not match: the network makes up for the
rest. Its loss is bounded: it never pays out more than the curve's worst case beyond what it takes in.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from dem.market.clearing import Clearing
from dem.market.orders import OrderError, Side, side

Number = float | int


@dataclass(frozen=True)
class Curve:
    """The price of a unit of energy against net demand. Integers give exact integers, floats give floats.

    Attributes:
        base: the price when production and consumption match; positive.
        amplitude: how far the price can move away from it; from 0 to ``base``.
        scale: the imbalance at which it has moved that far; positive.
        surplus_limit: net production from which on energy is worth nothing; positive, default ``scale``.
    """

    base: Number
    amplitude: Number
    scale: Number
    surplus_limit: Number | None = None

    def __post_init__(self) -> None:
        if self.surplus_limit is None:
            object.__setattr__(self, "surplus_limit", self.scale)
        for name in ("base", "amplitude", "scale", "surplus_limit"):
            value = _plain(getattr(self, name))
            object.__setattr__(self, name, value)
            if not (np.isfinite(value) and (value > 0 or (name == "amplitude" and value == 0))):
                raise OrderError(f"{name} must be finite and positive, got {value}")
        if self.amplitude > self.base:
            raise OrderError(f"amplitude must not exceed base, got {self.amplitude} > {self.base}")

    @property
    def max_price(self) -> Number:
        """The highest price there is."""
        return self.base + self.amplitude

    @cached_property
    def worst_case_loss(self) -> Number:
        """The most the market can pay out beyond what it takes in: all the production it pays for, no consumption."""
        return -self.cost(-self.surplus_limit)

    @property
    def whole(self) -> bool:
        """Whether all parameters are integers, so that costs of integers are."""
        return all(_is_integer(value) for value in (self.base, self.amplitude, self.scale, self.surplus_limit))

    def cost(self, net: Number) -> Number:
        """The integral C of the price from 0 to ``net``, in money; for integers rounded up to a whole unit."""
        net = max(net, -self.surplus_limit)
        size = abs(net)
        if self.whole and _is_integer(net):
            return self.base * net + self._whole_spread(size)
        if size <= self.scale:
            return self.base * net + self.amplitude * size * size / (2 * self.scale)
        return self.base * net + self.amplitude * (size - self.scale / 2)

    def payment(self, net: Number, quantity: Number) -> Number:
        """What ``quantity`` more of net demand costs from ``net`` on; minus what as much less brings, if negative."""
        return self.cost(net + quantity) - self.cost(net)

    def price(self, net: Number) -> float | Fraction:
        """The price of the next unit, as a fraction where everything is an integer."""
        zero = Fraction(0) if self.whole and _is_integer(net) else 0.0
        if net < -self.surplus_limit:
            return zero
        clipped = min(max(net, -self.scale), self.scale)
        return self.base + self.amplitude * (zero + clipped) / self.scale

    def highest_net(self, limit: Number) -> Number | Fraction:
        """Up to which net demand a buyer with this price limit buys (infinite: any quantity)."""
        if limit >= self.max_price:
            return np.inf
        if limit < self.base - self.amplitude:
            return -self.surplus_limit
        return max(self._net_at(limit), -self.surplus_limit)

    def lowest_net(self, limit: Number) -> Number | Fraction:
        """Down to which net demand a seller with this price limit sells (infinite: not at all); never for nothing."""
        if limit > self.max_price:
            return np.inf
        if limit <= self.base - self.amplitude and self.base > self.amplitude:
            return -self.surplus_limit
        return max(self._net_at(limit), -self.surplus_limit)

    def _net_at(self, price: Number) -> Number | Fraction:
        """Where the rising part of the curve has this price."""
        offset = (price - self.base) * self.scale
        return Fraction(offset, self.amplitude) if self.whole and _is_integer(price) else offset / self.amplitude

    def _whole_spread(self, size: int) -> int:
        if size <= self.scale:
            return -(-self.amplitude * size * size // (2 * self.scale))
        return self.amplitude * size - self.amplitude * self.scale // 2


@dataclass(frozen=True)
class BalancingClearing(Clearing):
    """A clearing with the network as counterparty: fills of the two sides need not match.

    Attributes:
        curve: the price curve.
    """

    curve: Curve

    @property
    def imbalance(self) -> Number:
        """Energy that the network adds (positive) or takes (negative)."""
        return (self.bid_fill.sum() - self.ask_fill.sum()).item()

    @property
    def welfare(self) -> Number:
        """Gains from trade, the network's own energy counted at the base price."""
        return super().welfare - self.curve.base * self.imbalance


def clear(
    bid_price: ArrayLike,
    bid_quantity: ArrayLike,
    ask_price: ArrayLike,
    ask_quantity: ArrayLike,
    *,
    curve: Curve,
    bid_time: ArrayLike | None = None,
    ask_time: ArrayLike | None = None,
) -> BalancingClearing:
    """Let traders come one by one; other arguments and errors as in `dem.market.double_auction.clear`.

    Args:
        bid_price: shape (bids,), what each buyer would pay at most per unit.
        bid_quantity: shape (bids,), energy wanted.
        ask_price: shape (asks,), what each seller asks at least per unit.
        ask_quantity: shape (asks,), energy offered.
        curve: the network's price curve.
        bid_time: shape (bids,), arrival; with ``ask_time`` or not at all. Equal times: buyers first, then by index.
        ask_time: shape (asks,). Without times each side is spread evenly over one period in the order given.

    Returns:
        A clearing whose ``imbalance`` the network makes up for; ``surplus`` is the cost of it: the network's cash.

    Raises:
        OrderError: for orders that no mechanism can accept, or times of one side only.
    """
    if (bid_time is None) != (ask_time is None):
        raise OrderError("bid_time and ask_time must be given together: they say who comes first across the sides")
    bids = side("bid", bid_price, bid_quantity, bid_time)
    asks = side("ask", ask_price, ask_quantity, ask_time)
    fills = [np.zeros_like(orders.quantity) for orders in (bids, asks)]
    payments = [np.zeros(len(orders), dtype=object) for orders in (bids, asks)]
    net = 0
    for which, index in _arrivals(bids, asks, bid_time, ask_time):
        orders = (bids, asks)[which]
        limit, wanted = orders.price[index].item(), orders.quantity[index].item()
        if which == 0:
            filled = _within(wanted, curve.highest_net(limit) - net)
            paid = curve.payment(net, filled)
            net += filled
        else:
            filled = _within(wanted, net - curve.lowest_net(limit))
            net -= filled
            paid = curve.payment(net, filled)
        fills[which][index], payments[which][index] = filled, paid
    return BalancingClearing(bids, asks, *fills, *payments, None, curve)


def _within(wanted: Number, room: Number | Fraction) -> Number:
    """As much of an order as the room allows, whole units of a whole order."""
    if room >= wanted:
        return wanted
    room = max(room, 0)
    return math.floor(room) if _is_integer(wanted) else float(room)


def _arrivals(bids: Side, asks: Side, bid_time: ArrayLike | None, ask_time: ArrayLike | None) -> list[tuple[int, int]]:
    """Who comes when: (0, index) for a bid, (1, index) for an ask."""
    if bid_time is None or ask_time is None:
        times = [(np.arange(len(orders)) + 0.5) / max(len(orders), 1) for orders in (bids, asks)]
    else:
        times = [np.asarray(bid_time), np.asarray(ask_time)]
    sides = np.repeat([0, 1], [len(bids), len(asks)])
    indices = np.concatenate([np.arange(len(bids)), np.arange(len(asks))])
    order = np.argsort(np.concatenate(times), kind="stable")
    return list(zip(sides[order].tolist(), indices[order].tolist(), strict=True))


def _is_integer(value: object) -> bool:
    return isinstance(value, int)


def _plain(value: Number) -> Number:
    """A Python number: numpy's 64 bits would not hold the squares."""
    return value.item() if isinstance(value, np.generic) else value
