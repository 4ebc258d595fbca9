"""PPO, SAC and DQN as Stable-Baselines3 ships them, on many homes at once.

They see the forecasts that the project's own agents see, and earn minus the bill. Their settings are the library's,
but for the number of updates, which follows from training many homes side by side.
"""

import time
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from gymnasium import spaces
from stable_baselines3 import DQN, PPO, SAC
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import VecEnv

from dem import borrowed
from dem.agents.foresight import Foresight
from dem.agents.foresight_agent import ForesightAgent, weekly_home
from dem.homes import Battery, Home, Policy, Step

REWARD_SCALE = 10.0
"""Rewards per euro: a half-hour's bill is a few cents, and the library's settings are made for rewards of order one."""
ALGORITHMS: dict[str, tuple[type[BaseAlgorithm], dict[str, Any]]] = {
    "PPO": (PPO, {"n_steps": 96, "batch_size": 512}),
    "SAC": (SAC, {"train_freq": 1, "gradient_steps": 1, "learning_starts": 2_000}),
    "DQN": (DQN, {"train_freq": 1, "gradient_steps": 1, "learning_starts": 2_000, "target_update_interval": 2_000}),
}
CONTINUOUS = ("PPO", "SAC")


class HomesVecEnv(VecEnv):
    """All homes and copies of one ``Home`` as the library's vector environment.

    Args:
        home: the homes.
        continuous: whether an action is a share of the power limit in [−1, 1] or one of the discrete powers.
    """

    def __init__(self, home: Home, *, continuous: bool) -> None:
        self.home, self.continuous = home, continuous
        action = spaces.Box(-1.0, 1.0, (1,), np.float32) if continuous else spaces.Discrete(home.action_count)
        super().__init__(home.batch_size, spaces.Box(*home.observation_bounds), action)

    def reset(self) -> np.ndarray:
        """The first observations (B, O) of new episodes."""
        return self.home.reset()

    def step_async(self, actions: np.ndarray) -> None:
        """Keep ``actions`` for :meth:`step_wait`."""
        self._actions = np.reshape(actions, self.num_envs)

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """One interval; where time is up, the next episode's first observation, and the last one in the infos."""
        step = self._step()
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        observation = step.observation
        if step.truncated.any():
            infos = [{"TimeLimit.truncated": True, "terminal_observation": seen} for seen in observation]
            observation = self.home.reset()
        return observation, (REWARD_SCALE * step.reward).astype(np.float32), step.truncated, infos

    def _step(self) -> Step:
        if self.continuous:
            return self.home.step_power(self._actions * self.home.power_kw)
        return self.home.step(self._actions)

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: object = None) -> list[Any]:
        """The homes' attribute, once an environment."""
        return [getattr(self.home, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: object, indices: object = None) -> None:
        """Refused: the homes are shared."""
        raise NotImplementedError("the homes of a batch share their attributes")

    def env_method(self, method_name: str, *args: Any, indices: object = None, **kwargs: Any) -> list[Any]:
        """Refused: the homes step together."""
        raise NotImplementedError("the homes of a batch step together")

    def env_is_wrapped(self, wrapper_class: type, indices: object = None) -> list[bool]:
        """Never."""
        return [False] * self.num_envs


class LibraryAgent(ForesightAgent):
    """A trained model of the library.

    Args:
        model: the library's.
        foresight: trained forecasts.
        continuous: whether its actions are shares of the power limit.
    """

    def __init__(self, model: BaseAlgorithm, foresight: Foresight, *, continuous: bool) -> None:
        super().__init__(foresight, model.observation_space.shape[0])
        self.model, self.continuous = model, continuous

    def _policy(self, home: Home) -> Policy:
        return _LibraryPolicy(self, home)


class _LibraryPolicy:
    """Acts as a :class:`LibraryAgent` does without exploring."""

    def __init__(self, agent: LibraryAgent, home: Home) -> None:
        self._agent, self._power_kw = agent, home.power_kw

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Powers in kW or discrete actions (B,) for observations (B, O)."""
        action, _ = self._agent.model.predict(observation, deterministic=True)
        action = np.reshape(action, len(observation))
        return action.astype(np.float64) * self._power_kw if self._agent.continuous else action


def train(
    algorithm: str,
    table: pd.DataFrame,
    battery: Battery | Mapping[str, Battery] = Battery(),  # noqa: B008 (frozen)
    *,
    steps: int = 200_000,
    copies: int = 2,
    foresight: Foresight | None = None,
    seed: int = 0,
    seconds: float = float("inf"),
    device: str | torch.device = "cpu",
) -> LibraryAgent:
    """Train ``"PPO"``, ``"SAC"`` or ``"DQN"`` on a home table, week by week, all of its homes together.

    Args:
        algorithm: which.
        table: home table of at least four weeks.
        battery: one for all homes, or one per home by name.
        steps: home-steps to train for.
        copies: weeks that each home plays side by side.
        foresight: trained forecasts; by default they are trained on ``table``, a day ahead.
        seed: of weights, exploration and minibatches.
        seconds: time budget, after which training ends. A run that it cuts short depends on the machine's speed.
        device: where the networks are trained.

    Raises:
        ValueError: if the algorithm is unknown.
    """
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm must be one of {', '.join(ALGORITHMS)}, got {algorithm!r:.60}")
    foresight = foresight or Foresight.day_ahead(table)
    home = weekly_home(table, battery, foresight, copies=copies, seed=seed)
    make, settings = ALGORITHMS[algorithm]
    continuous = algorithm in CONTINUOUS
    with borrowed.global_generators(), warnings.catch_warnings():
        # Whatever the number of homes, PPO's last minibatch may be a short one.
        warnings.filterwarnings("ignore", "You have specified a mini-batch size")
        model = make("MlpPolicy", HomesVecEnv(home, continuous=continuous), seed=seed, device=device, **settings)
        model.set_logger(Logger(folder=None, output_formats=[]))  # its own makes a folder in the system's temporary one
        model.learn(steps, callback=_Budget(seconds))
    return LibraryAgent(model, foresight, continuous=continuous)


class _Budget(BaseCallback):
    """Ends training when its time is up."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._end = time.monotonic() + seconds

    def _on_step(self) -> bool:
        return time.monotonic() < self._end
