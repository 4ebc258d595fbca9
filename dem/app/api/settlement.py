"""``/settlement``: trades and their meters' proofs, intervals and their prices, the chain's clock."""

from typing import Annotated

from fastapi import APIRouter, Path

from dem.app import models
from dem.app.api.door import ANYONE, OPERATOR, Count, Door, Who, refusals

router = APIRouter(prefix="/settlement", tags=["settlement"])
OF_A_TRADE = refusals(403, 404, 409)
IntervalNumber = Annotated[int, Path(ge=0, le=2**31 - 1)]


@router.get("/trades", responses=ANYONE)
def trades(door: Door, who: Who) -> list[models.Trade]:
    """All trades for the operator, a home's own for its key."""
    return door.do(door.desks.trades.trades, who)


@router.post("/trades/{number}/proof", responses=OF_A_TRADE)
def settle(door: Door, who: Who, number: Count, proof: models.MeterProof) -> models.Trade:
    """Prove a trade with what the seller's meter says. The operator only."""
    return door.do(door.desks.trades.settle, who, number, proof)


@router.post("/trades/{number}/expiry", responses=OF_A_TRADE)
def expire(door: Door, who: Who, number: Count) -> models.Trade:
    """End a trade that was not proven in time. The operator only."""
    return door.do(door.desks.trades.expire, who, number)


@router.get("/intervals/{interval}", responses=ANYONE)
def prices(door: Door, who: Who, interval: IntervalNumber) -> models.Prices:
    """The prices of a closed interval of the pool."""
    return door.do(door.desks.commitments.prices, who, interval)


@router.post("/intervals/{interval}", status_code=201, responses=OF_A_TRADE)
def close(door: Door, who: Who, interval: IntervalNumber, closing: models.Closing) -> models.Prices:
    """Report what commitments delivered in an interval that is over, and close it. The operator only."""
    return door.do(door.desks.commitments.close, who, interval, closing)


@router.post("/clock", responses=OPERATOR)
def pass_time(door: Door, who: Who, passing: models.Passing) -> int:
    """Let intervals pass on a local chain; the interval that runs then. The operator only."""
    return door.do(door.desks.commitments.pass_time, who, passing.intervals)
