"""``/homes/{home}/readings`` and ``/certificates``: what meters measured, and what homes make of it."""

from fastapi import APIRouter

from dem.app import models
from dem.app.api.door import OWN_HOME, Count, Door, Name, Who

router = APIRouter(prefix="/homes/{home}", tags=["certificates"])


@router.get("/readings", responses=OWN_HOME)
def readings(door: Door, who: Who, home: Name) -> list[models.Reading]:
    """A home's readings, oldest first."""
    return door.do(door.desks.certificates.readings, who, home)


@router.post("/readings", status_code=201, responses=OWN_HOME)
def read(door: Door, who: Who, home: Name, reading: models.NewReading) -> models.Reading:
    """Record what a home's meter measured in the last time slot that is over. The operator only."""
    return door.do(door.desks.certificates.read, who, home, reading)


@router.get("/certificates", responses=OWN_HOME)
def certificates(door: Door, who: Who, home: Name) -> list[models.Certificate]:
    """The certificates that a home holds."""
    return door.do(door.desks.certificates.certificates, who, home)


@router.post("/certificates", status_code=201, responses=OWN_HOME)
def certify(door: Door, who: Who, home: Name, slot: models.Slot) -> models.Certificate:
    """Turn what a home gave in a time slot into certificates."""
    return door.do(door.desks.certificates.certify, who, home, slot.slot)


@router.post("/certificates/{slot}/claim", responses=OWN_HOME)
def claim(door: Door, who: Who, home: Name, slot: Count) -> list[models.Certificate]:
    """Cover consumption with the certificates of a time slot; what is left."""
    return door.do(door.desks.certificates.claim, who, home, slot)
