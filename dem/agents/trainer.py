"""The paper's training schedule, for a batch of homes and as many agents."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from dem.agents.replay import Batch, Replay
from dem.files import Arrays, CheckpointError
from dem.homes import BatchedEnvironment


class EpisodeConfig(BaseModel):
    """The schedule of one episode; the defaults are the paper's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    random_steps: int = Field(default=1_000, ge=0, description="steps with random actions that fill the fresh buffer")
    steps: int = Field(default=100, ge=1, description="steps of the agents' own, with one update each")


class MinibatchConfig(Protocol):
    """The one setting of a learner that its trainer needs."""

    batch_size: int


class Learner(Protocol):
    """A agents that learn side by side: ``DiscreteSAC`` or ``LibraryAgents``."""

    agents: int
    observation_size: int
    action_count: int
    device: torch.device
    config: MinibatchConfig
    minibatch_generators: Sequence[np.random.Generator]

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Actions int64 (A,), exploring, for observations (A, O)."""
        ...

    def act_randomly(self) -> np.ndarray:
        """Actions int64 (A,), uniform."""
        ...

    def update(self, batch: Batch) -> None:
        """One gradient step of every agent."""
        ...

    def state(self) -> Arrays:
        """What :meth:`load_state` takes."""
        ...

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from what :meth:`state` returned."""
        ...


class EpisodeTrainer:
    """Trains the agents of ``learner`` on the homes of ``environment``, agent k on home k.

    Args:
        environment: batch size equal to the learner's number of agents.
        learner: the agents.
        config: how long an episode is.

    Raises:
        ValueError: if environment and learner differ in batch, observation or actions.
    """

    def __init__(self, environment: BatchedEnvironment, learner: Learner, config: EpisodeConfig | None = None) -> None:
        pairs = {
            "batch_size": (environment.batch_size, learner.agents),
            "observation_size": (environment.observation_size, learner.observation_size),
            "action_count": (environment.action_count, learner.action_count),
        }
        for name, (of_environment, of_learner) in pairs.items():
            if of_environment != of_learner:
                raise ValueError(f"{name}: the environment has {of_environment}, the learner {of_learner}")
        self.environment = environment
        self.learner = learner
        self.config = config or EpisodeConfig()

    def episode(self) -> np.ndarray:
        """Run one episode.

        A fresh replay buffer is filled by ``random_steps`` of random actions; then come ``steps`` of the agents' own
        actions, each followed by one update.

        Returns:
            Mean reward per own step of each agent, float64 (A,).
        """
        learner, config = self.learner, self.config
        replay = Replay(
            learner.agents, config.random_steps + config.steps, self.environment.observation_size, learner.device
        )
        observation = self.environment.reset()
        for _ in range(config.random_steps):
            observation, _ = self._step(observation, learner.act_randomly(), replay)
        observation = self.environment.reset()
        total = np.zeros(learner.agents)
        for _ in range(config.steps):
            observation, reward = self._step(observation, learner.act(observation), replay)
            learner.update(replay.sample(learner.minibatch_generators, learner.config.batch_size))
            total += reward
        return total / config.steps

    def state(self) -> Arrays:
        """Environment and learner between two episodes, complete."""
        parts = {"environment": self.environment.state(), "learner": self.learner.state()}
        return {f"{part}/{name}": array for part, arrays in parts.items() for name, array in arrays.items()}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from what :meth:`state` returned.

        Raises:
            CheckpointError: if the state is of other networks, or holds something that is neither part's.
        """
        parts: dict[str, Arrays] = {"environment": {}, "learner": {}}
        for name, array in state.items():
            part, _, rest = name.partition("/")
            if part not in parts:
                raise CheckpointError(f"{name!r} is unknown here")
            parts[part][rest] = array
        self.learner.load_state(parts["learner"])
        self.environment.load_state(parts["environment"])

    def _step(self, observation: np.ndarray, action: np.ndarray, replay: Replay) -> tuple[np.ndarray, np.ndarray]:
        """Act, remember, and return what is seen next and what was earned; begin anew where time is up."""
        step = self.environment.step(action)
        replay.add(observation, action, step.reward, step.observation, step.terminated)
        over = (step.terminated | step.truncated).any()
        return self.environment.reset() if over else step.observation, step.reward
