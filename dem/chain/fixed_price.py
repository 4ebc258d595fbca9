"""The fixed-price market from Python: offer, buy, prove delivery with a meter's signature, refund, withdraw.

Energy is in whole Wh, money in wei, prices in wei per Wh; ``contracts/FixedPriceMarket.md`` says what each call does
and when it is refused.
"""

from typing import Any, Self

from dem.chain import typed_data
from dem.chain.connection import Connection, Receipt


class FixedPriceMarket:
    """FixedPriceMarket and the register of meters that it asks."""

    def __init__(self, connection: Connection, market: Any, meters: Any, operator: Any) -> None:
        self.connection = connection
        self.market = market
        self.meters = meters
        self.operator = operator

    @classmethod
    def deploy(
        cls, connection: Connection, *, meters: Any, delivery_window_s: int = 86_400, operator: Any = None
    ) -> Self:
        """Deploy a market; the operator gets every role.

        Args:
            connection: where.
            meters: a contract with ``meterOf(home)``.
            delivery_window_s: time to prove delivery after a purchase, in seconds.
            operator: an account, default the first.
        """
        operator = operator or connection.accounts[0]
        market, _ = connection.deploy("FixedPriceMarket", operator, meters, delivery_window_s, sender=operator)
        connection.grant(market, ["PAUSER_ROLE"], operator, sender=operator)
        return cls(connection, market, meters, operator)

    def offer(self, seller: Any, price: int, available: int) -> tuple[Receipt, Receipt]:
        """Put energy on sale."""
        return (
            self.connection.send(self.market.setEnergyPrice, price, sender=seller),
            self.connection.send(self.market.setEnergyAvailable, available, sender=seller),
        )

    def buy(self, buyer: Any, seller: Any, quantity: int) -> Receipt:
        """Buy at the seller's present price; the purchase's number is in the receipt's ``EnergyBought``."""
        price = self.connection.read(self.market.offerOf, seller).price
        return self.connection.send(self.market.buyEnergy, seller, quantity, sender=buyer, value=quantity * price)

    def deliver(self, purchase_id: int, delivered: int, measured_at: int, meter: Any, sender: Any = None) -> Receipt:
        """Prove delivery with a reading that the account ``meter`` signs."""
        signature = self.sign(purchase_id, delivered, measured_at, meter)
        return self.connection.send(
            self.market.deliver, purchase_id, delivered, measured_at, signature, sender=sender or self.operator
        )

    def sign(self, purchase_id: int, delivered: int, measured_at: int, meter: Any) -> bytes:
        """A meter's signature over a reading (EIP-712)."""
        values = {"purchaseId": purchase_id, "delivered": delivered, "measuredAt": measured_at}
        domain = typed_data.Domain.of(self.connection, self.market)
        return typed_data.sign(meter, domain, "Delivery", dict.fromkeys(values, "uint256"), values).bytes65

    def balance(self, account: Any) -> int:
        """Wei that an account can withdraw."""
        return self.connection.read(self.market.balanceOf, account)
