"""The paper's marketplace from Python: deploy it, act as a home, as the meters, as whoever closes an interval.

Energy is in whole Wh, money in wei, prices in wei per Wh, as the contracts hold them (`dem.units` converts);
``contracts/README.md`` says what each call does and when it is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self

from dem import units
from dem.chain.connection import Connection, Receipt, batches

FEED_DECIMALS = 18
ROLES = ("METER_ROLE", "GRID_ROLE", "TARIFF_ROLE", "PAUSER_ROLE")
# The most readings that `report` puts in one transaction: about half of a block of 30 million gas.
READINGS_PER_TRANSACTION = 250


class Side(IntEnum):
    """Whether a commitment gives energy to the pool or takes it; numbered as in the contracts."""

    PRODUCTION = 0
    CONSUMPTION = 1


class EnergyType(IntEnum):
    """What a home produces energy with; numbered as in the contracts."""

    NONE = 0
    SOLAR = 1
    WIND = 2
    HYDRO = 3
    BIOMASS = 4
    STORAGE = 5


@dataclass(frozen=True)
class Terms:
    """What a marketplace is deployed with.

    Attributes:
        retail: what a Wh from the grid costs, in wei.
        feed_in: what the grid pays for a Wh, in wei; never more than ``retail``.
        price: the first answer of the price feed, in wei per Wh. Between neighbours it counts within the two above.
        interval_s: length of an interval in seconds.
        reporting_window_s: how long meters may report after an interval, in seconds.
        feed_max_age_s: age at which the feed's price is stale, in seconds.
        grid_reserve: what the grid's account starts with, in wei: it backs the feed-in of promised production.
    """

    retail: int
    feed_in: int
    price: int
    interval_s: int = 3600
    reporting_window_s: int = 3600
    feed_max_age_s: int = 86_400
    grid_reserve: int = 100 * units.WEI_PER_ETHER

    @classmethod
    def in_eur(
        cls, retail: float = 0.30, feed_in: float = 0.08, price: float = 0.18, eur_per_ether: float = 3_000, **rest: int
    ) -> Self:
        """Terms from prices in EUR/kWh and an exchange rate; ``rest`` are further fields.

        Raises:
            ValueError: a price is negative or the rate not positive.
        """
        in_wei = (units.eur_per_kwh_to_wei_per_wh(value, eur_per_ether) for value in (retail, feed_in, price))
        return cls(*in_wei, **rest)


@dataclass(frozen=True)
class Commitment:
    """A promise as it was created.

    Attributes:
        id: its number in the contracts.
        side: production or consumption.
        energy_wh: promised in each interval.
        start: first interval.
        duration: number of intervals.
        reserved: collateral set aside for it, in wei.
        receipt: of its creation.
    """

    id: int
    side: Side
    energy_wh: int
    start: int
    duration: int
    reserved: int
    receipt: Receipt

    @property
    def intervals(self) -> range:
        """The intervals it covers."""
        return range(self.start, self.start + self.duration)


@dataclass(frozen=True)
class Clearing:
    """What closing an interval fixed, all in wei per Wh.

    Attributes:
        price: between neighbours.
        sell_price: what a producer receives for what it delivered.
        buy_price: what a consumer pays for what it took.
        penalty: what failing a promise costs.
    """

    price: int
    sell_price: int
    buy_price: int
    penalty: int


class Marketplace:
    """EnergyProfile, EnergyPool and EnergyMarket on one connection."""

    def __init__(self, connection: Connection, market: Any, operator: Any, deployment: Receipt | None = None) -> None:
        self.connection = connection
        self.operator = operator
        self.deployment = deployment
        self.market = market
        self.pool = connection.contract("EnergyPool", connection.read(market.pool))
        self.profile = connection.contract("EnergyProfile", connection.read(market.profile))
        self.feed = connection.contract("PriceFeedMock", connection.read(market.feed))

    @classmethod
    def deploy(
        cls, connection: Connection, terms: Terms | None = None, *, operator: Any = None, feed: str | None = None
    ) -> Self:
        """Deploy all three contracts.

        Args:
            connection: where.
            terms: tariff and times; default: 0.30 and 0.08 EUR/kWh at 3,000 EUR per ether.
            operator: the account that gets every role: admin, meters, grid, tariff, pause. Default: account 0.
            feed: address of a Chainlink price feed in the chain's currency per kWh; default: a mock is deployed.

        Raises:
            ContractError: the contracts refuse the terms.
        """
        terms = terms or Terms.in_eur()
        operator = operator if operator is not None else connection.accounts[0]
        if feed is None:
            mock, _ = connection.deploy("PriceFeedMock", FEED_DECIMALS, _feed_answer(terms.price), sender=operator)
            feed = mock.address
        times = (terms.feed_max_age_s, terms.interval_s, terms.reporting_window_s)
        market, deployment = connection.deploy(
            "EnergyMarket", operator, feed, *times, terms.retail, terms.feed_in, sender=operator
        )
        connection.grant(market, ROLES, operator, sender=operator)
        marketplace = cls(connection, market, operator, deployment)
        marketplace.fund_grid(terms.grid_reserve)
        return marketplace

    @classmethod
    def at(cls, connection: Connection, address: str, operator: Any) -> Self:
        """The marketplace whose EnergyMarket is at ``address``; ``operator`` signs the meters' and roles' calls."""
        return cls(connection, connection.contract("EnergyMarket", address), operator)

    @property
    def current_interval(self) -> int:
        """Number of the interval running now."""
        return self.connection.read(self.profile.currentInterval)

    def advance_to(self, interval: int) -> None:
        """Move a local chain's clock to the start of ``interval``."""
        self.connection.advance_to(self.connection.read(self.profile.endOf, interval) - self._interval_s)

    def set_price(self, wei_per_wh: int) -> Receipt:
        """Set the mock feed's price and let the market take it over. Also keeps the feed from going stale."""
        self.connection.send(self.feed.updateAnswer, _feed_answer(wei_per_wh), sender=self.operator)
        return self.connection.send(self.market.refreshQuote, sender=self.operator)

    def fund_grid(self, amount: int) -> Receipt:
        """Add wei to the grid's account, which backs the feed-in of promised production."""
        return self.connection.send(self.profile.fundGrid, sender=self.operator, value=amount)

    def register(
        self, account: Any, collateral: int, location: str = "u33dc1", energy_type: EnergyType = EnergyType.SOLAR
    ) -> "Profile":
        """Register a home of ``account`` with wei as collateral; ``location`` is a geohash of six characters."""
        receipt = self.connection.send(
            self.profile.registerUser, location.encode(), int(energy_type), sender=account, value=collateral
        )
        return Profile(self, account, receipt.value("UserRegistered", "profileId"), receipt)

    def report(self, interval: int, deliveries: Mapping[int, int]) -> list[Receipt]:
        """Report, as the meters, what commitments delivered or took in an interval that is over.

        Args:
            interval: its number.
            deliveries: Wh by commitment id.

        Returns:
            One receipt for each transaction, of up to 250 readings each.
        """
        return [
            self.connection.send(self.market.reportDeliveries, interval, readings, sender=self.operator)
            for readings in batches(list(deliveries.items()), READINGS_PER_TRANSACTION)
        ]

    def close(self, interval: int, account: Any = None) -> Receipt:
        """Close an interval that is over and reported. Anyone may; default: the operator."""
        return self.connection.send(self.market.closeInterval, interval, sender=account or self.operator)

    def clearing(self, interval: int) -> Clearing:
        """The prices of a closed interval.

        Raises:
            ContractError: it is still open.
        """
        result = self.connection.read(self.market.resultOf, interval)
        return Clearing(result.price, result.sellPrice, result.buyPrice, result.penalty)

    def claim(self, commitments: Sequence[Commitment], account: Any = None) -> Receipt:
        """Settle the closed intervals of several commitments in one transaction. Anyone may; default: the operator."""
        ids = [commitment.id for commitment in commitments]
        return self.connection.send(self.market.claimMany, ids, sender=account or self.operator)

    @property
    def _interval_s(self) -> int:
        return self.connection.read(self.profile.intervalLength)


@dataclass(frozen=True)
class Profile:
    """A registered home, acting through its owner's account.

    Attributes:
        marketplace: where it is registered.
        account: the owner, who signs.
        id: its token number.
        receipt: of its registration.
    """

    marketplace: Marketplace
    account: Any
    id: int
    receipt: Receipt

    @property
    def collateral(self) -> int:
        """Wei that the contracts hold for this home."""
        return self.marketplace.connection.read(self.marketplace.profile.profileOf, self.id).collateral

    @property
    def free_collateral(self) -> int:
        """Wei of it that open commitments do not need."""
        return self.marketplace.connection.read(self.marketplace.profile.freeCollateral, self.id)

    @property
    def locked(self) -> bool:
        """Whether a deposited commitment keeps the profile from being transferred."""
        return self.marketplace.connection.read(self.marketplace.profile.locked, self.id)

    def commit(self, side: Side, energy_wh: int, start: int, duration: int = 1) -> Commitment:
        """Promise ``energy_wh`` in each of ``duration`` intervals from ``start``."""
        receipt = self._send(self.marketplace.profile.createCommitment, self.id, int(side), energy_wh, start, duration)
        number = receipt.value("CommitmentCreated", "commitmentId")
        reserved = receipt.value("CommitmentCreated", "reserved")
        return Commitment(number, side, energy_wh, start, duration, reserved, receipt)

    def cancel(self, commitment: Commitment) -> Receipt:
        """Take a promise back that was not deposited."""
        return self._send(self.marketplace.profile.cancelCommitment, commitment.id)

    def approve(self, operator: Any) -> Receipt:
        """Let another account commit and deposit for this home. Not needed for doing it oneself."""
        return self._send(self.marketplace.profile.approve, operator, self.id)

    def deposit(self, commitment: Commitment) -> Receipt:
        """Make a promise binding."""
        return self._send(self.marketplace.pool.deposit, commitment.id)

    def claim(self, commitment: Commitment) -> Receipt:
        """Settle the closed intervals of a commitment into the collateral."""
        return self._send(self.marketplace.market.claim, commitment.id)

    def add_collateral(self, amount: int) -> Receipt:
        """Pay wei in."""
        return self._send(self.marketplace.profile.addCollateral, self.id, value=amount)

    def withdraw(self, amount: int, to: str | None = None) -> Receipt:
        """Pay free collateral out, in wei, to the owner or another address."""
        receiver = to or self.account.address
        return self._send(self.marketplace.profile.withdrawCollateral, self.id, amount, receiver)

    def _send(self, method: Any, *arguments: Any, value: int = 0) -> Receipt:
        return self.marketplace.connection.send(method, *arguments, sender=self.account, value=value)


def _feed_answer(wei_per_wh: int) -> int:
    return wei_per_wh * units.WH_PER_KWH * 10**FEED_DECIMALS // units.WEI_PER_ETHER
