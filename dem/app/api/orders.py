"""``/homes/{home}/orders``: orders of the double auction."""

from fastapi import APIRouter

from dem.app import models
from dem.app.api.door import OWN_HOME, Count, Door, Name, Who

router = APIRouter(prefix="/homes/{home}/orders", tags=["orders"])


@router.get("", responses=OWN_HOME)
def orders(door: Door, who: Who, home: Name) -> list[models.Order]:
    """A home's orders, oldest first."""
    return door.do(door.desks.orders.orders, who, home)


@router.post("", status_code=201, responses=OWN_HOME)
def place(door: Door, who: Who, home: Name, order: models.NewOrder) -> models.Order:
    """Place an order; its money is locked until it trades or leaves."""
    return door.do(door.desks.orders.place, who, home, order)


@router.delete("/{number}", responses=OWN_HOME)
def cancel(door: Door, who: Who, home: Name, number: Count) -> models.Order:
    """Take what an order has left off the book."""
    return door.do(door.desks.orders.cancel, who, home, number)
