"""A deployed marketplace and short names for what tests do with it all the time."""

import contextlib
from dataclasses import dataclass, field
from typing import Any

import ape
import pytest
from ape.exceptions import ApeException
from eth_utils import keccak

from dem.chain import errors, project

INTERVAL = 3600
REPORTING_WINDOW = 1200
FEED_MAX_AGE = 10 * INTERVAL + 300
WINDOW = 24
WH = 10**9  # tests count money in this many wei, so that prices look like prices
RETAIL = 300 * WH
FEED_IN = 80 * WH
PRICE = 200 * WH
PENALTY = RETAIL - FEED_IN
COLLATERAL = 10**18
LOCATION = b"u09tvw"
PRODUCTION, CONSUMPTION = 0, 1
CREATED, DEPOSITED, SETTLED, CANCELLED = 1, 2, 3, 4
SOLAR = 1
ROLES = ("METER_ROLE", "PAUSER_ROLE", "TARIFF_ROLE", "GRID_ROLE")
DEFAULT_ADMIN = b"\0" * 32
CONTRACTS = ("EnergyMarket", "EnergyPool", "EnergyProfile")


def role(name: str) -> bytes:
    return keccak(text=name)


def commitment_id(profile_id: int, number: int = 0) -> int:
    return profile_id << 24 | number


def load(name: str) -> Any:
    return project.load_contract(name)


@contextlib.contextmanager
def reverts(name: str, **arguments: Any):
    """The block is refused with this error of the contracts, and with these arguments of it."""
    with pytest.raises(ApeException) as caught:
        yield
    refused = explain(caught.value)
    assert refused.name == name, refused
    for key, value in arguments.items():
        assert refused.arguments[key] == value, refused


def explain(error: ApeException) -> errors.ContractError:
    """The contract's own error behind Ape's exception, whichever of the contracts raised it."""
    known = {}
    for contract in CONTRACTS:
        for abi in load(contract).contract_type.errors:
            known[keccak(text=abi.selector)[:4]] = abi
    decode = ape.chain.provider.network.ecosystem.decode_calldata
    refused = errors.translate("call", error, known, decode)
    assert isinstance(refused, errors.ContractError), refused
    return refused


@dataclass
class Marketplace:
    """The three contracts, their price feed and the accounts around them."""

    market: Any
    pool: Any
    profile: Any
    feed: Any
    admin: Any
    owners: list[Any]
    stranger: Any
    genesis: int = field(init=False)

    def __post_init__(self) -> None:
        self.genesis = self.profile.genesis()

    @classmethod
    def deploy(cls, accounts: list[Any], *, grid: int, feed: Any = None, **terms: int) -> "Marketplace":
        """Deploy with the terms above (or those given) and give account 0 every role."""
        admin, stranger = accounts[0], accounts[9]
        feed = feed or load("PriceFeedMock").deploy(18, PRICE * 1000, sender=admin)
        market = load("EnergyMarket").deploy(
            admin,
            feed,
            terms.get("feed_max_age", FEED_MAX_AGE),
            terms.get("interval", INTERVAL),
            terms.get("reporting_window", REPORTING_WINDOW),
            terms.get("retail", RETAIL),
            terms.get("feed_in", FEED_IN),
            sender=admin,
        )
        profile = load("EnergyProfile").at(market.profile(), fetch_from_explorer=False)
        pool = load("EnergyPool").at(market.pool(), fetch_from_explorer=False)
        for name in ROLES:
            market.grantRole(role(name), admin, sender=admin)
        if grid:
            profile.fundGrid(sender=admin, value=grid)
        return cls(market, pool, profile, feed, admin, accounts[1:9], stranger)

    # ---- time

    @property
    def now(self) -> int:
        return ape.chain.blocks.head.timestamp

    @property
    def current(self) -> int:
        return (self.now - self.genesis) // INTERVAL

    def go_to(self, interval: int, offset: int = 600) -> None:
        """Move to `offset` seconds into an interval."""
        timestamp = self.genesis + interval * INTERVAL + offset
        assert timestamp > self.now, "time runs forward only"
        ape.chain.pending_timestamp = timestamp
        ape.chain.mine(1)

    def refresh(self, price: int = PRICE) -> None:
        """A new round of the feed, taken over."""
        self.feed.updateAnswer(price * 1000, sender=self.admin)
        self.market.refreshQuote(sender=self.stranger)

    # ---- homes

    def register(self, owner: Any, collateral: int = COLLATERAL) -> int:
        self.profile.registerUser(LOCATION, SOLAR, sender=owner, value=collateral)
        return self.profile.profileCount()

    def owner(self, profile_id: int) -> Any:
        address = self.profile.ownerOf(profile_id)
        return next(account for account in [*self.owners, self.admin, self.stranger] if account.address == address)

    def commit(self, home: int, side: int, amount: int, start: int = 2, duration: int = 1, sender: Any = None) -> int:
        """A promise, not yet deposited."""
        number = self.profile.profileOf(home).commitmentCount
        self.profile.createCommitment(home, side, amount, start, duration, sender=sender or self.owner(home))
        return commitment_id(home, number)

    def promise(self, home: int, side: int, amount: int, start: int = 2, duration: int = 1) -> int:
        """A promise, deposited."""
        commitment = self.commit(home, side, amount, start, duration)
        self.pool.deposit(commitment, sender=self.owner(home))
        return commitment

    def report(self, interval: int, readings: dict[int, int]) -> Any:
        return self.market.reportDeliveries(interval, list(readings.items()), sender=self.admin)

    def close(self, interval: int) -> Any:
        return self.market.closeInterval(interval, sender=self.stranger)

    def claim(self, commitment: int) -> Any:
        return self.market.claim(commitment, sender=self.stranger)

    def settle(self, interval: int, readings: dict[int, int]) -> Any:
        """Report everything, close, claim."""
        if self.now < self.genesis + (interval + 1) * INTERVAL:
            self.go_to(interval + 1)
        self.report(interval, readings)
        receipt = self.close(interval)
        for commitment in readings:
            self.claim(commitment)
        return receipt

    # ---- money

    def collateral(self, home: int) -> int:
        return self.profile.profileOf(home).collateral

    def reserved(self, home: int) -> int:
        return self.profile.profileOf(home).reserved

    def grid(self) -> int:
        return self.profile.gridAccount()[0]

    def grid_reserved(self) -> int:
        return self.profile.gridAccount()[1]

    def assert_conserved(self, homes: list[int], claims: list[int] = ()) -> None:
        """What the contract holds is what it owes, to the wei; `claims` are closed and unclaimed commitments."""
        due = 0
        for commitment in claims:
            _, credit, debit = self.market.claimable(commitment)
            due += credit - debit
        owed = sum(self.collateral(home) for home in homes) + self.grid() + due
        assert self.profile.balance == owed
