from dataclasses import replace

import numpy as np

from dem.vpp.neighbourhood import Neighbourhood
from dem.vpp.network import Network


def times(homes: Neighbourhood, factor: float) -> Neighbourhood:
    return replace(homes, history=homes.history.assign(load_kwh=homes.history["load_kwh"] * factor, pv_kwh=0.0))


def test_deliver__homes_that_use_twice_as_much__there_are_half_as_many(small):
    homes = Neighbourhood.load(small())
    metered, states = np.array([300, 100, -200]), []
    for factor in (5, 10):
        network = Network(times(homes, factor), 600)
        states.append(network.deliver(metered * factor, 0.5 * factor))
    assert states[0] == states[1]
    assert states[0]["highest_pu"] > 1
