"""One day of homes on the real BalancingMarket, in this process, and what else only the contract itself can show."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dem import units
from dem.chain import BalancingMarket, BalancingOrder, BalancingTerms, Connection, Receipt
from dem.chain.gas import total_gas
from dem.market.balancing_curve import Curve
from dem.studies.balancing_day import COINS_PER_EUR, SLOTS, Day, Orders, revised, within

# More than a day's trade and bonds come to, so that no order is refused for want of money.
PURSE = 10_000 * units.WEI_PER_ETHER
# Operations that take many orders at once; their gas is shared among these.
BATCHED = {"certify": "OrderCertified", "settle": "OrderSettled"}


@dataclass(frozen=True)
class ChainDay:
    """What happened on the chain.

    Attributes:
        cash: shape (homes,), what each home's balance gained, in coins' smallest units (Python integers).
        slots: one row a slot: ``slot`` from 1, ``ordered_kwh`` and ``metered_kwh`` (net, within orders), ``price``
            (EUR/kWh, of the next Wh when the gate closed), ``kept_eur`` (what the market kept of the slot's money).
        reserve: one row a moment: ``hour``, ``reserve_eur`` (free) and ``pending`` (slots whose worst case is set
            aside). The first is before any order, the second after all orders a day ahead.
        receipts: of everything that homes and network sent.
    """

    cash: np.ndarray
    slots: pd.DataFrame
    reserve: pd.DataFrame
    receipts: tuple[Receipt, ...]


class HomesOnChain:
    """Homes that trade on a market deployed for them; slot k of the day is the market's slot k + 1."""

    def __init__(self, connection: Connection, curve: Curve, homes: int) -> None:
        self.market = BalancingMarket.deploy(connection, BalancingTerms(curve, horizon=SLOTS))
        self.accounts = connection.accounts[1 : homes + 1]
        for account in self.accounts:
            self.market.join(account, PURSE)
        self.receipts: list[Receipt] = []
        self.held: dict[tuple[int, int], BalancingOrder] = {}
        self.pending: set[int] = set()

    def play(self, day: Day, orders: Orders, tolerance_wh: int) -> ChainDay:
        """The day: orders a day ahead, changes an hour ahead, each slot certified and settled once it is over."""
        reserve = [self._reserve(0)]
        for slot in range(SLOTS):
            for home, energy in enumerate(orders.first[slot].tolist()):
                self._place(home, slot, energy)
        reserve.append(self._reserve(0))
        ordered, prices, rows = np.zeros(SLOTS), np.zeros(SLOTS), []
        for slot in range(SLOTS):
            self._revise(slot, orders, tolerance_wh)
            book = self._read(self.market.market.bookOf, slot + 1)
            ordered[slot], prices[slot] = units.wh_to_kwh(book.net), self._price(slot)
            self.market.advance_to_end_of(slot)
            if slot:
                rows.append(self._settle(slot - 1, day))
                reserve.append(self._reserve(slot))
        self.market.advance_to_end_of(SLOTS)
        rows.append(self._settle(SLOTS - 1, day))
        reserve.append(self._reserve(SLOTS))
        return ChainDay(
            np.array([self.market.balance(account) - PURSE for account in self.accounts], dtype=object),
            pd.DataFrame(rows).assign(ordered_kwh=ordered, price=prices),
            pd.DataFrame(reserve),
            tuple(self.receipts),
        )

    def loss_of_worst_slot(self) -> int:
        """What the reserve loses, in smallest units, in a slot where all comes that is paid for and none is taken."""
        before = self._read(self.market.market.reserve)
        slot = self.market.current_slot + 1
        limit = self._read(self.market.market.curve).surplusLimit
        sold = self.market.sell(self.accounts[0], slot, limit)
        self.market.advance_to_end_of(slot)
        self.market.certify(slot, {sold.id: limit})
        self.market.settle(slot, [sold.id])
        return before - self._read(self.market.market.reserve)

    def prices_of_split_purchase(self, quantity_wh: int, parts: tuple[int, ...]) -> pd.DataFrame:
        """A purchase in one order and in several, each on the same fresh slot.

        Returns:
            One row a number of parts: ``parts``, ``paid`` and ``returned`` (in smallest units, by cancelling all of it
            again, last first).
        """
        return pd.DataFrame([self._split(quantity_wh, count) for count in parts])

    def _split(self, quantity_wh: int, parts: int) -> dict[str, int]:
        connection, account = self.market.connection, self.accounts[0]
        before = connection.snapshot()
        slot = self.market.current_slot + 1
        bought = [self.market.buy(account, slot, size) for size in equal_parts(quantity_wh, parts)]
        returned = [self.market.cancel(order).value("OrderCancelled", "payout") for order in reversed(bought)]
        connection.restore(before)
        return {"parts": parts, "paid": sum(order.value for order in bought), "returned": sum(returned)}

    def _place(self, home: int, slot: int, energy: int) -> None:
        self.held.pop((slot, home), None)
        if energy == 0:
            return
        trade = self.market.buy if energy > 0 else self.market.sell
        order = trade(self.accounts[home], slot + 1, abs(energy))
        self.held[slot, home] = order
        self.pending.add(slot)
        self.receipts.append(order.receipt)

    def _revise(self, slot: int, orders: Orders, tolerance_wh: int) -> None:
        changes = zip(orders.first[slot].tolist(), orders.final[slot].tolist(), strict=True)
        for home, (first, final) in enumerate(changes):
            if revised(first, final, tolerance_wh):
                if (slot, home) in self.held:
                    self.receipts.append(self.market.cancel(self.held[slot, home]))
                self._place(home, slot, final)

    def _settle(self, slot: int, day: Day) -> dict[str, float]:
        """Certify and settle; the slot's row."""
        readings, metered = {}, 0
        for home, shown in enumerate(day.net_wh[slot].tolist()):
            if order := self.held.get((slot, home)):
                sign = self._sign(order)
                covered = int(within(sign * order.quantity, shown))
                readings[order.id], metered = abs(covered), metered + covered
        before = self._read(self.market.market.reserve)
        self.receipts += self.market.certify(slot + 1, readings) + self.market.settle(slot + 1, readings)
        kept = self._read(self.market.market.reserve) - before
        if slot in self.pending:
            kept -= self._read(self.market.market.worstCaseLoss)
            self.pending.remove(slot)
        return {"slot": slot + 1, "metered_kwh": units.wh_to_kwh(metered), "kept_eur": _eur(kept)}

    @staticmethod
    def _sign(order: BalancingOrder) -> int:
        return -1 if order.receipt.operation == "sell" else 1

    def _reserve(self, hour: int) -> dict[str, float]:
        free = self._read(self.market.market.reserve)
        return {"hour": hour, "reserve_eur": _eur(free), "pending": len(self.pending)}

    def _price(self, slot: int) -> float:
        return _eur(self._read(self.market.market.priceAt, slot + 1) * units.WH_PER_KWH)

    def _read(self, method: Any, *arguments: Any) -> Any:
        return self.market.connection.read(method, *arguments)


def gas_of(receipts: tuple[Receipt, ...]) -> pd.DataFrame:
    """Mean gas of each operation, of batches the share of one order: ``operation``, ``orders``, ``gas``."""
    rows = []
    for operation in ("buy", "sell", "cancel", *BATCHED):
        chosen = [receipt for receipt in receipts if receipt.operation == operation]
        orders = sum(_orders_in(receipt) for receipt in chosen)
        if orders:
            rows.append({"operation": operation, "orders": orders, "gas": total_gas(chosen) / orders})
    return pd.DataFrame(rows)


def equal_parts(quantity: int, parts: int) -> Iterator[int]:
    """Whole numbers that add up to ``quantity`` and differ by one at most."""
    return (quantity * (part + 1) // parts - quantity * part // parts for part in range(parts))


def _orders_in(receipt: Receipt) -> int:
    event = BATCHED.get(receipt.operation)
    return 1 if event is None else sum(reported.name == event for reported in receipt.events)


def _eur(amount: int) -> float:
    return units.wei_to_eur(amount, COINS_PER_EUR)
