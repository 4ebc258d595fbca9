import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.homes.battery import Bank, Battery

shares = st.floats(0, 1)
efficiencies = st.floats(0.05, 1)
without_deadline = settings(deadline=None)
requests = st.lists(st.floats(-50, 50), min_size=1, max_size=40)


@st.composite
def batteries(draw):
    low, initial, high = sorted(draw(st.tuples(shares, shares, shares)))
    return Battery(
        capacity_kwh=draw(st.floats(0, 20)),
        power_kw=draw(st.floats(1e-3, 10)),
        charge_efficiency=draw(efficiencies),
        discharge_efficiency=draw(efficiencies),
        min_soc=low,
        max_soc=high,
        initial_soc=initial,
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("capacity_kwh", -1.0),
        ("capacity_kwh", float("nan")),
        ("power_kw", -0.1),
        ("power_kw", 0.0),
        ("power_kw", float("inf")),
        ("charge_efficiency", 0.0),
        ("charge_efficiency", 1.01),
        ("discharge_efficiency", -0.5),
        ("discharge_efficiency", float("nan")),
        ("min_soc", -0.1),
        ("max_soc", 1.5),
        ("initial_soc", 2.0),
        ("capacity_kwh", "5"),
        ("power_kw", None),
    ],
)
def test_battery__field_out_of_range__is_refused_by_name_and_value(field, value):
    with pytest.raises(ValueError, match=rf"Battery\.{field} .*got {value}"):
        Battery(**{field: value})


def test_battery__crossed_limits__are_refused():
    with pytest.raises(ValueError, match=r"Battery\.min_soc must be at most max_soc = 0\.2, got 0\.6"):
        Battery(min_soc=0.6, max_soc=0.2)


def test_battery__initial_charge_outside_limits__is_refused():
    with pytest.raises(ValueError, match=r"Battery\.initial_soc must be within .*\[0\.2, 0\.8\], got 0\.9"):
        Battery(min_soc=0.2, max_soc=0.8, initial_soc=0.9)


@without_deadline
@given(batteries(), requests, st.sampled_from([0.25, 0.5, 1.0]))
def test_exchange__any_requests__conserves_energy_with_efficiencies(battery, asked, step_hours):
    bank = Bank([battery], step_hours)
    for request in asked:
        before = bank.energy_kwh[0]
        flow = bank.exchange(np.array([request]))[0]
        gained = flow * battery.charge_efficiency if flow > 0 else flow / battery.discharge_efficiency
        assert bank.energy_kwh[0] - before == pytest.approx(gained, abs=1e-9)


@without_deadline
@given(batteries(), requests)
def test_exchange__any_requests__never_leaves_the_limits(battery, asked):
    bank = Bank([battery], 0.5)
    for request in asked:
        bank.exchange(np.array([request]))
        assert battery.min_soc * battery.capacity_kwh <= bank.energy_kwh[0] <= battery.max_soc * battery.capacity_kwh
        assert 0 <= bank.soc[0] <= 1


@without_deadline
@given(batteries(), st.floats(-50, 50))
def test_exchange__request__is_met_or_a_limit_binds(battery, request):
    bank = Bank([battery], 0.5)
    flow = bank.exchange(np.array([request]))[0]
    assert abs(flow) <= min(abs(request), battery.power_kw * 0.5)
    assert flow * request >= 0
    if flow != request:
        at_power = abs(flow) == battery.power_kw * 0.5
        limit = battery.max_soc if request > 0 else battery.min_soc
        assert at_power or bank.energy_kwh[0] == pytest.approx(limit * battery.capacity_kwh)


def test_exchange__more_than_the_room__ends_exactly_at_the_limit():
    battery = Battery(capacity_kwh=3.0, power_kw=100.0, min_soc=0.1, max_soc=0.9, initial_soc=0.3)
    bank = Bank([battery, battery], 1.0)
    bank.exchange(np.array([50.0, -50.0]))
    assert bank.energy_kwh.tolist() == [3.0 * 0.9, 3.0 * 0.1]


def test_exchange__round_trip__returns_the_product_of_both_efficiencies():
    bank = Bank([Battery(initial_soc=0.0, charge_efficiency=0.9, discharge_efficiency=0.8)], 0.5)
    charged = bank.exchange(np.array([1.0]))[0]
    delivered = -bank.exchange(np.array([-10.0]))[0]
    assert delivered / charged == pytest.approx(0.9 * 0.8)


def test_soc__battery_without_capacity__is_zero_and_nothing_flows():
    bank = Bank([Battery(capacity_kwh=0.0)], 0.5)
    assert bank.exchange(np.array([1.0]))[0] == 0
    assert bank.soc[0] == 0
