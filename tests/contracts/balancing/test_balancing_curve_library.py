"""The curve on chain against its twin off chain, on thousands of random curves and sequences of trades."""

import dataclasses
import itertools
import random

import pytest
from balancing_world import CURVE

from dem.market.balancing_curve import Curve

SEQUENCES, STEPS = 100, 20
LARGEST_CURVE = Curve(2**56 - 1, 2**56 - 1, 2**48 - 1, 2**48 - 1)


@pytest.fixture(scope="module")
def library(connection):
    mock, _ = connection.deploy("BalancingCurveMock", sender=connection.accounts[0])
    return mock


def random_curve(generator: random.Random) -> Curve:
    base = generator.randint(1, 2 ** generator.randint(1, 56) - 1)
    wide = [generator.randint(1, 2 ** generator.randint(1, 48) - 1) for _ in range(2)]
    return Curve(base, generator.randint(0, base), *wide)


def random_walk(generator: random.Random, curve: Curve) -> list[int]:
    """States of a slot while trades of all sizes go to and fro, around the curve's corners too."""
    nets, net = [], 0
    for _ in range(STEPS):
        corner = generator.choice([0, curve.scale, -curve.scale, -curve.surplus_limit, net])
        net = corner + generator.randint(-1, 1) * generator.randint(0, 2 ** generator.randint(0, 48))
        nets.append(net)
    return nets


@pytest.fixture(scope="module")
def walks():
    generator = random.Random(11)
    curves = [random_curve(generator) for _ in range(SEQUENCES - 1)] + [LARGEST_CURVE]
    return [(curve, net) for curve in curves for net in random_walk(generator, curve)]


def on_chain(connection, method, walks, batch=400):
    answers = []
    for start in range(0, len(walks), batch):
        part = walks[start : start + batch]
        curves = [dataclasses.astuple(curve) for curve, _ in part]
        answers.append(connection.read(method, curves, [net for _, net in part]))
    return answers


@pytest.fixture(scope="module")
def costs(connection, library, walks):
    return [cost for answer in on_chain(connection, library.costs, walks) for cost in answer]


def test_costs__two_thousand_states__are_the_twins_to_the_unit(costs, walks):
    assert len(costs) == SEQUENCES * STEPS
    assert costs == [curve.cost(net) for curve, net in walks]


def test_costs__any_sequence_of_trades__never_lose_more_than_the_worst_case(connection, library, costs, walks):
    curves = [dataclasses.astuple(curve) for curve, _ in walks[::STEPS]]
    losses = connection.read(library.worstCaseLosses, curves)
    assert all(cost >= -losses[index // STEPS] for index, cost in enumerate(costs))
    assert losses == [curve.worst_case_loss for curve, _ in walks[::STEPS]]


def test_marginal_prices__two_thousand_states__are_the_twins_exactly(connection, library, walks):
    answers = on_chain(connection, library.marginalPrices, walks)
    numerators = [value for answer in answers for value in answer[0]]
    denominators = [value for answer in answers for value in answer[1]]
    for numerator, denominator, (curve, net) in zip(numerators, denominators, walks, strict=True):
        assert numerator == curve.price(net) * denominator
        assert 0 <= numerator <= curve.max_price * denominator


@pytest.mark.parametrize("net", [-(2**62), -(2**48), 2**48, 2**62])
def test_costs__largest_curve_and_far_states__do_not_overflow(connection, library, net):
    assert connection.read(library.costs, [dataclasses.astuple(LARGEST_CURVE)], [net]) == [LARGEST_CURVE.cost(net)]


def test_costs__each_wh__costs_more_than_the_one_before_and_stays_in_bounds(connection, library):
    nets = list(range(-2_100, 1_200, 10))
    costs = connection.read(library.costs, [dataclasses.astuple(CURVE)] * len(nets), nets)
    steps = [after - before for before, after in itertools.pairwise(costs)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, 10 * CURVE.max_price)
