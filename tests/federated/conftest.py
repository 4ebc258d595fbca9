import socket

import pytest

from dem.agents import EpisodeConfig, SACConfig
from dem.federated import FederatedConfig


@pytest.fixture
def tiny():
    """Settings of a run that takes a fraction of a second; overrides by keyword."""

    def settings(**overrides):
        learner = SACConfig(hidden=8, batch_size=16, learning_rate=0.01)
        episode = EpisodeConfig(random_steps=20, steps=5)
        return FederatedConfig(**{"seeds": (3, 4), "rounds": 2, "learner": learner, "episode": episode, **overrides})

    return settings


@pytest.fixture
def loopback():
    """Skips where a test may not listen on this machine's own address."""
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError as error:
        pytest.skip(f"cannot listen on loopback: {error}")
