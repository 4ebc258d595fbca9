"""Imitation of the optimum: a network that copies what perfect foresight would have done, from any level of the store.

Copying the optimum's own trajectory alone would leave the network helpless once it has strayed from it. The water
values of hindsight (see :mod:`dem.agents.storage`) tell the best action at every level, so it learns from levels drawn
at random. It learns the mean of what was best, which need not be the best on average: the price of skipping values.
"""

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from pydantic import Field

from dem.agents import storage
from dem.agents.ensemble import Ensemble, EnsembleConfig
from dem.agents.foresight import Foresight
from dem.agents.foresight_agent import ForesightAgent
from dem.agents.value_iteration import Lesson
from dem.homes import Battery, Home, Policy


class ImitationConfig(EnsembleConfig):
    """Settings of the networks and their training."""

    rows: int = Field(default=100_000, ge=1, description="rows to learn from: a home at one time and level each")


class Imitation(ForesightAgent):
    """Networks trained to copy the optimum.

    Args:
        ensemble: maps what is observed to a share of the power limit.
        foresight: trained forecasts.
    """

    def __init__(self, ensemble: Ensemble, foresight: Foresight) -> None:
        super().__init__(foresight, ensemble.inputs)
        self.ensemble = ensemble

    def _policy(self, home: Home) -> Policy:
        return _ImitationPolicy(self, home)


class _ImitationPolicy:
    """Acts as an :class:`Imitation` does."""

    def __init__(self, agent: Imitation, home: Home) -> None:
        self._agent, self._power_kw = agent, home.power_kw

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Powers in kW (B,) for observations (B, O)."""
        return self._agent.ensemble.predict(observation)[:, 0].astype(np.float64) * self._power_kw


def train(
    table: pd.DataFrame,
    battery: Battery | Mapping[str, Battery] = Battery(),  # noqa: B008 (frozen)
    *,
    config: ImitationConfig | None = None,
    foresight: Foresight | None = None,
    seed: int = 0,
    seconds: float = float("inf"),
    device: str | torch.device = "cpu",
) -> Imitation:
    """Train on a home table, all of its homes together; arguments as ``value_iteration.train``'s."""
    config, end = config or ImitationConfig(), time.monotonic() + seconds
    foresight = foresight or Foresight.day_ahead(table)
    lesson = Lesson(Home(table, battery, features=foresight.features(table)), np.random.default_rng(seed))
    when, home = lesson.rows(config.rows)
    soc, share = _best(lesson, when, home)
    inputs = np.concatenate([soc[:, None], lesson.seen[when, home]], axis=1).astype(np.float32)
    ensemble = Ensemble(inputs, 1, config, seed, device)
    ensemble.fit(inputs, share[:, None], lesson.generator, end - time.monotonic())
    return Imitation(ensemble, foresight)


def _best(lesson: Lesson, when: np.ndarray, home: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A state of charge (N,) drawn for each row, and the share of the power limit (N,) that was best from there."""
    store = lesson.store.of_rows(home)
    lowest, highest, limit = store.lowest[:, 0], store.highest[:, 0], store.limit[:, 0]
    energy = lesson.generator.uniform(lowest, highest)
    signals = (values[when, home] for values in (lesson.net, lesson.buy, lesson.sell))
    flow = storage.decide(energy, lesson.hindsight[when, home].astype(np.float64), *signals, store)
    capacity = np.array([battery.capacity_kwh for battery in lesson.home.batteries])[home]
    return energy / np.maximum(capacity, np.finfo(float).tiny), flow / limit
