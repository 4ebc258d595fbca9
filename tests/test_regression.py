import numpy as np
import pytest

from dem.regression import PENALTY, ridge


def test_ridge__a_linear_law_without_noise__finds_its_weights():
    inputs = np.random.default_rng(0).normal(size=(3, 500))
    weights = np.array([2.0, -1.0, 0.5])
    assert ridge(inputs, weights @ inputs) == pytest.approx(weights, rel=1e-3)


def test_ridge__one_input__is_shrunk_by_the_penalty():
    inputs = np.array([[1.0, 2.0, 3.0]])
    assert ridge(inputs, 4 * inputs[0]) == pytest.approx(4 / (1 + PENALTY))


def test_ridge__the_same_input_twice__shares_the_weight():
    inputs = np.tile(np.arange(10.0), (2, 1))
    assert ridge(inputs, inputs[0]) == pytest.approx([0.5, 0.5], rel=1e-3)


def test_ridge__all_inputs_zero__has_no_weight():
    assert ridge(np.zeros((2, 5)), np.ones(5)).tolist() == [0, 0]
