"""DQN, double DQN and DDPG from Stable-Baselines3, on the paper's schedule.

The library's models bring networks, losses and optimisers; :class:`LibraryAgents` drives several of them side by side,
so that ``EpisodeTrainer`` can give them exactly the schedule and the number of updates that it gives ``DiscreteSAC``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from pydantic import BaseModel, ConfigDict, Field
from stable_baselines3 import DDPG, DQN
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from stable_baselines3.common.utils import polyak_update

from dem import borrowed, files
from dem.agents.replay import Batch
from dem.files import Arrays


class LibraryConfig(BaseModel):
    """Settings shared by the comparison agents: the paper's for its soft actor-critic, wherever they apply."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden: int = Field(default=256, ge=1, description="units in each of the two hidden layers")
    learning_rate: float = Field(default=5e-4, gt=0, description="Adam's step size")
    discount: float = Field(default=0.99, ge=0, le=1, description="γ")
    target_rate: float = Field(default=0.01, gt=0, le=1, description="τ, after every update")
    batch_size: int = Field(default=256, ge=1, description="transitions in a minibatch")
    exploration_updates: int = Field(
        default=700, ge=1, description="updates over which DQN's ε falls from 1 to its end (a tenth of the paper's)"
    )
    exploration_end: float = Field(default=0.05, ge=0, le=1, description="ε after that")
    noise: float = Field(default=0.2, ge=0, description="standard deviation of DDPG's exploration, actions in [−1, 1]")


class DoubleDQN(DQN):
    """DQN whose target takes the online network's choice at the target network's value.

    H. van Hasselt et al., "Deep Reinforcement Learning with Double Q-learning" (arXiv:1509.06461), equation 4; all
    else is Stable-Baselines3's DQN.
    """

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """``gradient_steps`` steps on minibatches of ``batch_size`` from the replay buffer."""
        self.policy.set_training_mode(True)
        for _ in range(gradient_steps):
            data = self.replay_buffer.sample(batch_size)
            with torch.no_grad():
                choice = self.q_net(data.next_observations).argmax(dim=1, keepdim=True)
                ahead = self.q_net_target(data.next_observations).gather(1, choice)
                target = data.rewards + (1 - data.dones) * self.gamma * ahead
            value = self.q_net(data.observations).gather(1, data.actions.long())
            loss = torch.nn.functional.smooth_l1_loss(value, target)
            self.policy.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
            self.policy.optimizer.step()


ALGORITHMS = {"DQN": DQN, "DDQN": DoubleDQN, "DDPG": DDPG}


class Binned(gymnasium.ActionWrapper):
    """A continuous face of a discrete environment, for DDPG.

    The K actions divide [−1, 1] into K equal bins in their order, so that "the" continuous action of a discrete one is
    its bin's centre. Neighbouring actions become similar, which the paper's are not: DDPG is at a disadvantage here
    that the paper does not mention either.
    """

    def __init__(self, env: gymnasium.Env) -> None:
        super().__init__(env)
        self._count = int(env.action_space.n)
        self.action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)

    def action(self, action: np.ndarray) -> int:
        """The discrete action of a continuous one (1,)."""
        return int(to_discrete(np.asarray(action), self._count)[0])


def to_discrete(value: np.ndarray, count: int) -> np.ndarray:
    """Index int64 of the bin of [−1, 1], cut in ``count``, that ``value`` lies in."""
    return np.clip(np.floor((value + 1) / 2 * count), 0, count - 1).astype(np.int64)


def to_continuous(action: torch.Tensor, count: int) -> torch.Tensor:
    """Centres float32 of the bins with indices ``action``."""
    return (2 * action.float() + 1) / count - 1


class _GivenMinibatch:
    """Stands where a model keeps its replay buffer and hands out the minibatch that it is to learn from."""

    def __init__(self) -> None:
        self.samples: ReplayBufferSamples | None = None

    def sample(self, batch_size: int, env: object = None) -> ReplayBufferSamples:
        return self.samples


class LibraryAgents:
    """A agents of one Stable-Baselines3 algorithm, each alone with its seed.

    Args:
        algorithm: ``"DQN"``, ``"DDQN"`` or ``"DDPG"``.
        environment: Gymnasium environment with discrete actions; only its spaces are used.
        config: hyperparameters.
        seeds: one seed an agent.

    Raises:
        ValueError: if the algorithm is unknown or there is no seed.
    """

    device = torch.device("cpu")

    def __init__(self, algorithm: str, environment: gymnasium.Env, config: LibraryConfig, seeds: Sequence[int]) -> None:
        if algorithm not in ALGORITHMS:
            raise ValueError(f"algorithm must be one of {sorted(ALGORITHMS)}, got {algorithm!r}")
        if not len(seeds):
            raise ValueError("seeds must name at least one agent")
        self.config = config
        self.algorithm = algorithm
        self.observation_size = int(environment.observation_space.shape[0])
        self.action_count = int(environment.action_space.n)
        self._continuous = algorithm == "DDPG"
        face = Binned(environment) if self._continuous else environment
        self._models = [self._model(face, seed) for seed in seeds]
        streams = [np.random.SeedSequence(seed).spawn(2) for seed in seeds]
        self._exploration, self.minibatch_generators = (
            [np.random.default_rng(pair[k]) for pair in streams] for k in range(2)
        )
        self._updates = 0

    @property
    def agents(self) -> int:
        """Number A of agents."""
        return len(self._models)

    def act(self, observation: np.ndarray, greedy: bool = False) -> np.ndarray:
        """Actions int64 (A,) for observations (A, O), with the algorithm's exploration unless ``greedy``."""
        pairs = zip(self._models, observation, strict=True)
        chosen = np.array([np.ravel(model.predict(seen, deterministic=True)[0])[0] for model, seen in pairs])
        if self._continuous:
            noise = 0.0 if greedy else np.array([generator.normal() for generator in self._exploration])
            return to_discrete(np.clip(chosen + self.config.noise * noise, -1, 1), self.action_count)
        if greedy:
            return chosen.astype(np.int64)
        explores = np.array([generator.random() for generator in self._exploration]) < self.epsilon
        return np.where(explores, self.act_randomly(), chosen)

    def act_randomly(self) -> np.ndarray:
        """Actions int64 (A,), uniform, each agent's from its own generator."""
        return np.array([generator.integers(self.action_count) for generator in self._exploration])

    @property
    def epsilon(self) -> float:
        """Share of DQN's actions that are random now."""
        done = min(1.0, self._updates / self.config.exploration_updates)
        return 1.0 + done * (self.config.exploration_end - 1.0)

    def update(self, batch: Batch) -> None:
        """One gradient step of every agent on its own minibatch, and one step of its target network."""
        self._updates += 1
        for agent, model in enumerate(self._models):
            model.replay_buffer.samples = self._samples(batch, agent)
            model.train(gradient_steps=1, batch_size=self.config.batch_size)
            if not self._continuous:  # DDPG's train moves its own targets
                polyak_update(model.q_net.parameters(), model.q_net_target.parameters(), self.config.target_rate)

    def state(self) -> Arrays:
        """The agents' networks: enough to act as they do, not to continue their training."""
        return {
            f"{agent}/{name}": value.detach().numpy().copy()
            for agent, model in enumerate(self._models)
            for name, value in model.policy.state_dict().items()
        }

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Act as those whose :meth:`state` this is.

        Raises:
            CheckpointError: if the state is of other networks; nothing is changed then.
        """
        files.check(state, self.state())
        for agent, model in enumerate(self._models):
            own = {name: torch.from_numpy(np.array(state[f"{agent}/{name}"])) for name in model.policy.state_dict()}
            model.policy.load_state_dict(own)

    def save(self, path: Path) -> None:
        """Write :meth:`state` to ``path`` (an ``.npz`` archive)."""
        files.save(path, self.state())

    def load(self, path: Path) -> None:
        """Act as the agents in a file that :meth:`save` wrote; raises as :meth:`load_state`."""
        self.load_state(files.load(path))

    def _model(self, environment: gymnasium.Env, seed: int) -> DQN | DDPG:
        config = self.config
        with borrowed.seeded_torch(seed):
            model = ALGORITHMS[self.algorithm](
                "MlpPolicy",
                environment,
                learning_rate=config.learning_rate,
                buffer_size=1,
                batch_size=config.batch_size,
                gamma=config.discount,
                tau=config.target_rate,
                policy_kwargs={"net_arch": [config.hidden, config.hidden]},
                device=self.device,
            )
        model.set_logger(Logger(folder=None, output_formats=[]))
        model.replay_buffer = _GivenMinibatch()
        return model

    def _samples(self, batch: Batch, agent: int) -> ReplayBufferSamples:
        action = batch.action[agent].unsqueeze(1)
        return ReplayBufferSamples(
            observations=batch.observation[agent],
            actions=to_continuous(action, self.action_count) if self._continuous else action,
            next_observations=batch.next_observation[agent],
            dones=batch.terminated[agent].unsqueeze(1),
            rewards=batch.reward[agent].unsqueeze(1),
        )
