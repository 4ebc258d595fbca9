"""The houses: whose data each client holds, and the environments it trains and is tried in.

In the paper's environment the houses share one building, row by row in turn. In the sound one every house is a home of
its own; it trains on some weeks, spread over the table, and is tried on others.
"""

from copy import deepcopy
from functools import lru_cache

import numpy as np
import pandas as pd

from dem import data
from dem.federated.config import FederatedConfig
from dem.homes import BatchedEnvironment, Battery, Home, PaperHome, Step
from dem.units import HOURS_PER_WEEK

PAPER_TRIAL_STEPS = 1_000
# A trial starts with an empty battery, so that nothing is saved by energy that was never bought.
EMPTY = Battery(initial_soc=0.0)


def environment(config: FederatedConfig, house: int) -> BatchedEnvironment:
    """A fresh environment of one house for training, with one home per seed."""
    return deepcopy(_prototype(config, house))


def trial(config: FederatedConfig, house: int) -> tuple[BatchedEnvironment, int]:
    """A fresh environment of one house to try policies in, with one home per seed, and how many steps a trial has."""
    if config.environment == "paper":
        return environment(config, house), PAPER_TRIAL_STEPS
    table = trial_table(config, house)
    return Home(table, EMPTY, copies=len(config.seeds)), len(table)


def training_table(config: FederatedConfig, house: int) -> pd.DataFrame:
    """The weeks that a sound home trains on, one after the other."""
    return _chosen_weeks(config, house)[0]


def trial_table(config: FederatedConfig, house: int) -> pd.DataFrame:
    """The weeks that a sound home is tried on, one after the other; none of them is trained on."""
    return _chosen_weeks(config, house)[1]


def split_weeks(weeks: int, training: int, trial: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of a table's ``weeks`` to train on and which to try on: both spread evenly, none in common.

    Raises:
        ValueError: if there are too few weeks.
    """
    if training + trial > weeks:
        raise ValueError(f"{training} training and {trial} trial weeks need more than the {weeks} whole weeks of data")
    tried = _spread(np.arange(weeks), trial)
    return _spread(np.setdiff1d(np.arange(weeks), tried), training), tried


def _spread(candidates: np.ndarray, count: int) -> np.ndarray:
    return candidates[(2 * np.arange(count) + 1) * len(candidates) // (2 * count)]


@lru_cache(maxsize=64)
def _prototype(config: FederatedConfig, house: int) -> BatchedEnvironment:
    copies = len(config.seeds)
    if config.environment == "paper":
        everyone = PaperHome.from_table(
            _neighbourhood(config.data, config.data_seed, config.tariff), config.houses, copies
        )
        return OneHouse(everyone, house, config.houses)
    table = training_table(config, house)
    week = data.intervals(table, HOURS_PER_WEEK)
    return Home(table, copies=copies, episode_steps=week, seed=config.data_seed + house)


@lru_cache(maxsize=64)
def _chosen_weeks(config: FederatedConfig, house: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    homes = _homes(config.data, config.data_seed, config.tariff, config.houses)
    table = homes[homes["home"] == data.home_names(homes)[house]]
    rows = data.intervals(table, HOURS_PER_WEEK)
    training, tried = split_weeks(len(table) // rows, config.training_weeks, config.trial_weeks)
    return joined_weeks(table, training, rows), joined_weeks(table, tried, rows)


def joined_weeks(table: pd.DataFrame, weeks: np.ndarray, rows: int) -> pd.DataFrame:
    """Those weeks with their clock closed up: whole weeks keep the weekday and the hour of every row."""
    picked = table.iloc[(weeks[:, None] * rows + np.arange(rows)).ravel()]
    first = table.index[weeks[0] * rows]
    times = pd.date_range(first, periods=len(picked), freq=table.index[1] - table.index[0], name=table.index.name)
    return picked.set_index(times)


@lru_cache(maxsize=4)
def _neighbourhood(source: str, seed: int, tariff: str) -> pd.DataFrame:
    return data.load(source, tariff=tariff, seed=seed)


@lru_cache(maxsize=4)
def _homes(source: str, seed: int, tariff: str, count: int) -> pd.DataFrame:
    """The table's first homes; household-sized parts of it where it has too few (one building)."""
    table = _neighbourhood(source, seed, tariff)
    names = data.home_names(table)
    return table[table["home"].isin(names[:count])] if len(names) >= count else data.households(table, count)


class OneHouse:
    """One house of a `PaperHome` batch, seen as an environment of its own; the other houses rest unseen."""

    def __init__(self, everyone: PaperHome, house: int, houses: int) -> None:
        self._everyone = everyone
        self._members = np.arange(house, everyone.batch_size, houses)
        self.observation_size, self.action_count = everyone.observation_size, everyone.action_count

    @property
    def batch_size(self) -> int:
        """Number of copies of the house."""
        return len(self._members)

    def reset(self, seed: int | None = None) -> np.ndarray:
        """Start an episode."""
        return self._everyone.reset(seed)[self._members]

    def observe(self) -> np.ndarray:
        """The present observation."""
        return self._everyone.observe()[self._members]

    def step(self, action: np.ndarray) -> Step:
        """Advance by one of the house's rows."""
        actions = np.zeros(self._everyone.batch_size, dtype=np.int64)
        actions[self._members] = action
        step = self._everyone.step(actions)
        parts = (step.observation, step.reward, step.terminated, step.truncated)
        return Step(*(part[self._members] for part in parts))

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to continue bit for bit."""
        return self._everyone.state()

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Continue from what `state` returned."""
        self._everyone.load_state(state)
