"""One time slot of the balancing market off chain: orders, cancellations, meters, settlement, to the unit.

`contracts/BalancingMarket.sol` computes the same integers; ``contracts/BalancingMarket.md`` derives the formulas and
says why no sequence of calls can take out more than was put in and the curve's worst case.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from dem.market.balancing_curve import Curve
from dem.market.orders import OrderError


@dataclass(frozen=True, eq=False)
class SlotOrder:
    """An order as it was placed; every order is itself alone, whatever its numbers.

    Attributes:
        production: whether it sells.
        quantity: whole Wh.
        value: what the consumer paid, or what delivery will pay the producer.
    """

    production: bool
    quantity: int
    value: int


def imbalance_price(curve: Curve, net: int, undelivered: int, unconsumed: int) -> Fraction:
    """The price of all deviations of a slot: the curve's average between what was traded and what was metered.

    Args:
        curve: the price curve, in whole numbers.
        net: consumption sold less production bought, Wh.
        undelivered: Wh of production bought and not delivered.
        unconsumed: Wh of consumption sold and not taken.
    """
    metered = net + undelivered - unconsumed
    if metered == net:
        return curve.price(net)
    return Fraction(curve.payment(net, metered - net), metered - net)


def payout(order: SlotOrder, metered: int | None, price: Fraction, curve: Curve) -> int:
    """What an order's owner gets at settlement.

    A deviation settles at the worse, for its owner, of the order's own price and the slot's.

    Args:
        order: the order.
        metered: Wh delivered or consumed, at most the order's quantity; ``None`` without a reading.
        price: of deviations; see `imbalance_price`.
        curve: the price curve.
    """
    if metered is None:
        return order.quantity * curve.max_price - order.value if order.production else 0
    missing = order.quantity - metered
    if order.production:
        unearned = max(math.ceil(missing * price), -(-order.value * missing // order.quantity))
        return order.quantity * curve.max_price - unearned
    return min(math.floor(missing * price), order.value * missing // order.quantity)


@dataclass
class Slot:
    """The book of one time slot.

    Attributes:
        curve: the price curve, in whole numbers.
        net: consumption sold less production bought so far, Wh.
        kept: money that the market has taken in less what it has paid out; with the curve's worst case it is never
            negative. Producers' bonds go in and come out of it.
    """

    curve: Curve
    net: int = 0
    kept: int = 0
    _live: list[SlotOrder] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.curve.whole:
            raise OrderError(f"a slot computes in whole numbers, got {self.curve}")

    def buy(self, quantity: int) -> SlotOrder:
        """Sell ``quantity`` Wh to a consumer, who pays the order's ``value``.

        Raises:
            OrderError: the quantity is not a positive whole number.
        """
        return self._place(False, quantity, self.net + _checked(quantity))

    def sell(self, quantity: int) -> SlotOrder:
        """Buy ``quantity`` Wh of a producer, who leaves a bond: the highest price of it all, less the ``value``.

        Raises:
            OrderError: the quantity is not a positive whole number.
        """
        return self._place(True, quantity, self.net - _checked(quantity))

    def cancel(self, order: SlotOrder) -> int:
        """Take an order back; returns what its owner gets of what was paid in.

        Raises:
            OrderError: the order is not live here.
        """
        if order not in self._live:
            raise OrderError(f"{order} is not live in this slot")
        step = order.quantity if order.production else -order.quantity
        moved = abs(self.curve.payment(self.net, step))
        held = order.quantity * self.curve.max_price
        returned = held - max(order.value, moved) if order.production else min(order.value, moved)
        self._live.remove(order)
        self.net += step
        self.kept -= returned
        return returned

    def settle(self, metered: Mapping[SlotOrder, int]) -> dict[SlotOrder, int]:
        """Pay out all live orders.

        Args:
            metered: Wh delivered or consumed of each order, cut at its quantity; one left out has no reading.

        Returns:
            What the owner of each order gets.
        """
        readings = {order: min(energy, order.quantity) for order, energy in metered.items()}
        missing = {True: 0, False: 0}
        for order, energy in readings.items():
            missing[order.production] += order.quantity - energy
        price = imbalance_price(self.curve, self.net, missing[True], missing[False])
        payouts = {order: payout(order, readings.get(order), price, self.curve) for order in self._live}
        self.kept -= sum(payouts.values())
        self._live.clear()
        return payouts

    def _place(self, production: bool, quantity: int, net: int) -> SlotOrder:
        value = abs(self.curve.cost(net) - self.curve.cost(self.net))
        self.net = net
        self.kept += quantity * self.curve.max_price - value if production else value
        order = SlotOrder(production, quantity, value)
        self._live.append(order)
        return order


def _checked(quantity: int) -> int:
    if not isinstance(quantity, int) or quantity <= 0:
        raise OrderError(f"quantity must be a positive whole number of Wh, got {quantity!r}")
    return quantity
