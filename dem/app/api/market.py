"""``/market``: price, book and rounds."""

from fastapi import APIRouter

from dem.app import models
from dem.app.api.door import ANYONE, OPERATOR, Door, Who

router = APIRouter(prefix="/market", tags=["market"])


@router.get("", responses=ANYONE)
def market(door: Door, who: Who) -> models.Market:
    """The price, the rounds, and the book without names."""
    return door.do(door.desks.orders.market, who)


@router.post("/rounds", status_code=201, responses=OPERATOR)
def clear(door: Door, who: Who) -> models.Round:
    """Clear the book. The operator only."""
    return door.do(door.desks.orders.clear, who)
