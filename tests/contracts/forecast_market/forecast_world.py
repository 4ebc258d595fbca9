"""A deployed forecast market with short days, and short names for what tests do with it."""

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_utils import keccak

from dem.chain.forecast_market import ForecastMarket, ForecastTerms, SecretForecast
from dem.chain.meters import MeterRegistry, SlotReading

SLOT = 3600
TERMS = ForecastTerms(slots_per_day=3, gate_s=1_800, scoring_s=7_200, capacity=1_000, min_stake=10**15)
HOMES = 3
STAKE = 10**18
NONE, COMMITTED, REVEALED, SCORED, PAID = range(5)


@dataclass
class World:
    market: ForecastMarket
    homes: list[Any]
    treasury: Any
    stranger: Any

    @classmethod
    def deploy(cls, connection) -> "World":
        accounts = connection.accounts
        meters = MeterRegistry.deploy(connection, slot_s=SLOT)
        homes, treasury = accounts[1 : 1 + HOMES], accounts[8]
        for number, home in enumerate(homes):
            meters.accredit(Account.from_key(cls.key(number)).address, home)
        market = ForecastMarket.deploy(connection, meters=meters, treasury=treasury, terms=TERMS)
        return cls(market, homes, treasury, accounts[9])

    @staticmethod
    def key(home: int) -> bytes:
        return keccak(text=f"forecast meter {home}")

    @property
    def connection(self):
        return self.market.connection

    @property
    def contract(self):
        return self.market.market

    @property
    def tomorrow(self) -> int:
        """The next day whose gate is open with an hour to spare."""
        return (self.connection.now + TERMS.gate_s + 3_600) // (SLOT * TERMS.slots_per_day) + 1

    def read(self, method, *arguments):
        return self.connection.read(method, *arguments)

    def send(self, method, *arguments, sender, value=0):
        return self.connection.send(method, *arguments, sender=sender, value=value)

    def forecast(self, home=0, net=(100, 200, -300), day=None) -> SecretForecast:
        salt = keccak(text=f"salt {home}")
        return SecretForecast(self.homes[home], self.tomorrow if day is None else day, net, salt)

    def committed(self, *forecasts, stakes=None) -> None:
        for position, forecast in enumerate(forecasts):
            self.market.commit(forecast, stakes[position] if stakes else STAKE)

    def open_gate(self, day) -> None:
        self.connection.advance_to(self.market.start_of(day) - TERMS.gate_s)

    def end(self, day) -> None:
        self.connection.advance_to(self.market.start_of(day + 1))

    def end_scoring(self, day) -> None:
        self.connection.advance_to(self.market.start_of(day + 1) + TERMS.scoring_s)

    def measure(self, home: int, day: int, net) -> None:
        """The home's meter reports a day's net energy."""
        meters, key = self.market.meters, self.key(home)
        nonce = meters.nonce_of(Account.from_key(key).address)
        first = day * TERMS.slots_per_day
        meters.record(
            SlotReading(first + n, nonce + n, max(wh, 0), max(-wh, 0)).signed(key, meters.domain)
            for n, wh in enumerate(net)
        )

    def scored(self, forecasts, actual) -> int:
        """Commit, reveal, measure and score; the day, its scoring over."""
        day = forecasts[0].day
        self.committed(*forecasts)
        self.open_gate(day)
        for forecast in forecasts:
            self.market.reveal(forecast)
        self.end(day)
        for forecast, net in zip(forecasts, actual, strict=True):
            self.measure(self.homes.index(forecast.home), day, net)
            self.market.score(forecast)
        self.end_scoring(day)
        return day

    def of(self, forecast):
        return self.read(self.contract.forecastOf, forecast.home, forecast.day)
