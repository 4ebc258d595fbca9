"""``/grid``: the feeder, its faults, and who is told."""

from fastapi import APIRouter

from dem.app import models
from dem.app.api.door import ANYONE, OPERATOR, Door, Who

router = APIRouter(prefix="/grid", tags=["grid"])


@router.get("", responses=ANYONE)
def grid(door: Door, who: Who) -> models.Grid:
    """Voltages, taps and losses of the feeder."""
    return door.do(door.desks.grid.grid, who)


@router.put("", responses=OPERATOR)
def change(door: Door, who: Who, change: models.GridChange) -> models.Grid:
    """Scale the feeder's own loads, and let the regulators answer. The operator only."""
    return door.do(door.desks.grid.change, who, change)


@router.post("/faults", status_code=201, responses=OPERATOR)
def report(door: Door, who: Who, fault: models.NewFault) -> list[models.Alert]:
    """Report a fault: the operator and every home below it are told. The operator only."""
    return door.do(door.desks.grid.report, who, fault)


@router.get("/alerts", responses=ANYONE)
def alerts(door: Door, who: Who) -> list[models.Alert]:
    """The latest alerts: all for the operator, a home's own for its key."""
    return door.do(door.desks.grid.alerts, who)
