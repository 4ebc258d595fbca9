"""What stands on the chain: the contracts, deployed on demand, and the homes with their accounts and meters.

The chain's coin is one EUR of 10¹⁸ smallest units, as in the virtual power plant.
"""

import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dem import chain, units
from dem.app.desks.errors import ConflictError, NotFoundError
from dem.app.models import Contract, GasUse, Side, Terms
from dem.chain import gas
from dem.chain.carbon import CarbonTerms

EUR_PER_COIN = 1
TICK = units.eur_per_kwh_to_wei_per_wh(units.eur_per_mwh_to_eur_per_kwh(1), EUR_PER_COIN)
TAX_PER_TONNE = 65 * units.WEI_PER_ETHER
TREASURY, FIRST_HOME = -1, 1
RECEIPTS_KEPT = 10_000
_METER_KEY_BYTES = 32


def wei_per_wh(eur_per_mwh: int) -> int:
    """A price as the contracts take it."""
    return eur_per_mwh * TICK


def eur_per_mwh(price: int) -> float:
    """A contract's price for display."""
    return price / TICK


def eur(amount: int) -> float:
    """A contract's amount for display."""
    return units.wei_to_eur(amount, EUR_PER_COIN)


def moment(timestamp: int) -> datetime:
    """A chain's time."""
    return datetime.fromtimestamp(timestamp, UTC)


@dataclass(frozen=True)
class Resident:
    """A registered home: its account signs for it, its meter's key for what it delivers."""

    name: str
    account: Any
    profile: chain.Profile
    meter: str
    meter_key: bytes


@dataclass
class Placed:
    """An order in the double auction as the contract has it, known without asking it again.

    Attributes:
        home: whose it is.
        order: the order itself.
        expiry: when it leaves the book, in seconds since 1970.
        filled_wh: what of it has traded.
        cancelled: whether it was taken off the book.
    """

    home: str
    order: chain.AuctionOrder
    expiry: int
    filled_wh: int = 0
    cancelled: bool = False

    @property
    def side(self) -> Side:
        """What it does."""
        return "buy" if self.order.is_bid else "sell"

    def waiting_wh(self, now: int) -> int:
        """Wh that are in the book at a time."""
        return 0 if self.cancelled or self.expiry <= now else self.order.quantity - self.filled_wh


@dataclass(frozen=True)
class Contracts:
    """What one deployment made."""

    terms: Terms
    marketplace: chain.Marketplace
    meters: chain.MeterRegistry
    auction: chain.EnergyDoubleAuction
    carbon: chain.CarbonOffice

    @classmethod
    def deploy(cls, connection: chain.Connection, terms: Terms) -> "Contracts":
        """All of them, with account 0 as operator."""
        operator = connection.accounts[0]
        prices = (terms.retail_eur_per_mwh, terms.feed_in_eur_per_mwh, terms.price_eur_per_mwh)
        marketplace = chain.Marketplace.deploy(connection, chain.Terms(*map(wei_per_wh, prices)))
        meters = chain.MeterRegistry.deploy(connection)
        auction_terms = chain.AuctionTerms(tick=TICK, pricing=terms.pricing)
        auction = chain.EnergyDoubleAuction.deploy(connection, meters=meters.registry, terms=auction_terms)
        currency, _ = connection.deploy("EnergyCurrency", "Energy Euro", "EEUR", operator, sender=operator)
        carbon_terms = CarbonTerms(TAX_PER_TONNE, "none published", "none published")
        treasury = connection.accounts[TREASURY]
        carbon = chain.CarbonOffice.deploy(
            connection, carbon_terms, meters=meters, currency=currency, treasury=treasury
        )
        return cls(terms, marketplace, meters, auction, carbon)

    def instances(self) -> Iterator[tuple[str, Any]]:
        """Each contract's name and instance."""
        market, carbon = self.marketplace, self.carbon
        yield from (("EnergyMarket", market.market), ("EnergyPool", market.pool), ("EnergyProfile", market.profile))
        yield from (("EnergyDoubleAuction", self.auction.market), ("MeterRegistry", self.meters.registry))
        yield from (("EnergyCertificates", carbon.certificates), ("CarbonCredits", carbon.credits))


@dataclass
class Laboratory:
    """The contracts and the homes on one chain.

    Attributes:
        connection: to a local chain.
        residents: registered homes by name.
        orders: every order that was placed, in order.
        receipts: of the latest transactions, in order.
    """

    connection: chain.Connection
    residents: dict[str, Resident] = field(default_factory=dict)
    orders: list[Placed] = field(default_factory=list)
    receipts: deque[chain.Receipt] = field(default_factory=lambda: deque(maxlen=RECEIPTS_KEPT))
    _contracts: Contracts | None = None

    def __post_init__(self) -> None:
        self.connection.watchers.append(self.receipts.append)

    @property
    def contracts(self) -> Contracts:
        """The deployed contracts.

        Raises:
            ConflictError: there are none yet.
        """
        if self._contracts is None:
            raise ConflictError("no contracts yet: the operator deploys them first")
        return self._contracts

    def deploy(self, terms: Terms) -> None:
        """Deploy the contracts.

        Raises:
            ConflictError: they stand already, or their terms let homes earn without end.
        """
        if terms.feed_in_eur_per_mwh > terms.retail_eur_per_mwh:
            raise ConflictError("feed_in_eur_per_mwh must not exceed retail_eur_per_mwh")
        if self._contracts is not None:
            raise ConflictError("the contracts are deployed already")
        self._contracts = Contracts.deploy(self.connection, terms)

    def listed(self) -> list[Contract]:
        """The contracts and the bytes of their code."""
        if self._contracts is None:
            return []
        instances = dict(self._contracts.instances())
        sizes = gas.contract_sizes(instances).set_index("contract")["bytes"]
        return [
            Contract(name=name, address=instance.address, code_bytes=int(sizes[name]))
            for name, instance in instances.items()
        ]

    def gas_used(self) -> list[GasUse]:
        """Gas by operation, in order of appearance."""
        calls: dict[str, int] = {}
        for receipt in self.receipts:
            calls[receipt.operation] = calls.get(receipt.operation, 0) + 1
        table = gas.first_and_later(self.receipts).astype(object)
        table = table.where(table.notna(), None)
        return [GasUse(calls=calls[row["operation"]], **row) for row in table.to_dict("records")]

    def register(self, name: str, collateral_eur: int) -> Resident:
        """Register a home with an account and a meter of its own.

        Raises:
            ConflictError: the name is taken, or there is no account left.
        """
        contracts, accounts = self.contracts, self.connection.accounts[FIRST_HOME:TREASURY]
        if name in self.residents:
            raise ConflictError(f"there is a home {name} already")
        if len(self.residents) == len(accounts):
            raise ConflictError(f"the chain has accounts for {len(accounts)} homes")
        from eth_account import Account

        account, key = accounts[len(self.residents)], secrets.token_bytes(_METER_KEY_BYTES)
        meter = Account.from_key(key).address
        profile = contracts.marketplace.register(account, collateral_eur * units.WEI_PER_ETHER)
        contracts.meters.accredit(meter, account)
        contracts.carbon.set_technology(account, chain.Technology.SOLAR)
        self.residents[name] = Resident(name, account, profile, meter, key)
        return self.residents[name]

    def resident(self, name: str) -> Resident:
        """A home.

        Raises:
            NotFoundError: there is none of this name.
        """
        if name not in self.residents:
            raise NotFoundError(f"there is no home {name}")
        return self.residents[name]

    def place(self, home: str, order: chain.AuctionOrder) -> Placed:
        """Note an order that stands in the contract's book."""
        told = self.connection.read(self.contracts.auction.market.orderOf, order.id)
        self.orders.append(Placed(home, order, told.expiry, told.qtyFilled))
        return self.orders[-1]

    def waiting(self) -> list[tuple[Placed, int]]:
        """The orders in the book and the Wh that each has left."""
        now = self.connection.now
        return [(placed, left) for placed in self.orders if (left := placed.waiting_wh(now))]

    def credited(self, home: str) -> list[chain.AuctionOrder]:
        """A home's orders that have money to their credit."""
        auction = self.contracts.auction
        return [placed.order for placed in self.orders if placed.home == home and auction.proceeds(placed.order)]

    def pass_intervals(self, count: int) -> int:
        """Let time pass to the start of a later interval; the interval."""
        market = self.contracts.marketplace
        market.advance_to(market.current_interval + count)
        self.keep_price_fresh()
        return market.current_interval

    def keep_price_fresh(self) -> None:
        """Let the pool's price feed say its price again: one of a day ago is stale."""
        if self._contracts is not None:
            self._contracts.marketplace.set_price(wei_per_wh(self._contracts.terms.price_eur_per_mwh))
