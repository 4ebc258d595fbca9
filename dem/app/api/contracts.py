"""``/contracts``: deploy them, look at them, see what they cost."""

from fastapi import APIRouter

from dem.app import models
from dem.app.api.door import ANYONE, OPERATOR, Door, Who

router = APIRouter(prefix="/contracts", tags=["contracts"])


@router.get("", responses=ANYONE)
def contracts(door: Door, who: Who) -> list[models.Contract]:
    """The deployed contracts; none before they are deployed."""
    return door.do(door.desks.homes.contracts, who)


@router.post("", status_code=201, responses=OPERATOR)
def deploy(door: Door, who: Who, terms: models.Terms) -> list[models.Contract]:
    """Deploy all contracts. The operator only."""
    return door.do(door.desks.homes.deploy, who, terms)


@router.get("/gas", responses=ANYONE)
def gas(door: Door, who: Who) -> list[models.GasUse]:
    """Gas that each operation used."""
    return door.do(door.desks.homes.gas_used, who)
