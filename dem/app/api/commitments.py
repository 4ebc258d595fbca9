"""``/homes/{home}/commitments``: promises to the paper's pool."""

from fastapi import APIRouter

from dem.app import models
from dem.app.api.door import OWN_HOME, Count, Door, Name, Who

router = APIRouter(prefix="/homes/{home}/commitments", tags=["commitments"])


@router.get("", responses=OWN_HOME)
def commitments(door: Door, who: Who, home: Name) -> list[models.Commitment]:
    """A home's commitments, oldest first."""
    return door.do(door.desks.commitments.commitments, who, home)


@router.post("", status_code=201, responses=OWN_HOME)
def commit(door: Door, who: Who, home: Name, commitment: models.NewCommitment) -> models.Commitment:
    """Promise energy in intervals to come."""
    return door.do(door.desks.commitments.commit, who, home, commitment)


@router.post("/{number}/deposit", responses=OWN_HOME)
def deposit(door: Door, who: Who, home: Name, number: Count) -> models.Commitment:
    """Make a promise binding."""
    return door.do(door.desks.commitments.deposit, who, home, number)


@router.post("/{number}/claim", responses=OWN_HOME)
def claim(door: Door, who: Who, home: Name, number: Count) -> models.Commitment:
    """Settle a promise's closed intervals into the collateral."""
    return door.do(door.desks.commitments.claim, who, home, number)


@router.delete("/{number}", responses=OWN_HOME)
def cancel(door: Door, who: Who, home: Name, number: Count) -> models.Commitment:
    """Take a promise back that is not binding yet."""
    return door.do(door.desks.commitments.cancel, who, home, number)
