"""A deployed balancing market and short names for what tests do with it."""

from dataclasses import dataclass
from typing import Any

from dem.chain.balancing import BalancingMarket, BalancingTerms
from dem.market.balancing_curve import Curve

UNIT = 10**9  # tests count money in this, so that prices look like prices
CURVE = Curve(base=200 * UNIT, amplitude=100 * UNIT, scale=1_000, surplus_limit=2_000)
TERMS = BalancingTerms(CURVE, slot_s=3600, gate_closure_s=900, certification_s=7200, horizon=3)
MONEY = 10**18
OPEN, CERTIFIED, CANCELLED, SETTLED = 1, 2, 3, 4


@dataclass
class World:
    market: BalancingMarket
    homes: list[Any]
    stranger: Any
    genesis: int

    @classmethod
    def deploy(cls, connection) -> "World":
        market = BalancingMarket.deploy(connection, TERMS)
        homes = connection.accounts[1:5]
        for home in homes:
            market.join(home, MONEY)
        return cls(market, homes, connection.accounts[9], connection.read(market.market.genesis))

    @property
    def connection(self):
        return self.market.connection

    @property
    def contract(self):
        return self.market.market

    @property
    def next_slot(self) -> int:
        return self.market.current_slot + 1

    def read(self, method, *arguments):
        return self.connection.read(method, *arguments)

    def send(self, method, *arguments, sender):
        return self.connection.send(method, *arguments, sender=sender)

    def start(self, slot) -> int:
        return self.genesis + slot * TERMS.slot_s

    def pot(self, slot) -> int:
        return self.read(self.contract.bookOf, slot).pot

    def reserve(self) -> int:
        return self.read(self.contract.reserve)

    def tokens(self, holder) -> int:
        return self.read(self.market.currency.balanceOf, holder)

    def balances(self) -> list[int]:
        return [self.market.balance(home) for home in self.homes]

    def close_gate(self, slot) -> None:
        self.connection.advance_to(self.start(slot) - TERMS.gate_closure_s)

    def end(self, slot) -> None:
        self.market.advance_to_end_of(slot)

    def end_certification(self, slot) -> None:
        self.connection.advance_to(self.start(slot + 1) + TERMS.certification_s)
