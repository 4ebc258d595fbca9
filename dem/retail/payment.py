"""Response is paid for by contract: one root a time slot, in a settlement of its own.

The contract is BatchSettlement, read for response: what a home *exported* is the energy that it left out, paid at the
reward; what it *imported* is what it promised and did not leave out, charged at the penalty. The register of meters is
not that of energy. A home's meter knows its load and the rule, so it signs the response itself, and a root that says
otherwise is disproved by that statement like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from dem.chain import BatchSettlement, Connection, MeterRegistry, Receipt, SettlementTerms, SlotTree


@dataclass(frozen=True)
class Rates:
    """Wei per Wh.

    Attributes:
        reward: for response.
        penalty: for what was promised and did not come.
    """

    reward: int
    penalty: int


@dataclass(frozen=True)
class Paid:
    """What an event came to.

    Attributes:
        credited: shape (homes,), wei by which each home's balance grew (Python integers).
        spent: wei by which the aggregator's shrank.
        receipts: of the roots, then of the claims.
    """

    credited: np.ndarray
    spent: int
    receipts: tuple[Receipt, ...]


class ResponsePayments:
    """A deployed settlement for response, with the aggregator as its poster."""

    def __init__(self, settlement: BatchSettlement, rates: Rates) -> None:
        self.settlement = settlement
        self.rates = rates

    @classmethod
    def deploy(cls, connection: Connection, rates: Rates, funds: int, *, slot_s: int = 3600) -> Self:
        """Deploy it; the aggregator is the connection's first account and puts in ``funds`` wei.

        Raises:
            dem.chain.ContractError: the funds are missing.
        """
        terms = SettlementTerms(max_import_price=rates.penalty, min_export_price=rates.reward)
        meters = MeterRegistry.deploy(connection, slot_s=slot_s)
        settlement = BatchSettlement.deploy(connection, meters=meters, treasury=connection.accounts[-1], terms=terms)
        settlement.deposit(settlement.operator, funds)
        return cls(settlement, rates)

    def trees(self, homes: Sequence[Any], delivered_wh: np.ndarray, missing_wh: np.ndarray) -> list[SlotTree]:
        """The latest time slots that are over, with what homes left out and what they owe.

        Args:
            homes: their accounts or addresses.
            delivered_wh: shape (hours, homes), whole Wh.
            missing_wh: likewise.

        Raises:
            ValueError: the shapes do not fit, or a number is negative.
        """
        if delivered_wh.shape != missing_wh.shape or delivered_wh.shape[1:] != (len(homes),):
            shapes = f"{delivered_wh.shape}, {missing_wh.shape}"
            raise ValueError(f"delivered_wh and missing_wh must have shape (hours, {len(homes)}), they have {shapes}")
        if min(delivered_wh.min(), missing_wh.min()) < 0:
            raise ValueError("delivered_wh and missing_wh must not be negative")
        meters = self.settlement.meters
        first = meters.now // meters.slot_s - len(delivered_wh)
        return [
            SlotTree(
                first + hour,
                {str(home): (int(owed[i]), int(given[i])) for i, home in enumerate(homes)},
            )
            for hour, (given, owed) in enumerate(zip(delivered_wh, missing_wh, strict=True))
        ]

    def pay(self, homes: Sequence[Any], trees: Sequence[SlotTree]) -> Paid:
        """Post the slots' roots, wait for the challenges to end, and settle every home's slots in one claim.

        Raises:
            dem.chain.ContractError: a slot is settled already, or who owes more than it has.
        """
        settlement = self.settlement
        before, funds = self._balances(homes), settlement.balance(settlement.operator)
        prices = {"import_price": self.rates.penalty, "export_price": self.rates.reward}
        receipts = [settlement.post(tree, **prices) for tree in trees]
        connection = settlement.connection
        connection.advance_to(connection.now + SettlementTerms().challenge_s)
        receipts += [settlement.claim(home, trees, sender=settlement.operator) for home in homes]
        for tree in trees:
            settlement.release(tree.slot)
        spent = funds - settlement.balance(settlement.operator)
        return Paid(self._balances(homes) - before, spent, tuple(receipts))

    def _balances(self, homes: Sequence[Any]) -> np.ndarray:
        return np.array([self.settlement.balance(home) for home in homes], dtype=object)
