"""A deployed double auction and short names for what its tests do with it all the time."""

import contextlib
import functools
from dataclasses import dataclass
from typing import Any

import ape
import pytest
from ape.exceptions import ApeException
from eth_utils import keccak

from dem.chain import errors, project
from dem.chain.meter import Reading

TICK = 10**9  # wei per Wh
MIN_QTY = 10
ORDER_TTL = 24 * 3600
SETTLEMENT_TTL = 3600
DEPOSIT_RATE = 1_000  # basis points
PAIR_MIDPOINT, EQUILIBRIUM_MIDPOINT, PAY_AS_BID = 0, 1, 2
NO_LIMIT = 0
BID, ASK, CANCEL, MATCH = 0, 1, 2, 3
ALL = 10_000
ROLES = ("PAUSER_ROLE", "CANCELLER_ROLE")


def load(name: str) -> Any:
    return project.load_contract(name)


def deposit_per_wh(price: int, rate: int = DEPOSIT_RATE) -> int:
    return -(-price * rate // 10_000)


def escrow(is_bid: bool, price: int, qty: int, rate: int = DEPOSIT_RATE) -> int:
    return qty * (deposit_per_wh(price, rate) + (price if is_bid else 0))


@functools.cache
def _known_errors() -> dict[bytes, Any]:
    names = ("EnergyDoubleAuction", "HostileHome")
    return {keccak(text=abi.selector)[:4]: abi for name in names for abi in load(name).contract_type.errors}


@contextlib.contextmanager
def reverts(error: str, /, **arguments: Any):
    """The block is refused with this error of the contract, and with these arguments of it."""
    with pytest.raises(ApeException) as caught:
        yield
    decode = ape.chain.provider.network.ecosystem.decode_calldata
    refused = errors.translate("call", caught.value, _known_errors(), decode)
    assert isinstance(refused, errors.ContractError), refused
    assert refused.name == error, refused
    for key, value in arguments.items():
        assert refused.arguments[key] == value, refused


def terms(meters: Any, **changes: Any) -> tuple:
    """Parameters of a deployment, in order."""
    named = {
        "minQty": MIN_QTY,
        "priceTick": TICK,
        "orderTTL": ORDER_TTL,
        "settlementTTL": SETTLEMENT_TTL,
        "depositRate": DEPOSIT_RATE,
        "maxSlippage": NO_LIMIT,
        "pricingMode": PAIR_MIDPOINT,
        "meters": meters,
    }
    return tuple((named | changes).values())


@dataclass
class Auction:
    """The market, its registry of meters and the accounts around it.

    Every account of `traders` has a meter of its own, accredited. Prices in tests are in ticks.
    """

    market: Any
    meters: Any
    admin: Any
    traders: list[Any]
    stranger: Any
    rate: int = DEPOSIT_RATE

    @classmethod
    def deploy(cls, accounts: list[Any], traders: int = 6, **changes: Any) -> "Auction":
        admin, stranger = accounts[0], accounts[9]
        meters = load("AuctionMeterRegistry").deploy(sender=admin)
        market = load("EnergyDoubleAuction").deploy(admin, terms(meters, **changes), sender=admin)
        for name in ROLES:
            market.grantRole(keccak(text=name), admin, sender=admin)
        auction = cls(
            market, meters, admin, accounts[1 : 1 + traders], stranger, changes.get("depositRate", DEPOSIT_RATE)
        )
        for trader in auction.traders:
            meters.accredit(auction.meter(trader), trader, sender=admin)
        return auction

    # ---- time

    @property
    def now(self) -> int:
        return ape.chain.blocks.head.timestamp

    def wait(self, seconds: int) -> None:
        ape.chain.pending_timestamp = self.now + seconds
        ape.chain.mine(1)

    # ---- orders

    def place(self, trader: Any, is_bid: bool, ticks: int, qty: int, expiry: int = 0) -> Any:
        method = self.market.placeBid if is_bid else self.market.placeAsk
        value = escrow(is_bid, ticks * TICK, qty, self.rate)
        return method(ticks * TICK, qty, expiry, sender=trader, value=value)

    def bid(self, trader: Any, ticks: int, qty: int, expiry: int = 0) -> int:
        return self.order_id(self.place(trader, True, ticks, qty, expiry))

    def ask(self, trader: Any, ticks: int, qty: int, expiry: int = 0) -> int:
        return self.order_id(self.place(trader, False, ticks, qty, expiry))

    def order_id(self, receipt: Any) -> int:
        (event,) = list(receipt.decode_logs(self.market.OrderPlaced))
        return event.orderId

    def clear(self, steps: int = ALL) -> int:
        """Match; returns the round that was finished last."""
        self.market.matchOrders(steps, sender=self.stranger)
        return self.market.status().round

    def filled(self, order_id: int) -> int:
        return self.market.orderOf(order_id).qtyFilled

    def proceeds(self, order_id: int) -> int:
        return self.market.proceedsOf(order_id)

    # ---- trades

    def trade(self, bid: int, ask: int, round_: int = 1) -> int:
        return self.market.tradeIdOf(bid, ask, round_)

    def crossed(self, qty: int = 100, bid: int = 12, ask: int = 10) -> tuple[int, int, int]:
        """A bid of trader 0 and an ask of trader 1 that met: bid, ask, trade."""
        orders = self.bid(self.traders[0], bid, qty), self.ask(self.traders[1], ask, qty)
        return *orders, self.trade(*orders, self.clear())

    @staticmethod
    def meter_key(trader: Any) -> bytes:
        return keccak(text=f"meter of {trader.address}")

    @classmethod
    def meter(cls, trader: Any) -> str:
        from eth_account import Account

        return Account.from_key(cls.meter_key(trader)).address

    def proof(self, trade: int, delivered: int, refused: int = 0, *, signer: Any = None, read_at: int = 0) -> bytes:
        """A reading by the meter of `signer`, by default the seller's of the first trade: trader 1."""
        reading = Reading(trade, delivered, refused, read_at or self.now)
        key = self.meter_key(signer or self.traders[1])
        return reading.proof(key, market=self.market.address, chain_id=ape.chain.chain_id)

    def settle(self, trade: int, delivered: int, refused: int = 0, *, signer: Any = None) -> Any:
        return self.market.settle(trade, self.proof(trade, delivered, refused, signer=signer), sender=self.stranger)

    def let_expire(self, trade: int) -> Any:
        self.wait(SETTLEMENT_TTL + 1)
        return self.market.expire(trade, sender=self.stranger)
