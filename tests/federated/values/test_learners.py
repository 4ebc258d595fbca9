"""What is learned, and that statistics add up to the fit of all data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.federated.values import neighbourhood
from dem.federated.values.learners import HEAD, learner_for
from dem.federated.values.outlook import INPUTS
from dem.federated.values.perceptron import Adam, Perceptron
from dem.federated.values.week import LEVELS, UNIT


def test_week__hindsight__falls_as_the_store_fills(small):
    week = neighbourhood.week(small().neighbourhood, 0)
    assert (np.diff(week.hindsight, axis=1) <= 1e-6).all()
    assert week.future[:, -1].tolist() == list(range(12))
    np.testing.assert_allclose(week.price[:, None] + UNIT * week.targets(), week.hindsight, atol=1e-6)


def test_targets__of_a_fit_that_knows_hindsight__are_hindsight(small):
    week = neighbourhood.week(small().neighbourhood, 1)
    known = {row.tobytes(): target for row, target in zip(week.inputs, week.targets(), strict=True)}
    oracle = lambda inputs: np.stack([known[row.tobytes()] for row in inputs])  # noqa: E731
    np.testing.assert_allclose(week.targets(oracle), week.targets(), atol=1e-4)


@given(st.lists(st.integers(0, 2), min_size=2, max_size=3, unique=True), st.integers(0, 9))
@settings(max_examples=10, deadline=None)
def test_statistics__mean_over_homes__is_the_fit_of_pooled_data(small, homes, seed):
    config = small(seed=seed)
    learner = learner_for(config)
    weeks = [neighbourhood.week(config.neighbourhood, home) for home in homes]
    sent = [learner.learn(week, learner.initial(), 1, np.random.default_rng(0)) for week in weeks]
    mean = {name: np.mean([arrays[name] for arrays in sent], axis=0) for name in sent[0]}
    together = learner.learn(weeks[0].joined(weeks), learner.initial(), 1, np.random.default_rng(0))
    inputs = weeks[0].inputs
    np.testing.assert_allclose(learner.excess(mean)(inputs), learner.excess(together)(inputs), atol=1e-7)


def test_statistics__two_rounds__are_the_fit_of_pooled_data_too(small):
    from dem.federated.values import train

    federated, pooled = train(small()), train(small(sharing="pooled"))
    learner = learner_for(federated.config)
    inputs = neighbourhood.week(federated.config.neighbourhood, 0).inputs
    fits = [learner.excess(trained.models[0])(inputs) for trained in (federated, pooled)]
    np.testing.assert_allclose(*fits, atol=1e-7)


def test_statistics__own_week_alone__moves_the_fit_towards_it(small):
    config = small(own=0.9)
    learner, week = learner_for(config), neighbourhood.week(config.neighbourhood, 0)
    other = learner.learn(neighbourhood.week(config.neighbourhood, 1), learner.initial(), 1, np.random.default_rng(0))
    errors = [
        np.square(learner.excess(arrays)(week.inputs) - week.targets()).mean()
        for arrays in (other, learner.personal(week, other))
    ]
    assert errors[1] < errors[0]


def test_network__local_head__fits_the_home_better_and_shares_the_rest(small):
    config = small(learner="network", own=0.5, hidden=16)
    learner, week = learner_for(config), neighbourhood.week(config.neighbourhood, 0)
    shared = learner.initial()
    mine = learner.personal(week, shared)
    assert all(np.array_equal(mine[name], shared[name]) for name in shared if name != HEAD)
    errors = [np.square(learner.excess(arrays)(week.inputs) - week.targets()).mean() for arrays in (shared, mine)]
    assert errors[1] < errors[0]


def test_network__strong_pull__stays_near_the_shared_one(small):
    moved = {}
    for mu in (0.0, 100.0):
        config = small(learner="network", mu=mu, updates=20)
        learner, week = learner_for(config), neighbourhood.week(config.neighbourhood, 0)
        shared = learner.initial()
        learned = learner.learn(week, shared, 1, np.random.default_rng(0))
        moved[mu] = np.abs(learned["weight1"] - shared["weight1"]).mean()
    assert 0 < moved[100.0] < 0.5 * moved[0.0]


def test_gradient__of_a_perceptron__is_that_of_finite_differences():
    network, generator = Perceptron(3, 5, 2), np.random.default_rng(1)
    weights = {name: generator.normal(size=array.shape) for name, array in network.draw(generator).items()}
    inputs, targets = generator.normal(size=(7, 3)), generator.normal(size=(7, 2))
    loss = lambda at: np.square(network.answer(at, inputs) - targets).mean()  # noqa: E731
    for name, slope in network.gradient(weights, inputs, targets).items():
        up, down = ({**weights, name: weights[name] + step} for step in (1e-6, -1e-6))
        assert (loss(up) - loss(down)) / 2e-6 == pytest.approx(slope.sum(), abs=1e-6), name


def test_adam__on_a_bowl__finds_its_bottom_and_leaves_the_start_alone():
    start = {"a": np.ones((2, 2)), "b": np.full(3, -2.0)}
    adam = Adam(start, learning_rate=0.05)
    for _ in range(500):
        adam.step({name: 2 * (array - 0.5) for name, array in adam.weights.items()})
    for array in adam.weights.values():
        np.testing.assert_allclose(array, 0.5, atol=0.01)
    assert start["b"].tolist() == [-2.0] * 3


def test_network__untrained__answers_the_expected_price(small):
    learner = learner_for(small(learner="network"))
    assert not learner.excess(learner.initial())(np.ones((4, INPUTS))).any()
    assert learner.initial()[HEAD].shape[1] == LEVELS
