"""A month of a street on the real contracts, in this process: readings, roots, claims, certificates, credits, tax.

The chain's clock starts when the month is over, so that its time slots are the last ones: what a meter measured over a
month is handed in at once, in order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from eth_account import Account
from eth_utils import keccak

from dem import units
from dem.chain import (
    BatchSettlement,
    CarbonOffice,
    CarbonTerms,
    Connection,
    Emissions,
    MeterRegistry,
    Receipt,
    SettlementTerms,
    SignedReading,
    SlotTree,
    Technology,
)
from dem.meters import Meter
from dem.studies.street_month import Month

TERMS = SettlementTerms(stake=10**17, challenge_s=3_600, notice_s=2 * 86_400)
# More than a month of any home comes to, and no more than accounts of the test chain hold.
PURSE = 100 * units.WEI_PER_ETHER
# Of the month, whose production becomes certificates, by home; that of the rest becomes credits.
CERTIFIED_SHARES = (1.0, 0.5, 0.0)
# Of what a home owes for its emissions, at most: schemes that take offsets at all cap them.
OFFSET_SHARE = 0.5
EUR = 10**18  # of the currency in which the tax is paid


def meter_key(home: int) -> bytes:
    """The private key of a home's meter."""
    return keccak(text=f"meter of home {home}")


@dataclass(frozen=True)
class ChainMonth:
    """What the month left behind.

    Attributes:
        gas: what was sent after the contracts were there: what for, and the gas of each transaction.
        energy: one row a home: Wh ``exported``, and of these ``claimed`` (certificates), ``held`` (certificates),
            ``credited`` and ``unused``.
        carbon: one row a home: kgCO2e ``paid`` for and ``offset``, ``owed`` still, and ``retired`` by hand.
        tax_eur: paid by each home.
        paid_wei: what each home's balance gained in the settlement, negative where it bought.
        signed: what each meter signed, by home and slot.
        trees: whose roots were posted.
    """

    gas: list[tuple[str, int]]
    energy: pd.DataFrame
    carbon: pd.DataFrame
    tax_eur: list[float]
    paid_wei: list[int]
    signed: list[list[SignedReading]]
    trees: list[SlotTree]


class CountedRegister(MeterRegistry):
    """A register that keeps the receipts of what meters hand in."""

    def __init__(self, connection: Connection, registry: Any, operator: Any) -> None:
        super().__init__(connection, registry, operator)
        self.receipts: list[Receipt] = []

    def record(self, readings: Iterable[SignedReading], sender: Any = None) -> list[Receipt]:
        """Take readings into the books."""
        receipts = super().record(readings, sender)
        self.receipts += receipts
        return receipts


@dataclass
class Street:
    """The contracts, the homes and their meters."""

    month: Month
    connection: Connection
    meters: CountedRegister
    settlement: BatchSettlement
    office: CarbonOffice
    homes: list[Any]
    first: int
    eur_per_ether: float
    gas: list[tuple[str, int]] = field(default_factory=list)

    @classmethod
    def deploy(
        cls, connection: Connection, month: Month, *, tax_eur_per_tonne: float, eur_per_ether: float
    ) -> "Street":
        """Deploy everything for a month's homes; each gets a meter, a purse and its technology."""
        slot_s = round((month.times[1] - month.times[0]).total_seconds())
        accounts = connection.accounts
        operator, homes, treasury = accounts[0], accounts[1 : month.homes + 1], accounts[month.homes + 1]
        meters = CountedRegister.deploy(connection, slot_s=slot_s)
        settlement = BatchSettlement.deploy(connection, meters=meters, treasury=treasury, terms=TERMS)
        currency, _ = connection.deploy("EnergyCurrency", "Energy Euro", "EEUR", operator, sender=operator)
        connection.grant(currency, ["MINTER_ROLE"], operator, sender=operator)
        sources = (f"{factors.source}, {factors.vintage}" for factors in (month.average, month.marginal))
        terms = CarbonTerms(round(tax_eur_per_tonne * EUR), *sources)
        office = CarbonOffice.deploy(connection, terms, meters=meters, currency=currency, treasury=treasury)
        first = connection.now // slot_s - len(month.times)
        street = cls(month, connection, meters, settlement, office, homes, first, eur_per_ether)
        street._move_in(currency)
        return street

    def live(self, claimed_slots: int) -> ChainMonth:
        """The month, from readings to retirement; homes claim the certificates of so many slots."""
        signed = self._read_meters()
        trees = [self.tree(number) for number in range(len(self.month.times))]
        self._settle(trees)
        energy, retired = self._use_attributes(claimed_slots)
        self._tax()
        emissions = [self.office.emissions_of(home) for home in self.homes]
        rate = self.connection.read(self.office.tax.rate) / EUR
        return ChainMonth(
            self.gas,
            energy,
            _carbon(emissions, retired),
            [each.paid * rate / 10**9 for each in emissions],
            [self.settlement.balance(home) - PURSE for home in self.homes],
            signed,
            trees,
        )

    def _move_in(self, currency: Any) -> None:
        self.settlement.deposit(self.settlement.operator, 5 * PURSE)
        for number, home in enumerate(self.homes):
            self.meters.accredit(Account.from_key(meter_key(number)).address, home)
            self.settlement.deposit(home, PURSE)
            self.office.set_technology(home, Technology.SOLAR)
            self.connection.send(currency.mint, home, 1_000 * EUR, sender=self.settlement.operator)
        self.office.publish(
            self.first,
            average=self.month.average.whole_g_per_kwh,
            marginal=self.month.marginal.whole_g_per_kwh,
        )

    def _read_meters(self) -> list[list[SignedReading]]:
        """Meters measure, keep and hand in; what they signed, by home and slot."""
        domain, slot_s, signed = self.meters.domain, self.meters.slot_s, []
        for home in range(self.month.homes):
            meter = Meter.open(":memory:", meter_key(home), self.meters)
            for number in range(len(self.month.times)):
                imported, exported = self.energy_of(home, number)
                start = pd.Timestamp((self.first + number) * slot_s, unit="s", tz="UTC").to_pydatetime()
                meter.measure(start, imported_kwh=units.wh_to_kwh(imported), exported_kwh=units.wh_to_kwh(exported))
            signed.append([reading.signed(meter_key(home), domain) for reading in meter.queue.waiting()])
            meter.submit(self.meters)
        self._note("record readings", self.meters.receipts)
        return signed

    def _settle(self, trees: list[SlotTree]) -> None:
        for number, tree in enumerate(trees):
            prices = (self.month.import_price[number], self.month.export_price[number])
            wei = [units.eur_per_kwh_to_wei_per_wh(price, self.eur_per_ether) for price in prices]
            self._note("post roots", [self.settlement.post(tree, import_price=wei[0], export_price=wei[1])])
        self.connection.advance_to(self.connection.now + TERMS.challenge_s)
        self._note("claim payments", [self.settlement.claim(home, trees) for home in self.homes])

    def _use_attributes(self, claimed_slots: int) -> tuple[pd.DataFrame, list[int]]:
        """Certificates of the month's first part, credits of the rest; Wh by home, and credits retired for nothing."""
        rows, retired = [], []
        for number, home in enumerate(self.homes):
            certified, credited = self.producing_slots(number)
            self._note("issue certificates", self.office.certify(home, [self.first + slot for slot in certified]))
            self._note("issue credits", self.office.credit(home, [self.first + slot for slot in credited]))
            claimed = certified[:claimed_slots]
            self._claim_certificates(number, claimed)
            retired.append(self._retire_a_tenth(home))
            wh = [sum(self.energy_of(number, slot)[1] for slot in slots) for slots in (certified, claimed, credited)]
            rows.append({"claimed": wh[1], "held": wh[0] - wh[1], "credited": wh[2]})
        energy = pd.DataFrame(rows)
        exported = self.month.exported_wh.sum(axis=0)
        return energy.assign(exported=exported, unused=exported - energy.sum(axis=1)), retired

    def _claim_certificates(self, number: int, slots: list[int]) -> None:
        home = self.homes[number]
        for slot in slots:
            certificate = self.office.certificate_id(self.first + slot, Technology.SOLAR)
            amount = self.energy_of(number, slot)[1]
            self._note("claim certificates", [self.office.claim(home, certificate, amount, home, "own use")])

    def _retire_a_tenth(self, home: Any) -> int:
        amount = self._credits(home) // 10
        if amount:
            self._note("retire credits", [self.office.retire(home, amount, home, "nothing in return")])
        return amount

    def _tax(self) -> None:
        """Each home offsets what its credits are good for and the cap allows, and pays for the rest."""
        for home in self.homes:
            self._note("assess tax", self.office.assess(home, self.first, len(self.month.times)))
            owed = self.office.emissions_of(home).owed
            offset = min(round(OFFSET_SHARE * owed), self._credits(home) // 10**9)
            if offset:
                self._note("offset tax", [self.office.offset(home, offset)])
            if owed - offset:
                self._note("pay tax", [self.office.pay(home, owed - offset)])

    def _note(self, purpose: str, receipts: list[Receipt]) -> None:
        self.gas += [(purpose, receipt.gas_used) for receipt in receipts]

    def _credits(self, home: Any) -> int:
        return self.connection.read(self.office.credits.balanceOf, home)

    def energy_of(self, home: int, number: int) -> tuple[int, int]:
        """Wh imported and exported by a home in a slot, both by their numbers."""
        return int(self.month.imported_wh[number, home]), int(self.month.exported_wh[number, home])

    def producing_slots(self, home: int) -> tuple[list[int], list[int]]:
        """Slots in which a home gave energy: those that become certificates, and those that become credits."""
        producing = [slot for slot in range(len(self.month.times)) if self.energy_of(home, slot)[1]]
        certified = CERTIFIED_SHARES[home % len(CERTIFIED_SHARES)] * len(self.month.times)
        return [slot for slot in producing if slot < certified], [slot for slot in producing if slot >= certified]

    def tree(self, number: int) -> SlotTree:
        """The honest tree of a slot, by its number."""
        energy = {str(account): self.energy_of(home, number) for home, account in enumerate(self.homes)}
        return SlotTree(self.first + number, energy)


def _carbon(emissions: list[Emissions], retired: list[int]) -> pd.DataFrame:
    rows = [{"paid": each.paid, "offset": each.offset, "owed": each.owed} for each in emissions]
    mg_per_kg = units.G_PER_KG * 1_000
    return (pd.DataFrame(rows) / mg_per_kg).assign(retired=[amount / 10**9 / mg_per_kg for amount in retired])
