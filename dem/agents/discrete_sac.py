"""One discrete soft actor-critic for many homes: it acts in all of them and learns from what each of them met.

The networks, the update and its settings are :class:`dem.agents.DiscreteSAC`'s. It sees the forecasts that the other
agents see, chooses among the home's discrete powers, and earns minus the bill.
"""

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch

from dem import data
from dem.agents.foresight import Foresight
from dem.agents.replay import Batch, Replay
from dem.agents.sac import DiscreteSAC, SACConfig
from dem.agents.value_iteration import check_observation
from dem.homes import Battery, Home

EPISODE_HOURS = 7 * 24
RANDOM_STEPS = 2_000
"""Home-steps with random actions before it learns."""


class SharedSAC:
    """A trained soft actor-critic, an :class:`dem.agents.evaluation.Agent`.

    Args:
        learner: one agent.
        foresight: trained forecasts.
    """

    def __init__(self, learner: DiscreteSAC, foresight: Foresight) -> None:
        self.learner, self.foresight = learner, foresight

    def features(self, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """The forecasts in blocks."""
        return self.foresight.features(table)

    def policy(self, home: Home) -> "SharedSACPolicy":
        """A policy for ``home``, which shows these features."""
        return SharedSACPolicy(self, home)


class SharedSACPolicy:
    """Acts as a :class:`SharedSAC` does without exploring.

    Args:
        agent: the trained agent.
        home: the homes it acts for, built with the agent's features.

    Raises:
        ValueError: if they show another number of values, or take another number of actions, than it was trained on.
    """

    def __init__(self, agent: SharedSAC, home: Home) -> None:
        check_observation(home, agent.learner.observation_size)
        if home.action_count != agent.learner.action_count:
            raise ValueError(f"the agent has {agent.learner.action_count} actions, the homes take {home.action_count}")
        self._learner = agent.learner

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
    week = round(EPISODE_HOURS / data.step_hours(table))
    home = Home(table, battery, copies=copies, episode_steps=week, features=foresight.features(table), seed=seed)
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
    cumulative = learner.probabilities_of_many(observation[None])[0].cumsum(axis=1)
    # The sum of the probabilities is 1 only up to rounding; scaling the draw keeps the action in range.
    return (cumulative <= generator.random((len(observation), 1)) * cumulative[:, -1:]).sum(axis=1)


def _together(batch: Batch) -> Batch:
    """The homes' transitions (H, B, …) as one agent's (1, H · B, …)."""
    return Batch(**{name: values.flatten(0, 1)[None] for name, values in vars(batch).items()})
