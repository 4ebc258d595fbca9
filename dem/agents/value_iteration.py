"""Networks that know what stored energy is worth, given the forecasts: the best learned agent.

A home's exogenous state (forecasts, prices, the clock) moves on whatever its battery does. So one transition of the
data teaches about *every* level of the store at once: fitted value iteration over the whole level axis, without
exploration. A network maps what a home observes to water values (see :mod:`dem.agents.storage`), cell by cell; acting
is a forward pass and a few comparisons, no program is solved.

1. *Planning.* The networks first learn the water values that planning over the forecasts finds (see
   :mod:`dem.agents.mpc`). These follow from what is observed, so there is no chance in them to be averaged out.
2. *Value iteration.* A plan knows no more than its forecasts, and takes their errors to come and go by the half-hour.
   So the networks then learn from targets that look ``lookahead`` intervals into what really happened and from there on
   trust the networks. Each round does that anew with the networks of the last.

D. Ernst et al., "Tree-based batch mode reinforcement learning", JMLR 6 (2005), is the general method; a network that
learns to do without the planner that taught it is X. Guo et al., "Deep learning for real-time Atari game play using
offline Monte-Carlo tree search planning", NeurIPS 27 (2014).
"""

import time
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from pydantic import Field

from dem.agents import storage
from dem.agents.dispatch import Dispatcher
from dem.agents.ensemble import Ensemble, EnsembleConfig
from dem.agents.foresight import Foresight, blocks
from dem.agents.foresight_agent import ForesightAgent
from dem.agents.mpc import LEVELS, plan
from dem.homes import Battery, Home, Policy
from dem.homes.features import PRICE_SCALE
from dem.units import HOURS_PER_DAY

ROWS = 2048
"""Targets computed at once."""


class ValueConfig(EnsembleConfig):
    """Settings of the networks and their training."""

    rounds: int = Field(default=1, ge=0, description="rounds of value iteration, each a fit")
    lookahead_hours: float = Field(default=6.0, gt=0, description="how far targets see into what really happened")
    rows: int = Field(default=60_000, ge=1, description="rows of a fit, drawn at random: a home at one time each")


class StorageValue(ForesightAgent):
    """Networks trained to value stored energy.

    Args:
        ensemble: maps what is observed, but for the state of charge, to water values in 0.2 EUR/kWh.
        foresight: trained forecasts.
    """

    def __init__(self, ensemble: Ensemble, foresight: Foresight) -> None:
        super().__init__(foresight, ensemble.inputs + 1)
        self.ensemble = ensemble

    def water_values(self, exogenous: np.ndarray) -> np.ndarray:
        """Water values (B, LEVELS) in EUR/kWh for observations without their state of charge (B, O − 1)."""
        return self.ensemble.predict(exogenous) * np.float32(PRICE_SCALE)

    def _policy(self, home: Home) -> Policy:
        return _ValuePolicy(self, home)


class _ValuePolicy:
    """Acts by the water values of a :class:`StorageValue`."""

    def __init__(self, agent: StorageValue, home: Home) -> None:
        self._agent, self._dispatcher = agent, Dispatcher(home)

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Powers in kW (B,) for observations (B, O)."""
        return self._dispatcher.powers(observation, self._agent.water_values(observation[:, 1:]))


def train(
    table: pd.DataFrame,
    battery: Battery | Mapping[str, Battery] = Battery(),  # noqa: B008 (frozen)
    *,
    config: ValueConfig | None = None,
    foresight: Foresight | None = None,
    seed: int = 0,
    seconds: float = float("inf"),
    device: str | torch.device = "cpu",
) -> StorageValue:
    """Train on a home table, all of its homes together.

    Args:
        table: home table of at least four weeks.
        battery: one for all homes, or one per home by name.
        config: settings.
        foresight: trained forecasts; by default they are trained on ``table``, a day ahead.
        seed: of weights and minibatches.
        seconds: time budget: no round and no step begins after it. A run that it cuts short depends on the machine's
            speed.
        device: where the networks are trained.

    Raises:
        ValueError, dem.data.DataError: as ``Foresight.fit`` and ``Home``.
    """
    config, end = config or ValueConfig(), time.monotonic() + seconds
    foresight = foresight or Foresight.day_ahead(table)
    expected = foresight.forecast(table)
    lesson = Lesson(Home(table, battery, features=blocks(expected, table)), np.random.default_rng(seed))
    agent = StorageValue(Ensemble(lesson.all_seen, LEVELS, config, seed, device), foresight)
    when, home = lesson.rows(config.rows)
    planned = plan(expected, when, home, foresight.load_factors, foresight.pv_factors, lesson.store)
    agent.ensemble.fit(lesson.seen[when, home], planned / PRICE_SCALE, lesson.generator, end - time.monotonic())
    for _ in range(config.rounds):
        if time.monotonic() > end:
            break
        when, home = lesson.rows(config.rows)
        ahead = max(1, round(config.lookahead_hours / lesson.home.step_hours))
        parts = [slice(start, start + ROWS) for start in range(0, len(when), ROWS)]
        targets = [_target(agent, lesson, when[part], home[part], ahead) for part in parts]
        goals = np.concatenate(targets) / PRICE_SCALE
        agent.ensemble.fit(lesson.seen[when, home], goals, lesson.generator, end - time.monotonic())
    return agent


class Lesson:
    """What the training homes observed, and what then came.

    Args:
        home: the homes, with the agent's features.
        generator: draws rows.

    Attributes:
        seen: (T, H, O − 1) float32, observations without their state of charge.
        net, buy, sell: (T, H) kWh and EUR/kWh.
        store: the homes' batteries.
    """

    def __init__(self, home: Home, generator: np.random.Generator) -> None:
        self.home, self.generator = home, generator
        self.store = storage.Store.of(home.batteries, home.step_hours)
        self.net, self.buy, self.sell, _ = home.meter_signals
        self.seen = home.exogenous[:, :, 1:]

    @cached_property
    def hindsight(self) -> np.ndarray:
        """Water values (T, H, LEVELS) float32 of the perfect-foresight optimum after each interval, EUR/kWh."""
        return storage.hindsight(self.net, self.buy, self.sell, self.store, LEVELS, float(self.buy.mean()))

    @property
    def all_seen(self) -> np.ndarray:
        """(T · H, O − 1)."""
        return self.seen.reshape(-1, self.seen.shape[2])

    def rows(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Times and homes of ``count`` rows, or all there are, drawn without the last day, whose future is missing."""
        homes = len(self.home.homes)
        usable = (len(self.net) - round(HOURS_PER_DAY / self.home.step_hours)) * homes
        drawn = self.generator.choice(usable, min(count, usable), replace=False)
        return drawn // homes, drawn % homes


def _target(agent: StorageValue, lesson: Lesson, when: np.ndarray, home: np.ndarray, lookahead: int) -> np.ndarray:
    """Water values (N, LEVELS) that know ``lookahead`` intervals and trust the networks for what comes then."""
    ahead = when + np.arange(1, lookahead + 1)[:, None]
    trusted = agent.water_values(lesson.seen[ahead[-1], home]).astype(np.float64)
    store = lesson.store.of_rows(home)
    net, buy, sell = (values[ahead, home] for values in (lesson.net, lesson.buy, lesson.sell))
    return storage.sweep(trusted, net[:, None], buy, sell, store)
