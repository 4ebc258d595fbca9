"""What agents that observe forecasts have in common: the homes they can act for, and the weeks they are trained in."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import pandas as pd

from dem import data
from dem.agents.foresight import Foresight
from dem.homes import Battery, Home, Policy
from dem.units import HOURS_PER_WEEK


class ForesightAgent(ABC):
    """Something trained that observes forecasts, an :class:`dem.agents.evaluation.Agent`.

    Args:
        foresight: trained forecasts.
        observes: number of values that its homes show.
    """

    def __init__(self, foresight: Foresight, observes: int) -> None:
        self.foresight, self.observes = foresight, observes

    def features(self, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """The forecasts in blocks."""
        return self.foresight.features(table)

    def policy(self, home: Home) -> Policy:
        """A policy for ``home``, which shows these features; it does not explore.

        Raises:
            ValueError: if the homes show another number of values than the agent was trained on.
        """
        if home.observation_size != self.observes:
            raise ValueError(f"the agent observes {self.observes} values, the homes show {home.observation_size}")
        return self._policy(home)

    @abstractmethod
    def _policy(self, home: Home) -> Policy:
        """As :meth:`policy`, for homes that show what they should."""


def weekly_home(
    table: pd.DataFrame, battery: Battery | Mapping[str, Battery], foresight: Foresight, *, copies: int, seed: int
) -> Home:
    """The homes of ``table``, each ``copies`` times, in episodes of a week that begin at random, with forecasts."""
    week = data.intervals(table, HOURS_PER_WEEK)
    return Home(table, battery, copies=copies, episode_steps=week, features=foresight.features(table), seed=seed)
