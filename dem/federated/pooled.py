"""The other reference: one learner that sees the data of all houses, as if they had sent it to one place."""

from collections.abc import Mapping, Sequence

import numpy as np

from dem.agents import CheckpointError, DiscreteSAC, EpisodeConfig, Replay
from dem.federated.records import NamedArrays
from dem.homes import BatchedEnvironment

_LEARNER = "learner"


class PooledTrainer:
    """`dem.agents.EpisodeTrainer`'s schedule for one learner that acts in all houses at every step.

    Its networks are updated as often as those of a house that learns alone; its replay buffer holds what all houses
    have seen. So it differs from learning alone in the data, and in nothing else.

    Args:
        environments: one a house, each with one home per agent of ``learner``.
        learner: agent k learns on home k of every environment.
        config: the schedule of one house.
    """

    def __init__(self, environments: Sequence[BatchedEnvironment], learner: DiscreteSAC, config: EpisodeConfig) -> None:
        self.environments = list(environments)
        self.learner = learner
        self.config = config

    def episode(self) -> np.ndarray:
        """Run one episode; returns the mean reward per own step of each agent over all houses, float64 (A,)."""
        learner, config, houses = self.learner, self.config, len(self.environments)
        capacity = houses * (config.random_steps + config.steps)
        replay = Replay(learner.agents, capacity, self.environments[0].observation_size, learner.device)
        seen = [environment.reset() for environment in self.environments]
        for _ in range(config.random_steps):
            for house in range(houses):
                self._step(house, seen, learner.act_randomly(), replay)
        seen = [environment.reset() for environment in self.environments]
        total = np.zeros(learner.agents)
        for _ in range(config.steps):
            for house in range(houses):
                total += self._step(house, seen, learner.act(seen[house]), replay)
            learner.update(replay.sample(learner.minibatch_generators, learner.config.batch_size))
        return total / (houses * config.steps)

    def state(self) -> NamedArrays:
        """Environments and learner between two episodes, complete."""
        parts = {_LEARNER: self.learner.state()}
        parts |= {str(house): environment.state() for house, environment in enumerate(self.environments)}
        return {f"{part}/{name}": array for part, arrays in parts.items() for name, array in arrays.items()}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from what `state` returned.

        Raises:
            CheckpointError: if the state is of other networks, or of another number of houses.
        """
        parts: dict[str, NamedArrays] = {}
        for name, array in state.items():
            part, _, rest = name.partition("/")
            parts.setdefault(part, {})[rest] = array
        expected = {_LEARNER, *map(str, range(len(self.environments)))}
        if set(parts) != expected:
            raise CheckpointError(f"the state has parts {sorted(parts)}, expected {sorted(expected)}")
        self.learner.load_state(parts[_LEARNER])
        for house, environment in enumerate(self.environments):
            environment.load_state(parts[str(house)])

    def _step(self, house: int, seen: list[np.ndarray], action: np.ndarray, replay: Replay) -> np.ndarray:
        """Act in one house, remember, move ``seen`` on (anew where time is up), and return the rewards."""
        step = self.environments[house].step(action)
        replay.add(seen[house], action, step.reward, step.observation, step.terminated)
        over = (step.terminated | step.truncated).any()
        seen[house] = self.environments[house].reset() if over else step.observation
        return step.reward
