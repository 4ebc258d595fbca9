"""Certificates, credits and the carbon tax from Python: publish factors, issue, claim, retire, assess, pay.

Energy is in whole Wh, factors in gCO2e/kWh, emissions in mgCO2e, credits in 10⁻¹⁸ tCO2e, time in slots since 1970;
``contracts/Carbon.md`` says what each call does and when it is refused.
"""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from dem.chain.connection import Connection, Receipt, batches
from dem.chain.meters import MeterRegistry

UNITS_PER_MG = 10**9
FACTORS_PER_TRANSACTION = 1_000
SLOTS_PER_TRANSACTION = 250
_AVERAGE, _MARGINAL = 0, 1


class Technology(enum.IntEnum):
    """What made the energy."""

    UNKNOWN = 0
    SOLAR = 1
    WIND = 2
    HYDRO = 3
    BIOMASS = 4
    COGENERATION = 5


@dataclass(frozen=True)
class Emissions:
    """A home's emissions in mgCO2e: neither paid for nor made up for, paid for, made up for."""

    owed: int
    paid: int
    offset: int


@dataclass(frozen=True)
class CarbonTerms:
    """What the carbon contracts are deployed with.

    Attributes:
        tax_rate: units of the currency for a tonne of CO2e.
        average_source: where the average factors come from, and of what year they are.
        marginal_source: the same of the marginal factors.
    """

    tax_rate: int
    average_source: str
    marginal_source: str


class CarbonOffice:
    """Attributes, certificates, credits, factors of both kinds and the tax, on one connection."""

    def __init__(self, connection: Connection, contracts: dict[str, Any], meters: MeterRegistry, operator: Any) -> None:
        self.connection = connection
        self.meters = meters
        self.operator = operator
        self.currency = contracts["currency"]
        self.attributes = contracts["attributes"]
        self.average = contracts["average"]
        self.marginal = contracts["marginal"]
        self.certificates = contracts["certificates"]
        self.credits = contracts["credits"]
        self.tax = contracts["tax"]

    @classmethod
    def deploy(
        cls,
        connection: Connection,
        terms: CarbonTerms,
        *,
        meters: MeterRegistry,
        currency: Any,
        treasury: Any,
        operator: Any = None,
    ) -> Self:
        """Deploy all of it; the operator gets every role.

        Raises:
            ContractError: there is no treasury.
        """
        operator = operator or connection.accounts[0]

        def deploy(name: str, *arguments: Any) -> Any:
            return connection.deploy(name, *arguments, sender=operator)[0]

        made = {"currency": currency}
        made["attributes"] = deploy("EnergyAttributes", operator, meters.registry)
        made["average"] = deploy("EmissionFactors", operator, _AVERAGE, terms.average_source)
        made["marginal"] = deploy("EmissionFactors", operator, _MARGINAL, terms.marginal_source)
        made["certificates"] = deploy("EnergyCertificates", operator, made["attributes"])
        made["credits"] = deploy("CarbonCredits", operator, made["attributes"], made["marginal"])
        made["tax"] = deploy(
            "CarbonTax", meters.registry, made["average"], made["credits"], currency, terms.tax_rate, treasury
        )
        office = cls(connection, made, meters, operator)
        office._grant_roles()
        return office

    def set_technology(self, home: Any, technology: Technology) -> Receipt:
        """Say what makes a home's energy."""
        return self.connection.send(self.attributes.setTechnology, home, int(technology), sender=self.operator)

    def publish(self, first_slot: int, *, average: Sequence[int] = (), marginal: Sequence[int] = ()) -> list[Receipt]:
        """Publish factors of time slots in a row, in gCO2e/kWh."""
        return [
            self.connection.send(
                contract.publish, first_slot + number * FACTORS_PER_TRANSACTION, list(batch), sender=self.operator
            )
            for contract, factors in ((self.average, average), (self.marginal, marginal))
            for number, batch in enumerate(batches(factors, FACTORS_PER_TRANSACTION))
        ]

    def certify(self, home: Any, slots: Iterable[int]) -> list[Receipt]:
        """Turn a home's production in some time slots into certificates."""
        return self._in_batches(self.certificates.issue, home, slots)

    def credit(self, home: Any, slots: Iterable[int]) -> list[Receipt]:
        """Turn a home's production in some time slots into credits."""
        return self._in_batches(self.credits.issue, home, slots)

    def certificate_id(self, slot: int, technology: Technology) -> int:
        """The id of a time slot's certificates."""
        return self.connection.read(self.certificates.idOf, slot, int(technology))

    def claim(self, holder: Any, certificate: int, amount: int, beneficiary: Any, message: str = "") -> Receipt:
        """Cover consumption with certificates, which are gone for good."""
        return self.connection.send(self.certificates.claim, certificate, amount, beneficiary, message, sender=holder)

    def retire(self, holder: Any, amount: int, beneficiary: Any, message: str = "") -> Receipt:
        """Retire credits for good."""
        return self.connection.send(self.credits.retire, amount, beneficiary, message, sender=holder)

    def assess(self, home: Any, first_slot: int, count: int) -> list[Receipt]:
        """Assess what a home took from the network, in as many transactions as it takes."""
        return [
            self.connection.send(self.tax.assess, home, slots[0], len(slots), sender=self.operator)
            for slots in batches(range(first_slot, first_slot + count), SLOTS_PER_TRANSACTION)
        ]

    def pay(self, home: Any, emissions: int) -> Receipt:
        """Pay for a home's emissions with its money."""
        due = self.connection.read(self.tax.dueFor, emissions)
        self.connection.send(self.currency.approve, self.tax, due, sender=home)
        return self.connection.send(self.tax.pay, home, emissions, sender=home)

    def offset(self, home: Any, emissions: int) -> Receipt:
        """Make up for a home's emissions by retiring its credits."""
        self.connection.send(self.credits.approve, self.tax, emissions * UNITS_PER_MG, sender=home)
        return self.connection.send(self.tax.offset, home, emissions, sender=home)

    def emissions_of(self, home: Any) -> Emissions:
        """A home's emissions."""
        told = self.connection.read(self.tax.emissionsOf, home)
        return Emissions(told.owed, told.paid, told.offset)

    def _in_batches(self, method: Any, home: Any, slots: Iterable[int]) -> list[Receipt]:
        return [
            self.connection.send(method, batch, sender=home) for batch in batches(list(slots), SLOTS_PER_TRANSACTION)
        ]

    def _grant_roles(self) -> None:
        send = {"sender": self.operator}
        grant = self.connection.grant
        grant(self.attributes, ["REGISTRAR_ROLE"], self.operator, **send)
        for issuer in (self.certificates, self.credits):
            grant(self.attributes, ["ISSUER_ROLE"], issuer, **send)
            grant(issuer, ["PAUSER_ROLE"], self.operator, **send)
        for factors in (self.average, self.marginal):
            grant(factors, ["FACTOR_ROLE"], self.operator, **send)
