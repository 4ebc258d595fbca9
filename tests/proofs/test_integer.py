"""The network in whole numbers: what rounding keeps, what it refuses, how it is packed."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.agents.ensemble import Ensemble, EnsembleConfig
from dem.proofs import IntegerNetwork, state_words
from dem.proofs.integer import STEPS_PER_SPREAD, WEIGHT_LEVELS, quantised

INPUTS = 6


def ensemble(seed=0, hidden=16, networks=1, outputs=1) -> Ensemble:
    inputs = np.random.default_rng(seed).normal(3, 2, (500, INPUTS)).astype(np.float32)
    return Ensemble(inputs, outputs, EnsembleConfig(hidden=hidden, networks=networks), seed)


def small(**changes) -> IntegerNetwork:
    ones = np.ones((2, 8), dtype=np.int64)
    parts = {"weight1": ones, "bias1": ones[0], "weight2": np.eye(8, dtype=np.int64), "bias2": -ones[0]}
    return IntegerNetwork(**{**parts, "weight3": ones[0], "bias3": -5, "unit": 10, **changes})


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1_000))
def test_outputs__over_unit__are_nearly_those_in_floating_point(seed):
    floating = ensemble(seed)
    whole = IntegerNetwork.of(floating)
    inputs = np.random.default_rng(seed + 1).normal(3, 2, (50, INPUTS)).astype(np.float32)
    difference = whole.outputs(quantised(inputs, floating)) / whole.unit - floating.predict(inputs)[:, 0]
    assert np.abs(difference).max() < 0.05


def test_outputs__where_nothing_is_rounded__are_exact():
    """Inputs on the grid and weights that are whole multiples of a level lose nothing."""
    floating = ensemble(hidden=8)
    floating.mean[:], floating.spread[:] = 0, STEPS_PER_SPREAD
    with torch.no_grad():
        for values in floating.networks.parameters():
            values.copy_((values * 500).round().clamp(-WEIGHT_LEVELS, WEIGHT_LEVELS))
        for layer in (0, 2, 4):
            floating.networks[0][layer].weight[0, 0] = WEIGHT_LEVELS
    states = np.random.default_rng(1).integers(-100, 100, (20, INPUTS))
    whole = IntegerNetwork.of(floating)
    assert whole.unit == STEPS_PER_SPREAD
    expected = floating.networks[0].double()(torch.from_numpy(states / STEPS_PER_SPREAD)).detach().numpy()[:, 0]
    np.testing.assert_allclose(whole.outputs(states), expected * STEPS_PER_SPREAD, rtol=1e-12)


def test_outputs__by_hand():
    network = small()
    # Sums 1 + 2 + 1 = 4, less 1 is 3, eight times, less 5.
    assert network.outputs(np.array([[1, 2], [-9, 1]])).tolist() == [8 * 3 - 5, -5]


def test_quantised__far_out__stays_at_the_last_level():
    floating = ensemble()
    far = floating.mean + np.array([[100], [-100]], dtype=np.float32) * floating.spread
    assert quantised(far, floating).tolist() == [[127] * INPUTS, [-127] * INPUTS]


def test_state_words__first_number_lowest__negative_ones_in_twos_complement():
    (word,) = state_words(np.array([[1, -1, 127]], dtype=np.int8))
    assert word == bytes(29) + b"\x7f\xff\x01"


def test_packed__header_rows_and_lanes__as_the_contract_reads_them():
    packed = small(bias1=np.arange(8) - 4).packed
    words = [packed[start : start + 32] for start in range(0, len(packed), 32)]
    assert [int.from_bytes(word, "big") for word in words[:3]] == [2, 8, 10]
    assert len(words) == 3 + 2 + 1 + 8 + 1 + 1 + 1
    lanes = sum(number << (32 * lane) for lane, number in enumerate(range(-4, 4)))
    assert int.from_bytes(words[5], "big") == lanes % 2**256
    assert int.from_bytes(words[-1], "big", signed=True) == -5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: small(weight1=np.ones((33, 8), dtype=np.int64)), "32 numbers"),
        (lambda: small(bias1=np.ones(7, dtype=np.int64)), "multiple of 8"),
        (lambda: small(bias2=np.full(8, 2**30)), "sums of the network"),
        (lambda: IntegerNetwork.of(ensemble(networks=2)), "one network with one output"),
        (lambda: IntegerNetwork.of(ensemble(outputs=3)), "one network with one output"),
    ],
)
def test_network__that_contract_or_circuit_could_not_compute__is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
