import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from dem.agents import CheckpointError, EpisodeConfig, EpisodeTrainer, Policy
from dem.agents.stable_baselines import Binned, LibraryAgents, LibraryConfig, to_continuous, to_discrete

SMALL = LibraryConfig(hidden=16, batch_size=32, learning_rate=5e-3, discount=0.9, target_rate=0.05)
ALGORITHMS = ["DQN", "DDQN", "DDPG"]


class TwoStatesFace(gymnasium.Env):
    observation_space = spaces.Box(0, 1, (2,), np.float32)
    action_space = spaces.Discrete(2)


@pytest.mark.parametrize("algorithm", ["DQN", "DDQN"])
def test_train__two_states__finds_the_best_policy(algorithm, two_states):
    agents = LibraryAgents(algorithm, TwoStatesFace(), SMALL, seeds=range(3))
    trainer = EpisodeTrainer(two_states(3), agents, EpisodeConfig(random_steps=100, steps=250))
    trainer.episode()
    in_state_0, in_state_1 = (np.tile(np.eye(2, dtype=np.float32)[state], (3, 1)) for state in (0, 1))
    assert (agents.act(in_state_0, greedy=True) == 1).all()
    assert (agents.act(in_state_1, greedy=True) == 0).all()


def test_train__ddpg_where_one_action_pays__takes_it(random_batch):
    agents = LibraryAgents("DDPG", TwoStatesFace(), SMALL.model_copy(update={"discount": 0.0}), seeds=range(3))
    for step in range(150):
        batch = random_batch(3, 32, 2, 2, seed=step)
        batch.reward.copy_(batch.action)
        agents.update(batch)
    assert (agents.act(np.zeros((3, 2), dtype=np.float32), greedy=True) == 1).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_train__same_seed__same_rewards_and_global_generators_untouched(algorithm, two_states):
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    rewards = []
    for _ in range(2):
        agents = LibraryAgents(algorithm, TwoStatesFace(), SMALL, seeds=[3, 4])
        rewards.append(EpisodeTrainer(two_states(2), agents, EpisodeConfig(random_steps=20, steps=30)).episode())
    np.testing.assert_array_equal(*rewards)
    if algorithm != "DDPG":  # whose train() draws a noise of no size from torch's generator
        assert torch.equal(before[0], torch.get_rng_state())
    np.testing.assert_array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_save_and_load__acts_the_same(algorithm, tmp_path):
    agents, other = (LibraryAgents(algorithm, TwoStatesFace(), SMALL, seeds=[seed]) for seed in (1, 2))
    agents.save(tmp_path / "agents.npz")
    other.load(tmp_path / "agents.npz")
    for seen in np.random.default_rng(0).uniform(size=(20, 1, 2)).astype(np.float32):
        assert agents.act(seen, greedy=True) == other.act(seen, greedy=True)
    assert isinstance(agents, Policy)


def test_load__other_algorithm__names_what_is_missing(tmp_path):
    LibraryAgents("DQN", TwoStatesFace(), SMALL, seeds=[1]).save(tmp_path / "agents.npz")
    with pytest.raises(CheckpointError, match=r"'0/actor\.mu\.0\.weight' is missing"):
        LibraryAgents("DDPG", TwoStatesFace(), SMALL, seeds=[1]).load(tmp_path / "agents.npz")


def test_double_dqn__target__takes_the_online_choice_at_the_targets_value(random_batch):
    batch = random_batch(1, 32, 2, 2)
    agents = LibraryAgents("DDQN", TwoStatesFace(), SMALL, seeds=[1])
    model = agents._models[0]
    with torch.no_grad():
        for parameter in model.q_net_target.parameters():
            parameter.mul_(-1.0)
        choice = model.q_net(batch.next_observation[0]).argmax(1, keepdim=True)
        ahead = model.q_net_target(batch.next_observation[0]).gather(1, choice).squeeze(1)
        target = batch.reward[0] + 0.9 * (1 - batch.terminated[0]) * ahead
        assert not torch.allclose(ahead, model.q_net_target(batch.next_observation[0]).amax(1))
    values = model.q_net(batch.observation[0]).gather(1, batch.action[0].unsqueeze(1)).squeeze(1)
    expected = torch.autograd.grad(torch.nn.functional.smooth_l1_loss(values, target), model.q_net.parameters())
    agents.update(batch)
    for parameter, gradient in zip(model.q_net.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_epsilon__falls_linearly_to_its_end(random_batch):
    agents = LibraryAgents("DQN", TwoStatesFace(), SMALL.model_copy(update={"exploration_updates": 4}), seeds=[1])
    seen = [agents.epsilon]
    for step in range(5):
        agents.update(random_batch(1, 32, 2, 2, seed=step))
        seen.append(agents.epsilon)
    np.testing.assert_allclose(seen, [1, 0.7625, 0.525, 0.2875, 0.05, 0.05])


@given(st.integers(1, 12), st.data())
def test_bins__centre_of_each__maps_back_to_it(count, data):
    action = data.draw(st.integers(0, count - 1))
    centre = to_continuous(torch.tensor([action]), count).numpy()
    assert to_discrete(centre, count)[0] == action
    assert -1 < centre[0] < 1


def test_binned__edges__stay_in_range():
    face = Binned(TwoStatesFace())
    assert [face.action(np.float32([value])) for value in (-1.0, -0.01, 0.01, 1.0)] == [0, 0, 1, 1]


def test_init__unknown_algorithm__lists_the_known():
    with pytest.raises(ValueError, match=r"one of \['DDPG', 'DDQN', 'DQN'\], got 'A2C'"):
        LibraryAgents("A2C", TwoStatesFace(), SMALL, seeds=[1])
