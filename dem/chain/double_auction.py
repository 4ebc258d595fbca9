"""The double auction from Python: place orders as a home, clear the book, prove a trade with its meter, withdraw.

Energy is in whole Wh, money in wei, prices in wei per Wh; ``contracts/EnergyDoubleAuction.md`` says what each call does
and when it is refused. `dem.market.double_auction` clears the same books to the same fills and prices off chain.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self, get_args

from dem.chain.connection import Connection, Receipt
from dem.chain.meter import Reading
from dem.market.double_auction import Pricing

ROLES = ("PAUSER_ROLE", "CANCELLER_ROLE")
# The contract numbers its pricing modes in the order in which `Pricing` names them.
PRICINGS = get_args(Pricing)
LONGEST_LIFE = 0


@dataclass(frozen=True)
class AuctionTerms:
    """What a double auction is deployed with.

    Attributes:
        tick: prices are multiples of it, in wei per Wh.
        pricing: the price rule, one of `PRICINGS`.
        min_quantity: least Wh of an order.
        order_ttl_s: longest life of an order in seconds.
        settlement_ttl_s: time for a meter's proof after a round, in seconds.
        deposit_rate: deposit of either side as a share of its limit price, in basis points.
        max_slippage: most that a round's price leaves the last one's by, in basis points; 0 for no limit.

    Raises:
        ValueError: for a price rule that there is not.
    """

    tick: int = 10**9
    pricing: Pricing = "pair_midpoint"
    min_quantity: int = 10
    order_ttl_s: int = 86_400
    settlement_ttl_s: int = 3600
    deposit_rate: int = 1_000
    max_slippage: int = 0

    def __post_init__(self) -> None:
        if self.pricing not in PRICINGS:
            raise ValueError(f"pricing must be one of {', '.join(PRICINGS)}, got {self.pricing!r}")


@dataclass(frozen=True)
class AuctionOrder:
    """An order as it was placed.

    Attributes:
        id: its place in the book: side, price and number in the queue of that price.
        trader: the account whose it is.
        is_bid: whether it buys.
        price: limit in wei per Wh.
        quantity: Wh.
        receipt: of its placing.
    """

    id: int
    trader: Any
    is_bid: bool
    price: int
    quantity: int
    receipt: Receipt


class EnergyDoubleAuction:
    """EnergyDoubleAuction and the register of meters that it asks."""

    def __init__(self, connection: Connection, market: Any, meters: Any, operator: Any) -> None:
        self.connection = connection
        self.market = market
        self.meters = meters
        self.operator = operator

    @classmethod
    def deploy(
        cls, connection: Connection, *, meters: Any, terms: AuctionTerms | None = None, operator: Any = None
    ) -> Self:
        """Deploy a market; the operator gets every role.

        Args:
            connection: where.
            meters: a contract with ``traderOf(meter)``.
            terms: tick, price rule, times and rates; default: those of `AuctionTerms`.
            operator: an account, default the first.

        Raises:
            ContractError: the contract refuses the terms.
        """
        terms = terms or AuctionTerms()
        operator = operator or connection.accounts[0]
        market, _ = connection.deploy("EnergyDoubleAuction", operator, parameters(terms, meters), sender=operator)
        connection.grant(market, ROLES, operator, sender=operator)
        return cls(connection, market, meters, operator)

    @property
    def round(self) -> int:
        """Number of the last round that was finished; 0 for none."""
        return self.connection.read(self.market.status).round

    @property
    def in_progress(self) -> bool:
        """Whether a round has begun that `match` has not finished yet."""
        return self.connection.read(self.market.status).inProgress

    def place_bid(self, trader: Any, price: int, quantity: int, expiry: int = LONGEST_LIFE) -> AuctionOrder:
        """Offer to buy, with the energy's price and the deposit locked; expiry in seconds since 1970."""
        return self._place(trader, True, price, quantity, expiry)

    def place_ask(self, trader: Any, price: int, quantity: int, expiry: int = LONGEST_LIFE) -> AuctionOrder:
        """Offer to sell, with the deposit locked; expiry in seconds since 1970."""
        return self._place(trader, False, price, quantity, expiry)

    def cancel(self, order: AuctionOrder) -> Receipt:
        """Take what an order has left off the book; what it locked is credited to it."""
        return self.connection.send(self.market.cancelOrder, order.id, sender=order.trader)

    def match(self, max_steps: int = 10_000, sender: Any = None) -> Receipt:
        """Clear the book, or go on clearing it: a step removes an expired order or matches two prices."""
        return self.connection.send(self.market.matchOrders, max_steps, sender=sender or self.operator)

    def clearing(self, round_: int) -> tuple[int, int]:
        """Price in wei per Wh and Wh traded of a finished round; in pay-as-bid markets the lowest bid that trades."""
        result = self.connection.read(self.market.roundOf, round_)
        return result.price, result.quantity

    def fill(self, order: AuctionOrder) -> int:
        """Wh of an order filled so far."""
        return self.connection.read(self.market.orderOf, order.id).qtyFilled

    def trade_id(self, bid: AuctionOrder, ask: AuctionOrder, round_: int) -> int:
        """The number of the trade between two orders in a round."""
        return self.connection.read(self.market.tradeIdOf, bid.id, ask.id, round_)

    def settle(self, reading: Reading, key: bytes | str, sender: Any = None) -> Receipt:
        """Prove a trade with what the seller's meter says, signed with the meter's private key."""
        proof = reading.proof(key, market=self.market.address, chain_id=self.market.provider.chain_id)
        return self.connection.send(self.market.settle, reading.trade_id, proof, sender=sender or self.operator)

    def expire(self, trade_id: int, sender: Any = None) -> Receipt:
        """End a trade that was not proven in time: the buyer is compensated and its order goes back into the book."""
        return self.connection.send(self.market.expire, trade_id, sender=sender or self.operator)

    def proceeds(self, order: AuctionOrder) -> int:
        """Wei that an order has to its credit."""
        return self.connection.read(self.market.proceedsOf, order.id)

    def withdraw(self, trader: Any, orders: Iterable[AuctionOrder], to: Any = None) -> Receipt:
        """Pay out what a trader's orders have to their credit, to ``to`` or the trader."""
        numbers = [order.id for order in orders]
        return self.connection.send(self.market.withdraw, numbers, to or trader, sender=trader)

    def _place(self, trader: Any, is_bid: bool, price: int, quantity: int, expiry: int) -> AuctionOrder:
        method = self.market.placeBid if is_bid else self.market.placeAsk
        locked = self.connection.read(self.market.escrowFor, is_bid, price, quantity)
        receipt = self.connection.send(method, price, quantity, expiry, sender=trader, value=locked)
        return AuctionOrder(receipt.value("OrderPlaced", "orderId"), trader, is_bid, price, quantity, receipt)


def parameters(terms: AuctionTerms, meters: Any) -> tuple:
    """The terms as the contract's constructor takes them."""
    times = (terms.order_ttl_s, terms.settlement_ttl_s)
    rates = (terms.deposit_rate, terms.max_slippage)
    return (terms.min_quantity, terms.tick, *times, *rates, PRICINGS.index(terms.pricing), meters)
