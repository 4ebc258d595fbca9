"""Agents that are trained on the sound home: value iteration, imitation, the library's; and planning beside them."""

import random
from functools import partial

import numpy as np
import pytest
import torch

from dem.agents import (
    MPC,
    CheckpointError,
    SelfConsumption,
    discrete_sac,
    evaluate,
    imitation,
    library,
    mpc,
    optimum,
    value_iteration,
)
from dem.homes import Battery, Home

START = "2023-05-08"
SMALL = {"hidden": 16, "updates": 150, "batch_size": 256, "rows": 4_000}
VALUE = value_iteration.ValueConfig(**SMALL, rounds=1, lookahead_hours=2.0)
COPY = imitation.ImitationConfig(**SMALL)


@pytest.fixture(scope="module")
def training(neighbourhood):
    return neighbourhood[neighbourhood.index < START]


@pytest.fixture(scope="module")
def valued(training, foresight):
    return value_iteration.train(training, config=VALUE, foresight=foresight, seed=1)


@pytest.fixture(scope="module")
def optimal(neighbourhood):
    return optimum(Home(neighbourhood[neighbourhood.index >= START]))


def captured(agent, table, optimal):
    return evaluate(agent, table, start=START, optimal=optimal)["captured"].mean()


def test_agents__a_week_they_were_not_trained_on__planned_then_valued_then_copied(
    neighbourhood, training, foresight, valued, optimal
):
    judged = neighbourhood[neighbourhood.index >= START]
    rule = evaluate(SelfConsumption(Home(judged)), judged, optimal=optimal)["captured"].mean()
    copied = imitation.train(training, config=COPY, foresight=foresight)
    planned = captured(MPC(foresight, Battery()), neighbourhood, optimal)
    assert planned > captured(valued, neighbourhood, optimal) > rule
    assert captured(copied, neighbourhood, optimal) > rule


def test_mpc__battery_by_name__plans_for_each(neighbourhood, foresight):
    names = sorted(neighbourhood["home"].unique())
    agent = MPC(foresight, {names[0]: Battery(), names[1]: Battery(capacity_kwh=0.0)})
    plans = agent.features(neighbourhood)["water_value 0"]
    assert plans[names[0]].std() > 0
    assert (plans[names[1]] == 0).all()


def test_mpc__table__trains_forecasts_a_day_ahead(neighbourhood):
    assert mpc.train(neighbourhood).foresight.horizon == 48


def test_policy__homes_without_its_features__names_the_first(one_week, foresight, valued):
    with pytest.raises(ValueError, match="do not show 'water_value 0'"):
        MPC(foresight, Battery()).policy(Home(one_week))
    with pytest.raises(ValueError, match="the agent observes 77 values, the homes show 9"):
        valued.policy(Home(one_week))


def test_train__same_seed__same_networks_and_global_generator_untouched(training, foresight, valued):
    before = torch.get_rng_state()
    again = value_iteration.train(training, config=VALUE, foresight=foresight, seed=1)
    assert torch.equal(before, torch.get_rng_state())
    for name, value in valued.ensemble.state().items():
        np.testing.assert_array_equal(value, again.ensemble.state()[name])


@pytest.mark.parametrize("method", [value_iteration, imitation])
def test_train__no_time__ends_before_its_steps_are_done(training, foresight, method):
    config = (VALUE if method is value_iteration else COPY).model_copy(update={"updates": 10**9})
    method.train(training, config=config, foresight=foresight, seed=1, seconds=0)


def test_load__saved__answers_the_same(training, foresight, valued, tmp_path):
    valued.ensemble.save(tmp_path / "agent.npz")
    other = value_iteration.train(training, config=VALUE, foresight=foresight, seed=2, seconds=0)
    other.ensemble.load(tmp_path / "agent.npz")
    seen = np.random.default_rng(0).uniform(size=(5, 76)).astype(np.float32)
    np.testing.assert_array_equal(valued.water_values(seen), other.water_values(seen))


def test_load__other_network__names_the_array_and_changes_nothing(training, foresight, valued):
    wide = VALUE.model_copy(update={"hidden": 24, "updates": 1})
    other = value_iteration.train(training, config=wide, foresight=foresight, seconds=0)
    before = other.ensemble.state()
    with pytest.raises(CheckpointError, match=r"'0\.0\.weight' has shape \(16, 76\), expected \(24, 76\)"):
        other.ensemble.load_state(valued.ensemble.state())
    np.testing.assert_array_equal(before["0.2.weight"], other.ensemble.state()["0.2.weight"])


@pytest.mark.parametrize("algorithm", ["PPO", "SAC", "DQN"])
def test_library__few_steps__acts_within_the_battery_and_leaves_global_generators(training, foresight, algorithm):
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    agent = library.train(algorithm, training, foresight=foresight, steps=400, seed=3)
    assert torch.equal(before[0], torch.get_rng_state())
    np.testing.assert_array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002
    assert before[2] == random.getstate()
    home = Home(training, features=agent.features(training))
    action = agent.policy(home).act(home.reset())
    assert action.shape == (2,)
    home.step_power(action) if action.dtype.kind == "f" else home.step(action)
    with pytest.raises(ValueError, match="the agent observes 77 values, the homes show 9"):
        agent.policy(Home(training))


def test_library__episode_over__begins_anew_and_hands_out_the_last_observation(one_week):
    envs = library.HomesVecEnv(Home(one_week, episode_steps=2), continuous=False)
    envs.reset()
    for over in (False, True):
        observation, _, done, infos = envs.step(np.array([2, 2]))
        assert done.tolist() == [over, over]
    assert infos[0]["TimeLimit.truncated"]
    assert observation.shape == (2, 9)
    assert not np.array_equal(infos[0]["terminal_observation"], observation[0])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize(
    "train",
    [
        partial(value_iteration.train, config=VALUE),
        partial(imitation.train, config=COPY),
        partial(discrete_sac.train, steps=3_000),
        partial(library.train, "PPO", steps=400),
    ],
)
def test_train__on_a_gpu__acts_on_homes_as_from_the_processor(training, foresight, train):
    agent = train(training, foresight=foresight, device="cuda")
    home = Home(training, features=agent.features(training))
    assert np.isfinite(agent.policy(home).act(home.reset())).all()


def test_library__unknown_algorithm__lists_the_known(training):
    with pytest.raises(ValueError, match="one of PPO, SAC, DQN, got 'A2C'"):
        library.train("A2C", training)
