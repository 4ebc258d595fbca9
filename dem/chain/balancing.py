"""The balancing market from Python: deploy it with its currency, trade as a home, certify as the network, settle.

Energy is in whole Wh, money in the currency's smallest unit, prices in that unit per Wh;
``contracts/BalancingMarket.md`` says what each call does and when it is refused.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from dem.chain.connection import Connection, Receipt, batches
from dem.market.balancing_curve import Curve

ROLES = ("REGISTRAR_ROLE", "OPERATOR_ROLE", "CERTIFIER_ROLE", "PAUSER_ROLE")
ORDERS_PER_TRANSACTION = 200


@dataclass(frozen=True)
class BalancingTerms:
    """What a balancing market is deployed with.

    Attributes:
        curve: the price per Wh against net demand in Wh, in whole numbers.
        slot_s: length of a time slot in seconds.
        gate_closure_s: seconds before its start at which trade in a time slot ends.
        certification_s: seconds after its end in which meters report.
        horizon: number of time slots ahead that are traded.
    """

    curve: Curve
    slot_s: int = 3600
    gate_closure_s: int = 900
    certification_s: int = 7200
    horizon: int = 24

    def __post_init__(self) -> None:
        if not self.curve.whole:
            raise ValueError(f"the contract computes in whole numbers, got {self.curve}")


@dataclass(frozen=True)
class BalancingOrder:
    """An order as it was placed.

    Attributes:
        id: its number in the contract.
        owner: the account whose it is.
        slot: its time slot.
        quantity: Wh.
        value: what the consumer paid, or what delivery will pay the producer.
        receipt: of its placing.
    """

    id: int
    owner: Any
    slot: int
    quantity: int
    value: int
    receipt: Receipt


class BalancingMarket:
    """BalancingMarket and its currency on one connection."""

    def __init__(self, connection: Connection, market: Any, currency: Any, operator: Any) -> None:
        self.connection = connection
        self.market = market
        self.currency = currency
        self.operator = operator

    @classmethod
    def deploy(
        cls, connection: Connection, terms: BalancingTerms, *, operator: Any = None, opened: bool = True
    ) -> Self:
        """Deploy a currency and a market; the operator gets every role, mints and, unless told not to, opens it.

        Raises:
            ContractError: the terms make no market.
        """
        operator = operator or connection.accounts[0]
        currency, _ = connection.deploy("EnergyCurrency", "Energy Euro", "EEUR", operator, sender=operator)
        connection.grant(currency, ["MINTER_ROLE"], operator, sender=operator)
        curve = dataclasses.astuple(terms.curve)
        timing = (terms.slot_s, terms.gate_closure_s, terms.certification_s, terms.horizon)
        market, _ = connection.deploy("BalancingMarket", operator, currency, curve, timing, sender=operator)
        connection.grant(market, ROLES, operator, sender=operator)
        opening = cls(connection, market, currency, operator)
        if opened:
            opening.fund_reserve(connection.read(market.requiredReserve))
            connection.send(market.open, sender=operator)
        return opening

    @property
    def current_slot(self) -> int:
        """The time slot that the chain's clock is in."""
        return self.connection.read(self.market.currentSlot)

    def fund_reserve(self, amount: int) -> Receipt:
        """Mint money into the reserve."""
        self.mint(self.operator, amount)
        self.connection.send(self.currency.approve, self.market, amount, sender=self.operator)
        return self.connection.send(self.market.fundReserve, amount, sender=self.operator)

    def mint(self, account: Any, amount: int) -> Receipt:
        """Create money in an account's wallet."""
        return self.connection.send(self.currency.mint, account, amount, sender=self.operator)

    def join(self, account: Any, amount: int = 0, *, producer: bool = True, consumer: bool = True) -> None:
        """Put an account on the list and give it a balance."""
        self.connection.send(self.market.list, account, producer, consumer, sender=self.operator)
        if amount:
            self.mint(account, amount)
            self.connection.send(self.currency.approve, self.market, amount, sender=account)
            self.connection.send(self.market.deposit, amount, sender=account)

    def buy(self, account: Any, slot: int, quantity: int, max_payment: int = 2**256 - 1) -> BalancingOrder:
        """Buy energy of a future time slot."""
        receipt = self.connection.send(self.market.buy, slot, quantity, max_payment, sender=account)
        return self._order(account, receipt)

    def sell(self, account: Any, slot: int, quantity: int, min_pay: int = 0) -> BalancingOrder:
        """Sell energy of a future time slot."""
        receipt = self.connection.send(self.market.sell, slot, quantity, min_pay, sender=account)
        return self._order(account, receipt)

    def cancel(self, order: BalancingOrder, min_payout: int = 0) -> Receipt:
        """Take an order back; the receipt's ``OrderCancelled`` says what came back."""
        return self.connection.send(self.market.cancel, order.id, min_payout, sender=order.owner)

    def certify(self, slot: int, metered_wh: Mapping[int, int]) -> list[Receipt]:
        """Report what meters measured, by order's number, in as many transactions as it takes."""
        return [
            self.connection.send(self.market.certify, slot, batch, sender=self.operator)
            for batch in batches(list(metered_wh.items()), ORDERS_PER_TRANSACTION)
        ]

    def settle(self, slot: int, orders: Iterable[int], sender: Any = None) -> list[Receipt]:
        """Pay orders, by number, out to their owners' balances; none where all were cancelled."""
        return [
            self.connection.send(self.market.settle, slot, batch, sender=sender or self.operator)
            for batch in batches(list(orders), ORDERS_PER_TRANSACTION) or [[]]
        ]

    def balance(self, account: Any) -> int:
        """Money of an account in the market that no order binds."""
        return self.connection.read(self.market.balanceOf, account)

    def advance_to_end_of(self, slot: int) -> None:
        """Move a local chain's clock to the end of a time slot."""
        self.connection.advance_to(self.connection.read(self.market.startOf, slot + 1))

    def _order(self, account: Any, receipt: Receipt) -> BalancingOrder:
        fields = ("orderId", "slot", "quantity", "value")
        number, slot, quantity, value = (receipt.value("OrderPlaced", field) for field in fields)
        return BalancingOrder(number, account, slot, quantity, value, receipt)
