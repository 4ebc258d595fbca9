"""What a home gains by pretending: energy burnt in the hours that its baseline is made from.

A home that knows how its baseline is computed, and that an event comes, can burn energy on purpose. *In the hours
before the event* it looks like a day of more use than usual; *in the same hours of past days* its usual use looks
higher. Each kWh burnt costs the retail price, each kWh of baseline earns the reward. Nothing is assumed of the rule: it
is asked again with the loads that the home would show.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem.retail.baseline import Baseline, Event

HOURS_BEFORE, DAYS_BEFORE = "hours before the event", "same hours of past days"


@dataclass(frozen=True)
class Stakes:
    """What a home sees.

    Attributes:
        reward: EUR for a kWh of measured response.
        retail: EUR for a kWh from the grid.
        events: events that the same burnt days count for.
        lead: hours before the event in which a home that knows of it burns energy.
        burnt_days: past days on which it does.
    """

    reward: float
    retail: float
    events: int = 1
    lead: int = 4
    burnt_days: int = 5


def gains(
    rule: Baseline,
    history: np.ndarray,
    today: np.ndarray,
    event: Event,
    stakes: Stakes,
    levels: np.ndarray,
) -> pd.DataFrame:
    """What each home gains by each way and level of burning, all others honest.

    Args:
        rule: how baselines are computed.
        history: shape (D, T, homes), past days, kWh.
        today: shape (T, homes), the day of the event as it would be, kWh.
        event: its hours.
        stakes: prices and knowledge.
        levels: kWh burnt in each hour, 0 among them for honesty.

    Returns:
        One row a way, level and home: ``way``, ``level_kwh``, ``home``, ``gain`` (EUR an event; what its baseline grows
        by is taken to be measured as response).
    """
    honest = rule.estimate(history, today, event).sum(axis=0)
    rows = []
    for way in (HOURS_BEFORE, DAYS_BEFORE):
        for level in levels:
            for home in range(today.shape[1]):
                past, present, burnt = _burn(way, float(level), home, history, today, event, stakes)
                grown = rule.estimate(past, present, event)[:, home].sum() - honest[home]
                gain = stakes.reward * grown - stakes.retail * burnt
                rows.append({"way": way, "level_kwh": float(level), "home": home, "gain": gain})
    return pd.DataFrame(rows)


def best(table: pd.DataFrame) -> pd.DataFrame:
    """What the best level of each way brings each home: ``way``, ``home``, ``gain``, ``level_kwh``."""
    return table.loc[table.groupby(["way", "home"], sort=False)["gain"].idxmax()].reset_index(drop=True)


def _burn(
    way: str, level: float, home: int, history: np.ndarray, today: np.ndarray, event: Event, stakes: Stakes
) -> tuple[np.ndarray, np.ndarray, float]:
    """Past days and day as the home shows them, and the kWh burnt for one event."""
    if way == HOURS_BEFORE:
        present, hours = today.copy(), slice(max(0, event.start - stakes.lead), event.start)
        present[hours, home] += level
        return history, present, level * (hours.stop - hours.start)
    past = history.copy()
    past[-stakes.burnt_days :, event.hours, home] += level
    return past, today, level * stakes.burnt_days * (event.end - event.start) / stakes.events
