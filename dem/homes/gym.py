"""Gymnasium faces of the homes, for agents that come from elsewhere.

Each wraps an environment that is already there::

    table = dem.data.load(homes=1)
    env = HomeEnv(Home(table, episode_steps=336), continuous=True)

Importing this module also registers ``dem/Home-v0`` and ``dem/PaperHome-v0`` (100 steps, as the paper's episodes),
which take a home table: ``gymnasium.make("dem/Home-v0", table=table, continuous=True, episode_steps=336)``.
"""

from typing import Any, TypeVar

import gymnasium
import numpy as np
import pandas as pd
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from dem.data.table import MAX_POWER_KW
from dem.homes.home import Home
from dem.homes.paper import PaperHome
from dem.homes.protocol import Step
from dem.units import HOURS_PER_DAY, WH_PER_KWH

SEED_RANGE = 2**32
SETTLEMENT_NAMES = ("battery_kwh", "grid_kwh", "bill_eur", "emissions_kg")
PAPER_EPISODE_STEPS = 100
AnyHome = TypeVar("AnyHome", Home, PaperHome)


class HomeEnv(gymnasium.Env[np.ndarray, Any]):
    """One home.

    Actions are the home's discrete powers or, with ``continuous``, one number in [−1, 1], the share of the battery's
    power limit (positive charges). ``info`` after a step holds the settlement: ``battery_kwh``, ``grid_kwh``,
    ``bill_eur``, ``emissions_kg``.

    Args:
        home: environment with a batch of one.
        continuous: whether actions are a share of the power instead of one of the discrete powers.

    Raises:
        ValueError: if ``home`` holds more than one.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 (Gymnasium's own form)

    def __init__(self, home: Home, *, continuous: bool = False) -> None:
        self.home = _single(home)
        self.continuous = continuous
        self.observation_space = spaces.Box(*home.observation_bounds)
        self.action_space = _action_space(home, continuous)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begin an episode on a day drawn from the environment's generator; ``options`` are not used."""
        super().reset(seed=seed)
        return self.home.reset(seed=_draw_seed(self.np_random))[0], {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, float]]:
        """One interval; raises ``ValueError`` if the action is not in the action space's form."""
        done = _apply(self.home, np.reshape(action, 1), self.continuous)
        info = {name: float(values[0]) for name, values in _settlement(self.home).items()}
        return done.observation[0], float(done.reward[0]), False, bool(done.truncated[0]), info


class HomeVectorEnv(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """All homes and copies of one ``Home`` as a vector environment; actions and ``info`` as ``HomeEnv``'s.

    All episodes end together. The step after that resets (Gymnasium's next-step mode): it ignores the actions, rewards
    nothing and returns the first observation of the new episodes.
    """

    metadata = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012

    def __init__(self, home: Home, *, continuous: bool = False) -> None:
        self.home = home
        self.continuous = continuous
        self.num_envs = home.batch_size
        self.single_observation_space = spaces.Box(*home.observation_bounds)
        self.single_action_space = _action_space(home, continuous)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._over = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begin episodes on days drawn from the environment's generator; ``options`` are not used."""
        super().reset(seed=seed)
        self._over = False
        return self.home.reset(seed=_draw_seed(self.np_random)), {}

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """One interval of every home, or the reset that follows an episode's last."""
        if self._over:
            observation, info = self.reset()
            no = np.zeros(self.num_envs, dtype=bool)
            return observation, np.zeros(self.num_envs), no, no.copy(), info
        done = _apply(self.home, np.reshape(actions, self.num_envs), self.continuous)
        self._over = bool(done.truncated.all())
        info = _settlement(self.home)
        # Gymnasium pairs every entry with a mask of the environments that report it.
        masks = {f"_{name}": np.ones(self.num_envs, dtype=bool) for name in info}
        return done.observation, done.reward, done.terminated, done.truncated, info | masks


class PaperHomeEnv(gymnasium.Env[np.ndarray, Any]):
    """One of the paper's houses, observed in its raw values.

    Unlike ``PaperHome.reset``, a reset *with a seed* goes back to the first row: Gymnasium asks that a seeded reset
    always leads to the same episode. Without one the row pointer goes on, as in the paper.

    Args:
        house: environment with a batch of one.

    Raises:
        ValueError: if ``house`` holds more than one.
    """

    metadata = {"render_modes": []}  # noqa: RUF012

    def __init__(self, house: PaperHome) -> None:
        self.house = _single(house)
        most_kwh = MAX_POWER_KW * HOURS_PER_DAY
        high = np.float32([house.capacity, most_kwh * WH_PER_KWH, most_kwh, HOURS_PER_DAY])
        self.observation_space = spaces.Box(np.zeros_like(high), high)
        self.action_space = spaces.Discrete(house.action_count)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Go on where the last episode ended; with ``seed``, from the first row and an empty battery."""
        super().reset(seed=seed)
        if seed is not None:
            self.house.load_state({"row": np.array(0), "battery": np.zeros(1)})
        return self.house.reset()[0], {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        """One row; raises ``ValueError`` if the action is not in 0…4."""
        done = self.house.step(np.reshape(action, 1))
        return done.observation[0], float(done.reward[0]), False, False, {}


def make_home(table: pd.DataFrame, *, continuous: bool = False, **options: Any) -> HomeEnv:
    """``HomeEnv`` over a table with one home; ``options`` as ``Home``'s."""
    return HomeEnv(Home(table, **options), continuous=continuous)


def make_homes(table: pd.DataFrame, num_envs: int = 1, *, continuous: bool = False, **options: Any) -> HomeVectorEnv:
    """``HomeVectorEnv`` of ``num_envs`` members: the table's homes, copied as often as fits exactly.

    Raises:
        ValueError: if ``num_envs`` is not a multiple of the table's number of homes.
    """
    homes = table["home"].nunique()
    if num_envs < 1 or num_envs % homes:
        raise ValueError(f"num_envs must be a multiple of the table's {homes} homes, got {num_envs}")
    return HomeVectorEnv(Home(table, copies=num_envs // homes, **options), continuous=continuous)


def make_paper_home(table: pd.DataFrame) -> PaperHomeEnv:
    """``PaperHomeEnv`` over a building's table, with the rows all to one house."""
    return PaperHomeEnv(PaperHome.from_table(table, houses=1))


gymnasium.register("dem/Home-v0", entry_point=make_home, vector_entry_point=make_homes)
gymnasium.register("dem/PaperHome-v0", entry_point=make_paper_home, max_episode_steps=PAPER_EPISODE_STEPS)


def _single(home: AnyHome) -> AnyHome:
    if home.batch_size != 1:
        raise ValueError(f"a single environment needs a batch of one home, got {home.batch_size}")
    return home


def _action_space(home: Home, continuous: bool) -> spaces.Space:
    return spaces.Box(-1.0, 1.0, (1,), np.float32) if continuous else spaces.Discrete(home.action_count)


def _apply(home: Home, action: np.ndarray, continuous: bool) -> Step:
    return home.step_power(action * home.power_kw) if continuous else home.step(action)


def _settlement(home: Home) -> dict[str, np.ndarray]:
    return {name: getattr(home.settlement, name) for name in SETTLEMENT_NAMES}


def _draw_seed(generator: np.random.Generator) -> int:
    return int(generator.integers(SEED_RANGE))
