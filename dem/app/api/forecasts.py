"""``/plant`` and what it knows of a home: intervals, dispatch, forecasts."""

from fastapi import APIRouter

from dem.app import models
from dem.app.api.door import ANYONE, OPERATOR, OWN_HOME, Door, Name, Who

router = APIRouter(tags=["forecasts"])


@router.get("/plant/intervals", responses=ANYONE)
def intervals(door: Door, who: Who) -> list[models.Interval]:
    """The plant's latest intervals, all homes together."""
    return door.do(door.desks.plant.intervals, who)


@router.post("/plant/intervals", status_code=201, responses=OPERATOR)
def go_on(door: Door, who: Who, going: models.Going) -> list[models.Interval]:
    """Let intervals happen. The operator only."""
    return door.do(door.desks.plant.go_on, who, going.intervals)


@router.get("/homes/{home}/dispatch", responses=OWN_HOME)
def dispatch(door: Door, who: Who, home: Name) -> list[models.Dispatch]:
    """What a home's battery did."""
    return door.do(door.desks.plant.dispatch, who, home)


@router.get("/homes/{home}/forecast", responses=OWN_HOME)
def forecast(door: Door, who: Who, home: Name) -> list[models.Forecast]:
    """What the plant expects of a home."""
    return door.do(door.desks.plant.forecast, who, home)
