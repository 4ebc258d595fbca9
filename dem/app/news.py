"""What happened, for those whom it concerns: the events of the API and of the page."""

import threading
from collections import deque
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from dem.app.security import Caller

KEPT = 1_000


class News(BaseModel):
    """Something that happened."""

    number: int = Field(description="counts from 1")
    time: datetime = Field(description="UTC, of this machine")
    kind: str = Field(description="what happened, e.g. 'order placed'")
    homes: list[str] | None = Field(description="whom it concerns; null: everybody")
    data: dict[str, Any]


class NewsLog:
    """The latest news, `KEPT` of them, from any thread."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._news: deque[News] = deque(maxlen=KEPT)
        self._count = 0

    def tell(self, kind: str, homes: Collection[str] | None = None, **data: Any) -> None:
        """Add something; ``homes`` are whom it concerns, by default everybody."""
        with self._mutex:
            self._count += 1
            whom = None if homes is None else sorted(homes)
            self._news.append(News(number=self._count, time=datetime.now(UTC), kind=kind, homes=whom, data=data))

    def after(self, number: int, caller: Caller) -> list[News]:
        """What came after ``number`` and concerns the caller; everything concerns the operator."""
        with self._mutex:
            return [news for news in self._news if news.number > number and _concerns(news, caller)]


def _concerns(news: News, caller: Caller) -> bool:
    return caller.role == "operator" or news.homes is None or caller.home in news.homes
