"""Gas of the double auction against its goals, and how clearing scales: ``python -m benchmarks.auction_gas``."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.report import Row, at_most, main
from dem.chain import gas
from dem.chain.connection import Connection, connect
from dem.chain.meter import Reading

TICK = 10**9
PRICES = 50
LOWEST = 75
SIZES = (20, 100, 500, 1_000)
BATCH = 100
BIDS, ASKS = 0, 1
DEPOSIT_RATE = 1_000
PLACE_GOAL, CLEAR_GOAL_EACH, SETTLE_GOAL = 95_000, 1_000, 60_000
# Published or measured elsewhere, gas per order or trade.
REFERENCE = {"place": "EasyAuction 125k", "clear": "EasyAuction 1.9k", "settle": "CoW about 75k a trade"}


@dataclass
class Market:
    """A deployed market with its meters, and who trades there."""

    chain: Connection
    contract: Any
    meters: Any

    @classmethod
    def deploy(cls, chain: Connection) -> "Market":
        """A market with a tenth as deposit and the default price rule."""
        admin = chain.accounts[0]
        meters, _ = chain.deploy("AuctionMeterRegistry", sender=admin)
        parameters = (10, TICK, 24 * 3600, 3600, DEPOSIT_RATE, 0, 0, meters.address)
        contract, _ = chain.deploy("EnergyDoubleAuction", admin, parameters, sender=admin)
        return cls(chain, contract, meters)

    def place(self, trader: Any, side: int, ticks: int, quantity: int) -> Any:
        """Place an order; its receipt."""
        method = (self.contract.placeBid, self.contract.placeAsk)[side]
        value = self.chain.read(self.contract.escrowFor, side == BIDS, ticks * TICK, quantity)
        # An hour's expiry: orders of one slot of a market share it.
        expiry = (self.chain.now // 3600 + 2) * 3600
        return self.chain.send(method, ticks * TICK, quantity, expiry, sender=trader, value=value)

    def fill(self, orders: int) -> None:
        """A book of bids and asks over the same prices, so that about half of each crosses."""
        admin = self.chain.accounts[0]
        replay, _ = self.chain.deploy("AuctionReplay", sender=admin)
        actions = [(k % 2, (LOWEST + k * 7 % PRICES) * TICK, 100 + k % 13) for k in range(orders)]
        for start in range(0, orders, BATCH):
            part = actions[start : start + BATCH]
            self.chain.send(replay.act, self.contract.address, part, sender=admin, value=10**18)


def rows() -> Iterator[Row]:
    """Gas of placing, clearing, settling and leaving on the test chain, warm unless it says first."""
    with connect("test") as chain:
        yield from _single_orders(Market.deploy(chain))
        for orders in SIZES:
            yield _clearing(chain, orders)


def _single_orders(market: Market) -> Iterator[Row]:
    chain, (buyer, seller) = market.chain, market.chain.accounts[1:3]
    first = [market.place(buyer, BIDS, 12, 100), market.place(seller, ASKS, 10, 100)]
    later = [market.place(buyer, BIDS, 12, 100), market.place(seller, ASKS, 10, 100)]
    yield Row("place the market's first bid", first[0].gas_used, "gas")
    yield at_most("place a bid", later[0].gas_used, "gas", PLACE_GOAL, REFERENCE["place"])
    yield at_most("place an ask", later[1].gas_used, "gas", PLACE_GOAL, REFERENCE["place"])
    leaving = market.place(buyer, BIDS, 12, 100)
    order = leaving.value("OrderPlaced", "orderId")
    yield Row("cancel", chain.send(market.contract.cancelOrder, order, sender=buyer).gas_used, "gas")
    chain.send(market.contract.matchOrders, 100, sender=buyer)
    bid, ask = (receipt.value("OrderPlaced", "orderId") for receipt in later)
    settled = _settle(market, chain.read(market.contract.tradeIdOf, bid, ask, 1), seller)
    yield at_most("settle", settled, "gas", SETTLE_GOAL, REFERENCE["settle"])
    paid = chain.send(market.contract.withdraw, [ask], seller, sender=seller)
    yield Row("withdraw one order", paid.gas_used, "gas")


def _settle(market: Market, trade: int, seller: Any) -> int:
    from eth_account import Account

    key = secrets.token_bytes(32)
    market.chain.send(market.meters.accredit, Account.from_key(key).address, seller, sender=seller)
    reading = Reading(trade, delivered=100, refused=0, read_at=market.chain.now)
    proof = reading.proof(key, market=market.contract.address, chain_id=_chain_id(market))
    return market.chain.send(market.contract.settle, trade, proof, sender=seller).gas_used


def _chain_id(market: Market) -> int:
    return market.contract.provider.chain_id


def _clearing(chain: Connection, orders: int) -> Row:
    market = Market.deploy(chain)
    market.fill(orders)
    cleared = chain.send(market.contract.matchOrders, 10_000, sender=chain.accounts[3]).gas_used
    name = f"clear {orders} orders at {PRICES} prices, each"
    if orders < 500:
        return Row(name, round(cleared / orders), "gas")
    assert cleared <= gas.BLOCK_GAS_LIMIT
    return at_most(name, round(cleared / orders), "gas", CLEAR_GOAL_EACH, REFERENCE["clear"])


if __name__ == "__main__":
    main(rows)
