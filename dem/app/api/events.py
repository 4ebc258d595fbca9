"""``/events``: what happened, as a list or as server-sent events."""

import asyncio
import time
from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from dem.app.api.door import Door, Who, refusals
from dem.app.news import News

router = APIRouter(prefix="/events", tags=["events"])
After = Annotated[int, Query(ge=0, le=2**31 - 1, description="number of the last event known")]
Seconds = Annotated[int, Query(ge=0, le=600, description="how long to listen")]
POLL_S = 0.25


@router.get("", responses=refusals())
def events(door: Door, who: Who, after: After = 0) -> list[News]:
    """What happened after an event and concerns the caller."""
    return door.news.after(after, who)


@router.get("/stream", response_class=EventSourceResponse, responses=refusals())
async def stream(
    door: Door,
    who: Who,
    after: After = 0,
    seconds: Seconds = 600,
    last_event_id: Annotated[str, Header(pattern="^[0-9]{0,9}$")] = "",
) -> AsyncIterable[ServerSentEvent]:
    """The same as it happens. Browsers come back by themselves and go on after ``Last-Event-ID``."""
    known, until = int(last_event_id or after), time.monotonic() + seconds
    while True:
        for news in door.news.after(known, who):
            known = news.number
            yield ServerSentEvent(data=news.model_dump(mode="json"), event="news", id=str(news.number))
        if time.monotonic() >= until:
            return
        await asyncio.sleep(POLL_S)
