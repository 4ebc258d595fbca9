import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dem.vpp import Plant, peak

ENERGY = arrays(float, 5, elements=st.floats(-3, 3))


@settings(max_examples=60, deadline=None)
@given(net=ENERGY, flow=ENERGY, limit=st.floats(0, 8))
def test_within__any_flows__only_stay_back_and_never_more_than_the_limit_asks(net, flow, limit):
    kept = peak.within(net, flow, limit)
    assert (np.abs(kept) <= np.abs(flow) + 1e-12).all()
    assert (kept * flow >= 0).all()
    before, after = (net + flow).sum(), (net + kept).sum()
    if abs(before) <= limit:
        np.testing.assert_array_equal(kept, flow)
    else:
        assert abs(after) <= abs(before) + 1e-9
        assert np.sign(before) * after >= limit - 1e-9
    assert abs(after) <= max(limit, abs(net.sum())) + 1e-9


@settings(max_examples=20, deadline=None)
@given(net=ENERGY, flow=ENERGY, order=st.permutations(range(5)))
def test_within__homes_in_another_order__same_flows(net, flow, order):
    order = list(order)
    np.testing.assert_allclose(peak.within(net[order], flow[order], 1.0), peak.within(net, flow, 1.0)[order])


def test_within__too_much__scales_by_one_factor_what_goes_that_way():
    np.testing.assert_allclose(peak.within(np.zeros(3), np.array([2.0, 1.0, -0.5]), 1.0), [1.0, 0.5, -0.5])
    np.testing.assert_allclose(peak.within(np.zeros(3), np.array([-2.0, -1.0, 0.5]), 1.0), [-1.0, -0.5, 0.5])


@pytest.mark.parametrize("forecaster", ["perfect", "yesterday"])
def test_step__peak_limit__holds_wherever_homes_alone_hold_it(small, forecaster):
    own = {"battery_share": 1, "agent": "planning", "forecaster": forecaster, "journal": None}
    with Plant(small(peak_limit=0.5, **own)) as plant:
        limit = 0.5 * peak.own_peak_kwh(plant.homes.history)
        events = plant.run(1)
    with Plant(small(**own)) as plant:
        free = plant.run(1)
    alone = (events["load_kwh"] - events["pv_kwh"]).abs()
    rounding = 0.5e-3 * 3
    assert free["metered_kwh"].max() > limit + rounding
    assert (events["metered_kwh"].abs() <= np.maximum(limit, alone) + rounding).all()
    assert (free["metered_kwh"].max(), events["battery_kwh"].abs().sum()) > (events["metered_kwh"].max(), 0)
