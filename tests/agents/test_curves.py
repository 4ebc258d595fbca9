import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dem.agents.curves import normalise, settled_episode

CURVES = arrays.arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 20)), elements=st.floats(-1e6, 0, width=32))


@given(CURVES)
def test_normalise__any_run__spans_minus_one_to_one(reward):
    normalised = normalise(reward)
    varied = reward.min(axis=1) < reward.max(axis=1)
    np.testing.assert_allclose(normalised[varied].min(axis=1), -1)
    np.testing.assert_allclose(normalised[varied].max(axis=1), 1)
    assert (normalised[~varied] == 1).all()


@given(CURVES)
def test_settled_episode__any_run__is_the_first_of_an_unbroken_stay(reward):
    normalised = normalise(reward)
    for run, episode in zip(normalised, settled_episode(normalised), strict=True):
        if np.isnan(episode):
            assert run[-1] < 0.9
        else:
            assert (run[int(episode) - 1 :] >= 0.9).all()
            assert episode == 1 or run[int(episode) - 2] < 0.9


def test_settled_episode__a_late_dip__counts_from_after_it():
    runs = np.array([[-1, 1, 1, 0, 1, 1], [1, 1, 1, 1, 1, -1], [-1, 0.95, 1, 1, 1, 1]])
    np.testing.assert_array_equal(settled_episode(runs), [5, np.nan, 2])
