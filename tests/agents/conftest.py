"""A tiny environment with a known best policy, and minibatches of noise."""

import numpy as np
import pytest
import torch

from dem import borrowed, data
from dem.agents import Batch, Foresight
from dem.homes import Step


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Networks this small gain nothing from threads, and the tests already run in parallel processes."""
    with borrowed.one_thread():
        yield


class TwoStates:
    """Action 0 stays, action 1 changes the state; being in state 1 afterwards pays 1. Best: go to state 1 and stay."""

    observation_size = 2
    action_count = 2

    def __init__(self, batch_size):
        self.batch_size = batch_size
        self._state = np.zeros(batch_size, dtype=np.int64)

    def observe(self):
        return np.eye(2, dtype=np.float32)[self._state]

    def reset(self, seed=None):
        self._state[:] = 0
        return self.observe()

    def step(self, action):
        self._state = (self._state + action) % 2
        never = np.zeros(self.batch_size, dtype=bool)
        return Step(self.observe(), self._state.astype(np.float64), never, never.copy())

    def state(self):
        return {"state": self._state.copy()}

    def load_state(self, state):
        self._state = np.array(state["state"])


@pytest.fixture
def two_states():
    return TwoStates


@pytest.fixture
def random_batch():
    def make(agents, size, inputs, actions, seed=0):
        generator = torch.Generator().manual_seed(seed)

        def noise(*shape):
            return torch.randn(*shape, generator=generator)

        return Batch(
            observation=noise(agents, size, inputs),
            next_observation=noise(agents, size, inputs),
            action=torch.randint(actions, (agents, size), generator=generator),
            reward=noise(agents, size),
            terminated=(torch.rand(agents, size, generator=generator) < 0.1).float(),
        )

    return make


@pytest.fixture
def agent_of():
    """The minibatch of one agent alone."""

    def cut(batch, agent):
        return Batch(**{name: value[agent : agent + 1] for name, value in vars(batch).items()})

    return cut


@pytest.fixture(scope="session")
def neighbourhood():
    """Two synthetic homes over six weeks of spring, with a time-of-use tariff and a few negative prices."""
    return data.load("synthetic", homes=2, start="2023-04-03", end="2023-05-15", tariff="time_of_use", seed=5)


@pytest.fixture(scope="session")
def one_week(neighbourhood):
    return neighbourhood[neighbourhood.index < "2023-04-10"]


@pytest.fixture(scope="session")
def foresight(neighbourhood):
    return Foresight.day_ahead(neighbourhood)
