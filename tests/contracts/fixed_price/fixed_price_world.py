"""A deployed fixed-price market and short names for what tests do with it."""

from dataclasses import dataclass
from typing import Any

from dem.chain.fixed_price import FixedPriceMarket

WINDOW = 7_200
PRICE = 200 * 10**9
AVAILABLE = 5_000


@dataclass
class Shop:
    market: FixedPriceMarket
    sellers: list[Any]
    meters: list[Any]
    buyers: list[Any]
    stranger: Any

    @classmethod
    def deploy(cls, connection) -> "Shop":
        accounts = connection.accounts
        register, _ = connection.deploy("FixedPriceMetersMock", sender=accounts[0])
        market = FixedPriceMarket.deploy(connection, meters=register, delivery_window_s=WINDOW)
        shop = cls(market, accounts[1:3], accounts[3:5], accounts[5:7], accounts[7])
        for seller, meter in zip(shop.sellers, shop.meters, strict=True):
            shop.accredit(seller, meter)
        market.offer(shop.sellers[0], PRICE, AVAILABLE)
        return shop

    @property
    def connection(self):
        return self.market.connection

    @property
    def contract(self):
        return self.market.market

    def accredit(self, seller, meter) -> None:
        self.send(self.market.meters.accredit, seller, meter, sender=self.stranger)

    def read(self, method, *arguments):
        return self.connection.read(method, *arguments)

    def send(self, method, *arguments, sender, value=0):
        return self.connection.send(method, *arguments, sender=sender, value=value)

    def buy(self, quantity=1_000, buyer=0, seller=0) -> int:
        receipt = self.market.buy(self.buyers[buyer], self.sellers[seller], quantity)
        return receipt.value("EnergyBought", "purchaseId")

    def deliver(self, purchase, delivered=1_000, meter=0, measured_at=None, sender=None):
        at = self.connection.now if measured_at is None else measured_at
        return self.market.deliver(purchase, delivered, at, self.meters[meter], sender)

    def expire(self, purchase) -> None:
        self.connection.advance_to(self.read(self.contract.purchaseOf, purchase).deadline)
