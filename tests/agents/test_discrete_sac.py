"""The project's own soft actor-critic, one agent for all homes."""

import numpy as np
import pytest
import torch

from dem.agents import SACConfig, discrete_sac
from dem.homes import Home

SMALL = SACConfig(hidden=8, batch_size=32, cql_weight=0.0)
STEPS = discrete_sac.RANDOM_STEPS + 200


@pytest.fixture(scope="module")
def trained(neighbourhood, foresight):
    return discrete_sac.train(neighbourhood, config=SMALL, foresight=foresight, steps=STEPS, seed=3)


def test_train__same_seed__same_weights_and_global_generator_untouched(neighbourhood, foresight, trained):
    before = torch.get_rng_state()
    again = discrete_sac.train(neighbourhood, config=SMALL, foresight=foresight, steps=STEPS, seed=3)
    assert torch.equal(before, torch.get_rng_state())
    for name, value in trained.learner.weights().items():
        np.testing.assert_array_equal(value, again.learner.weights()[name])


def test_train__more_steps_than_the_random_ones__learns(neighbourhood, foresight, trained):
    untrained = discrete_sac.train(neighbourhood, config=SMALL, foresight=foresight, steps=4, seed=3)
    weights = trained.learner.weights()["actor/weight1"]
    assert not np.array_equal(weights, untrained.learner.weights()["actor/weight1"])


def test_train__no_time__does_not_learn(neighbourhood, foresight):
    hurried = discrete_sac.train(neighbourhood, config=SMALL, foresight=foresight, steps=STEPS, seed=3, seconds=0)
    untrained = discrete_sac.train(neighbourhood, config=SMALL, foresight=foresight, steps=4, seed=3)
    weights = hurried.learner.weights()["actor/weight1"]
    np.testing.assert_array_equal(weights, untrained.learner.weights()["actor/weight1"])


def test_act__many_homes__takes_the_most_probable_actions(neighbourhood, trained):
    home = Home(neighbourhood, copies=3, features=trained.features(neighbourhood))
    seen = home.reset()
    action = trained.policy(home).act(seen)
    alone = [int(trained.learner.probabilities(one[None])[0].argmax()) for one in seen]
    assert action.tolist() == alone
    home.step(action)


def test_policy__homes_of_another_kind__refused(neighbourhood, trained):
    with pytest.raises(ValueError, match="the agent observes 77 values, the homes show 9"):
        trained.policy(Home(neighbourhood))
    other = Home(neighbourhood, actions=3, features=trained.features(neighbourhood))
    with pytest.raises(ValueError, match="the agent has 5 actions, the homes take 3"):
        trained.policy(other)
