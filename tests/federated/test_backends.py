"""Three ways to run one experiment, one result."""

import numpy as np
import pytest

from dem.federated import train


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("backend", ["ray", "deployment"])
def test_train__another_backend__gives_the_same_rewards_and_networks(tiny, backend):
    config = tiny()
    here, there = train(config), train(config, backend)
    np.testing.assert_allclose(there.rewards, here.rewards, rtol=1e-4)
    np.testing.assert_array_equal(there.bytes_up, here.bytes_up)
    for ours, theirs in zip(here.weights, there.weights, strict=True):
        for name, array in ours.items():
            np.testing.assert_allclose(theirs[name], array, rtol=1e-3, atol=1e-5, err_msg=name)


def test_train__unknown_backend__is_refused_by_name(tiny):
    with pytest.raises(ValueError, match="backend must be one of in-process, ray, deployment, got 'cloud'"):
        train(tiny(), "cloud")
