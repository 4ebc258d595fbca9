"""What a home would have used in an event's hours had there been no event: accepted ways to estimate it.

Day matching looks at the home alone. Of its last ten days without event it takes the five with the most energy in the
event's hours, averages them, and scales the average so that it fits the home's own hours before the event, within a
limit: the "average day" customer baseline of the New York ISO (highest 5 of 10, two hours that begin four hours before
the event, ±20 %). The California ISO settles residential response by 5 of 10, too, there with ±40 %.

A control group looks at everybody else. What homes without event use in its hours, times the home's usual share, is
the baseline: the California ISO accepts it since 2018. A home's own hours near the event have no part in it.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Event:
    """The hours in which less load is asked for.

    Attributes:
        start: first period of the day.
        end: the period after the last.

    Raises:
        ValueError: it has no periods.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"an event needs periods: its window from {self.start} to {self.end} is empty")

    @property
    def hours(self) -> slice:
        """Its periods."""
        return slice(self.start, self.end)


class Baseline(Protocol):
    """A way to estimate what would have been used."""

    name: str

    def estimate(self, history: np.ndarray, today: np.ndarray, event: Event) -> np.ndarray:
        """Shape (event's hours, homes), kWh, from past days (D, T, homes) without event and the day itself (T, homes).

        Raises:
            ValueError: there are too few days, or the day has no room for the event.
        """
        ...


@dataclass(frozen=True)
class DayMatching:
    """The home's own highest days, adjusted on the day itself.

    Attributes:
        name: for labels.
        days: how many past days are looked at.
        highest: how many of them are averaged.
        limit: most that the adjustment scales by, up or down, as a share; 0 for no adjustment, infinite for no limit.
        lead: how many hours before the event the adjustment's hours begin.
        window: how many hours they are.
    """

    name: str = "high 5 of 10, adjusted ±20 %"
    days: int = 10
    highest: int = 5
    limit: float = 0.2
    lead: int = 4
    window: int = 2

    def estimate(self, history: np.ndarray, today: np.ndarray, event: Event) -> np.ndarray:
        """See `Baseline.estimate`."""
        _check(history, today, event, self.days)
        if self.limit and event.start < self.lead:
            raise ValueError(f"the adjustment needs {self.lead} hours before the event, it starts at {event.start}")
        recent = history[-self.days :]
        ranks = np.argsort(recent[:, event.hours].sum(axis=1), axis=0)[-self.highest :]
        chosen = np.take_along_axis(recent, ranks[:, None, :], axis=0).mean(axis=0)
        if not self.limit:
            return chosen[event.hours]
        before = slice(event.start - self.lead, event.start - self.lead + self.window)
        usual = chosen[before].sum(axis=0)
        ratio = np.divide(today[before].sum(axis=0), usual, out=np.ones_like(usual), where=usual > 0)
        return chosen[event.hours] * np.clip(ratio, max(0.0, 1 - self.limit), 1 + self.limit)


@dataclass(frozen=True)
class ControlGroup:
    """What homes without event use, times the home's usual share of it.

    Attributes:
        name: for labels.
        members: shape (homes,), who is in the group and not called; a member's own baseline rests on the others.
        days: how many past days the share is taken from, all hours of them.
    """

    members: np.ndarray
    name: str = "control group"
    days: int = 10

    def estimate(self, history: np.ndarray, today: np.ndarray, event: Event) -> np.ndarray:
        """See `Baseline.estimate`."""
        _check(history, today, event, self.days)
        if self.members.sum() < 2:
            raise ValueError(f"a control group needs two homes or more, it has {int(self.members.sum())}")
        recent = history[-self.days :].sum(axis=(0, 1))
        group = today[event.hours][:, self.members].sum(axis=1, keepdims=True)
        own = np.where(self.members, today[event.hours], 0.0)
        usual = recent[self.members].sum() - np.where(self.members, recent, 0.0)
        return (group - own) * (recent / usual)


def _check(history: np.ndarray, today: np.ndarray, event: Event, days: int) -> None:
    if len(history) < days:
        raise ValueError(f"the baseline needs {days} past days, there are {len(history)}")
    if not (np.isfinite(history).all() and np.isfinite(today).all()):
        raise ValueError("the homes' loads must be finite")
    if event.end > len(today):
        raise ValueError(f"the event ends at {event.end}, the day has {len(today)} periods")
