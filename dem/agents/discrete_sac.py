"""One discrete soft actor-critic for many homes: it acts in all of them and learns from what each of them met.

The networks, the update and its settings are :class:`dem.agents.DiscreteSAC`'s. It sees the forecasts that the other
agents see, chooses among the home's discrete powers, and earns minus the bill.
"""

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch

from dem.agents.foresight import Foresight
from dem.agents.foresight_agent import ForesightAgent, weekly_home
from dem.agents.replay import Batch, Replay
from dem.agents.sac import DiscreteSAC, SACConfig, drawn
from dem.homes import Battery, Home, Policy

RANDOM_STEPS = 2_000
"""Home-steps with random actions before it learns."""


class SharedSAC(ForesightAgent):
    """A trained soft actor-critic.

    Args:
        learner: one agent.
        foresight: trained forecasts.
    """

    def __init__(self, learner: DiscreteSAC, foresight: Foresight) -> None:
        super().__init__(foresight, learner.observation_size)
        self.learner = learner

    def _policy(self, home: Home) -> Policy:
        if home.action_count != self.learner.action_count:
            raise ValueError(f"the agent has {self.learner.action_count} actions, the homes take {home.action_count}")
        return _MostProbable(self.learner)


class _MostProbable:
    """Acts as a learner does without exploring."""

    def __init__(self, learner: DiscreteSAC) -> None:
        self._learner = learner

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Most probable actions int64 (B,) for observations (B, O)."""
        return self._learner.probabilities_of_many(observation[None])[0].argmax(axis=1)


def train(
    table: pd.DataFrame,
    battery: Battery | Mapping[str, Battery] = Battery(),  # noqa: B008 (frozen)
    *,
    config: SACConfig | None = None,
    steps: int = 200_000,
    copies: int = 2,
    foresight: Foresight | None = None,
    seed: int = 0,
    seconds: float = float("inf"),
    device: str | torch.device = "cpu",
) -> SharedSAC:
    """Train on a home table, week by week, all of its homes together.

    Args:
        table: home table of at least four weeks.
        battery: one for all homes, or one per home by name.
        config: settings; every home gives as many transitions to a minibatch, about ``batch_size`` in all.
        steps: home-steps to train for; one update follows each step of all homes.
        copies: weeks that each home plays side by side.
        foresight: trained forecasts; by default they are trained on ``table``, a day ahead.
        seed: of weights, exploration, minibatches and episodes.
        seconds: time budget, after which training ends. A run that it cuts short depends on the machine's speed.
        device: where the networks are trained.

    Raises:
        ValueError, dem.data.DataError: as ``Foresight.fit`` and ``Home``.
    """
    foresight = foresight or Foresight.day_ahead(table)
    home = weekly_home(table, battery, foresight, copies=copies, seed=seed)
    config = config or SACConfig()
    share = max(1, config.batch_size // home.batch_size)
    config = config.model_copy(update={"batch_size": share * home.batch_size})
    learner = DiscreteSAC(home.observation_size, home.action_count, config, [seed], device)
    _learn(learner, home, steps, share, np.random.default_rng(seed), time.monotonic() + seconds)
    return SharedSAC(learner, foresight)


def _learn(
    learner: DiscreteSAC, home: Home, steps: int, share: int, generator: np.random.Generator, end: float
) -> None:
    homes = home.batch_size
    replay = Replay(homes, -(-steps // homes), home.observation_size, learner.device)
    minibatch = [*learner.minibatch_generators] * homes
    observation = home.reset()
    for done in range(0, steps, homes):
        if time.monotonic() > end:
            break
        action = _explore(learner, observation, generator, at_random=done < RANDOM_STEPS)
        step = home.step(action)
        replay.add(observation, action, step.reward, step.observation, step.terminated)
        observation = home.reset() if step.truncated.any() else step.observation
        if done >= RANDOM_STEPS:
            learner.update(_together(replay.sample(minibatch, share)))


def _explore(
    learner: DiscreteSAC, observation: np.ndarray, generator: np.random.Generator, *, at_random: bool
) -> np.ndarray:
    """Actions (B,) drawn from the policy, or uniformly."""
    if at_random:
        return generator.integers(learner.action_count, size=len(observation))
    return drawn(learner.probabilities_of_many(observation[None])[0], generator.random(len(observation)))


def _together(batch: Batch) -> Batch:
    """The homes' transitions (H, B, …) as one agent's (1, H · B, …)."""
    return Batch(**{name: values.flatten(0, 1)[None] for name, values in vars(batch).items()})
