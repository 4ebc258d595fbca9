import numpy as np
import pytest
import torch

from dem.agents import Replay


def filled(agents=2, rows=6):
    """Row n of agent k holds n + 10 k everywhere."""
    replay = Replay(agents, rows, observation_size=3)
    for row in range(rows):
        number = row + 10.0 * np.arange(agents)
        seen = np.repeat(number[:, None], 3, axis=1)
        replay.add(seen, (number % 5).astype(int), number, seen + 1, np.full(agents, row % 2 == 0))
    return replay


def test_sample__rows__stay_together_and_with_their_agent():
    batch = filled().sample([np.random.default_rng(k) for k in range(2)], 40)
    assert batch.observation.shape == (2, 40, 3)
    torch.testing.assert_close(batch.observation[..., 0], batch.reward)
    torch.testing.assert_close(batch.next_observation, batch.observation + 1)
    torch.testing.assert_close(batch.action, (batch.reward % 5).long())
    torch.testing.assert_close(batch.terminated, (batch.reward % 2 == 0).float())
    assert (batch.reward[0] < 10).all()
    assert (batch.reward[1] >= 10).all()


def test_sample__every_row__is_drawn():
    batch = filled().sample([np.random.default_rng(k) for k in range(2)], 300)
    assert set(batch.reward[0].tolist()) == set(range(6))


def test_sample__same_generators__same_rows():
    draws = [filled().sample([np.random.default_rng(k) for k in range(2)], 8).reward for _ in range(2)]
    torch.testing.assert_close(*draws)


def test_sample__empty__is_refused():
    with pytest.raises(IndexError, match="empty"):
        Replay(1, 5, 2).sample([np.random.default_rng(0)], 3)


def test_add__full__is_refused():
    replay = filled(rows=2)
    assert len(replay) == 2
    with pytest.raises(IndexError, match=r"full \(2 transitions\)"):
        replay.add(np.zeros((2, 3)), np.zeros(2), np.zeros(2), np.zeros((2, 3)), np.zeros(2))
