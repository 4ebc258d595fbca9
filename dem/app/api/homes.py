"""``/homes``: register them, their keys, their money."""

from fastapi import APIRouter

from dem.app import models
from dem.app.api.door import ANYONE, OPERATOR, OWN_HOME, Door, Name, Who, refusals

router = APIRouter(prefix="/homes", tags=["homes"])


@router.get("", responses=ANYONE)
def homes(door: Door, who: Who) -> list[models.Home]:
    """All homes for the operator, a home's own for its key."""
    return door.do(door.desks.homes.homes, who)


@router.post("", status_code=201, responses=OPERATOR)
def register(door: Door, who: Who, home: models.NewHome) -> models.IssuedKey:
    """Register a home; its key is told this once. The operator only."""
    return door.do(door.desks.homes.register, who, home)


@router.get("/{home}", responses=OWN_HOME)
def home(door: Door, who: Who, home: Name) -> models.Home:
    """A home and its money."""
    return door.do(door.desks.homes.home, who, home)


@router.post("/{home}/key", status_code=201, responses=refusals(403, 404))
def new_key(door: Door, who: Who, home: Name) -> models.IssuedKey:
    """Replace a home's key; the old one ends. The operator only."""
    return door.do(door.desks.homes.new_key, who, home)


@router.post("/{home}/collateral", responses=OWN_HOME)
def add_collateral(door: Door, who: Who, home: Name, amount: models.Amount) -> models.Home:
    """Pay collateral in."""
    return door.do(door.desks.homes.add_collateral, who, home, amount.amount_eur)


@router.post("/{home}/collateral/withdrawals", responses=OWN_HOME)
def withdraw_collateral(door: Door, who: Who, home: Name, amount: models.Amount) -> models.Home:
    """Pay free collateral out."""
    return door.do(door.desks.homes.withdraw_collateral, who, home, amount.amount_eur)


@router.post("/{home}/proceeds/withdrawals", responses=OWN_HOME)
def withdraw_proceeds(door: Door, who: Who, home: Name) -> models.Home:
    """Pay out what the home's orders have to their credit."""
    return door.do(door.desks.homes.withdraw_proceeds, who, home)
