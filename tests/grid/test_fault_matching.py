import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dem.grid.faults.matching import Curves, match

OHMS = np.array([0.1, 1.0, 10.0])


def curves(variance=0.01):
    """Two candidates in three channels, corners at three resistances."""
    corners = np.array([[[0, 0, 0], [1, 0, 0], [2, 1, 0]], [[0, 0, 0], [0, 1, 1], [0, 2, 1]]], dtype=float)
    return Curves.through(corners, np.full(corners.shape, variance), np.tile(OHMS, (2, 1)))


def integral(values, candidate, variance):
    """The evidence by plain quadrature over the logarithm of the resistance."""
    made, t = curves(variance), np.linspace(0, 2, 4_001)[:-1] + 2.5e-4
    piece, part = t.astype(int), (t % 1)[:, None]
    points = made.start[candidate, piece] + part * made.step[candidate, piece]
    log_density = -0.5 * np.sum((values - points) ** 2 / variance + np.log(2 * np.pi * variance), axis=1)
    return np.log(np.mean(np.exp(log_density)))


@given(st.lists(st.floats(-1, 3), min_size=3, max_size=3))
def test_match__evidence__is_the_likelihood_averaged_over_the_curve(values):
    found = match(np.array([values]), curves(0.3))
    for candidate in (0, 1):
        assert found.evidence[0, candidate] == pytest.approx(integral(np.array(values), candidate, 0.3), abs=2e-3)


def test_match__point_on_a_curve__finds_candidate_and_resistance():
    found = match(np.array([[1.5, 0.5, 0.0]]), curves())
    assert found.evidence[0].argmax() == 0
    assert found.ohms[0, 0] == pytest.approx(np.sqrt(10.0))


def test_match__missing_channel__counts_for_nothing():
    complete = np.array([[1.5, 0.5, 0.0], [0.0, 1.5, 1.0]])
    gap = complete.copy()
    gap[1, 2] = np.nan
    found = match(gap, curves())
    assert found.evidence[0] == pytest.approx(match(complete, curves()).evidence[0])
    assert np.isfinite(found.evidence).all()
    assert found.evidence[1].argmax() == 1


def test_match__far_from_every_curve__stays_finite():
    found = match(np.array([[1e3, -1e3, 1e3]]), curves(1e-6))
    assert np.isfinite(found.evidence).all()
