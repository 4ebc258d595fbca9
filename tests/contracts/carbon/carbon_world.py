"""The carbon contracts with homes whose readings are in the books, and short names for what tests do with them."""

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_utils import keccak

from dem.chain.carbon import CarbonOffice, CarbonTerms, Technology
from dem.chain.meters import MeterRegistry, SlotReading

SLOT = 3600
RATE = 65 * 10**18 + 1  # for a tonne
MONEY = 10**20
SLOTS = 8
# Wh imported and exported in each time slot, by home.
READINGS = [
    [(n, 1_000 + n) for n in range(SLOTS)],
    [(0, 10 * n) for n in range(SLOTS)],
    [(700 + n, 0) for n in range(SLOTS)],
]
AVERAGE = [300 + n for n in range(SLOTS)]
MARGINAL = [800 - n for n in range(SLOTS)]
SOLAR, WIND = Technology.SOLAR, Technology.WIND


@dataclass
class World:
    office: CarbonOffice
    homes: list[Any]
    treasury: Any
    stranger: Any
    first: int

    @classmethod
    def deploy(cls, connection) -> "World":
        accounts = connection.accounts
        operator, homes, treasury = accounts[0], accounts[1:4], accounts[8]
        meters = MeterRegistry.deploy(connection, slot_s=SLOT)
        currency, _ = connection.deploy("EnergyCurrency", "Energy Euro", "EEUR", operator, sender=operator)
        connection.grant(currency, ["MINTER_ROLE"], operator, sender=operator)
        terms = CarbonTerms(RATE, "average, 2099", "marginal, 2099")
        office = CarbonOffice.deploy(connection, terms, meters=meters, currency=currency, treasury=treasury)
        world = cls(office, homes, treasury, accounts[9], connection.now // SLOT - SLOTS)
        for number, home in enumerate(homes):
            world._read(number)
            connection.send(currency.mint, home, MONEY, sender=operator)
        office.set_technology(homes[0], SOLAR)
        office.set_technology(homes[1], WIND)
        office.publish(world.first, average=AVERAGE, marginal=MARGINAL)
        return world

    def _read(self, number):
        key, meters = keccak(text=f"carbon meter {number}"), self.office.meters
        meters.accredit(Account.from_key(key).address, self.homes[number])
        domain = meters.domain
        meters.record(
            SlotReading(self.first + n, n, *pair).signed(key, domain) for n, pair in enumerate(READINGS[number])
        )

    @property
    def connection(self):
        return self.office.connection

    def slot(self, number) -> int:
        return self.first + number

    def read(self, method, *arguments):
        return self.connection.read(method, *arguments)

    def send(self, method, *arguments, sender):
        return self.connection.send(method, *arguments, sender=sender)

    def certificates(self, holder, number, technology=SOLAR) -> int:
        return self.read(
            self.office.certificates.balanceOf, holder, self.office.certificate_id(self.slot(number), technology)
        )

    def credits(self, holder) -> int:
        return self.read(self.office.credits.balanceOf, holder)

    def money(self, holder) -> int:
        return self.read(self.office.currency.balanceOf, holder)
