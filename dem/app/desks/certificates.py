"""Meter readings by time slot, and the certificates that homes make of what they gave to the network."""

from dem.app.desks.errors import ConflictError
from dem.app.desks.laboratory import Laboratory, Resident
from dem.app.models import Certificate, NewReading, Reading
from dem.app.news import NewsLog
from dem.app.security import Caller
from dem.chain import SlotReading, Technology


class CertificatesDesk:
    """Records readings and issues certificates for them."""

    def __init__(self, laboratory: Laboratory, news: NewsLog) -> None:
        self._laboratory = laboratory
        self._news = news
        self._readings: dict[str, list[Reading]] = {}

    def read(self, caller: Caller, home: str, new: NewReading) -> Reading:
        """Record what a home's meter measured in the last time slot that is over. The operator only."""
        caller.require_operator()
        resident, meters = self._laboratory.resident(home), self._laboratory.contracts.meters
        slot = meters.now // meters.slot_s - 1
        reading = SlotReading(slot, meters.nonce_of(resident.meter), new.imported_wh, new.exported_wh)
        meters.record([reading.signed(resident.meter_key, meters.domain)])
        told = Reading(slot=slot, imported_wh=new.imported_wh, exported_wh=new.exported_wh)
        self._readings.setdefault(home, []).append(told)
        self._news.tell("meter read", [home], **told.model_dump())
        return told

    def readings(self, caller: Caller, home: str) -> list[Reading]:
        """A home's readings, oldest first."""
        caller.require_home(home)
        self._laboratory.resident(home)
        return self._readings.get(home, [])

    def certify(self, caller: Caller, home: str, slot: int) -> Certificate:
        """Turn what a home gave in a time slot into certificates.

        Raises:
            ConflictError: the home has no reading of that slot.
        """
        caller.require_home(home)
        resident = self._laboratory.resident(home)
        if all(reading.slot != slot for reading in self._readings.get(home, [])):
            raise ConflictError(f"home {home} has no reading of time slot {slot}")
        self._laboratory.contracts.carbon.certify(resident.account, [slot])
        self._news.tell("certificate issued", [home], slot=slot)
        return self._held(resident, slot)

    def certificates(self, caller: Caller, home: str) -> list[Certificate]:
        """The certificates that a home holds."""
        caller.require_home(home)
        resident = self._laboratory.resident(home)
        held = [self._held(resident, reading.slot) for reading in self._readings.get(home, [])]
        return [certificate for certificate in held if certificate.energy_wh]

    def claim(self, caller: Caller, home: str, slot: int) -> list[Certificate]:
        """Cover consumption with the certificates of a time slot, which are gone for good; what is left.

        Raises:
            ConflictError: the home holds none of that slot.
        """
        caller.require_home(home)
        resident, office = self._laboratory.resident(home), self._laboratory.contracts.carbon
        held = self._held(resident, slot)
        if not held.energy_wh:
            raise ConflictError(f"home {home} holds no certificates of time slot {slot}")
        number = office.certificate_id(slot, Technology.SOLAR)
        office.claim(resident.account, number, held.energy_wh, resident.account)
        self._news.tell("certificate claimed", [home], **held.model_dump())
        return self.certificates(caller, home)

    def _held(self, resident: Resident, slot: int) -> Certificate:
        office = self._laboratory.contracts.carbon
        number = office.certificate_id(slot, Technology.SOLAR)
        balance = self._laboratory.connection.read(office.certificates.balanceOf, resident.account, number)
        return Certificate(slot=slot, energy_wh=balance)
