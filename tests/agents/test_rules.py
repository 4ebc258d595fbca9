import numpy as np
import pandas as pd
import pytest

from dem.agents import DoNothing, Policy, PriceThreshold, Random, SelfConsumption
from dem.homes import Battery, Home, simulate


@pytest.fixture
def table():
    hours = 48
    times = pd.date_range("2023-05-01", periods=hours, freq="h", tz="UTC", name="time")
    noon = (times.hour >= 10) & (times.hour < 14)
    return pd.DataFrame(
        {
            "home": "a",
            "load_kwh": 0.5,
            "pv_kwh": np.where(noon, 2.0, 0.0),
            "import_price": np.where(times.hour < 6, 0.1, np.where(times.hour >= 18, 0.4, 0.2)),
            "export_price": 0.05,
            "wholesale_price": 0.05,
            "carbon_intensity": 0.1,
            "temperature": 15.0,
        },
        index=times,
    )


def bill(policy, home):
    return simulate(policy, home)["bill_eur"].sum()


def test_self_consumption__surplus_then_shortage__never_exports_before_the_battery_is_full(table):
    home = Home(table, Battery(initial_soc=0.0))
    dispatch = simulate(SelfConsumption(home), home)
    exporting = dispatch[dispatch["grid_kwh"] < -1e-6]
    assert (exporting["soc"] > 0.999).all()
    charging = dispatch["battery_kwh"].to_numpy() > 1e-9
    assert charging.tolist() == (charging & (table["pv_kwh"] > table["load_kwh"]).to_numpy()).tolist()


def test_rules__on_a_home_with_sun_and_dear_evenings__beat_doing_nothing(table):
    home = Home(table)
    idle = bill(DoNothing(), home)
    assert bill(SelfConsumption(home), home) < idle
    assert bill(PriceThreshold.from_prices(home, table["import_price"].to_numpy()), home) < idle


def test_price_threshold__cheap_and_dear__full_power_each_way(table):
    home = Home(table)
    rule = PriceThreshold(home, low=0.1, high=0.4)
    price = home.observation_names.index("import_price")
    observation = np.zeros((3, home.observation_size), dtype=np.float32)
    observation[:, price] = np.float32([0.05, 0.2, 0.5]) / 0.2
    home_of_three = PriceThreshold(Home(table, copies=3), low=0.1, high=0.4)
    np.testing.assert_allclose(home_of_three.act(observation), [2.5, 0, -2.5])
    assert rule.act(observation[:1]).shape == (1,)


def test_price_threshold__low_above_high__is_refused(table):
    with pytest.raises(ValueError, match=r"low must not exceed high, got 0\.3 and 0\.2"):
        PriceThreshold(Home(table), low=0.3, high=0.2)


def test_do_nothing__bill__is_that_without_a_battery(table):
    net = table["load_kwh"] - table["pv_kwh"]
    expected = (net.clip(lower=0) * table["import_price"] + net.clip(upper=0) * table["export_price"]).sum()
    assert bill(DoNothing(), Home(table)) == pytest.approx(expected)


def test_random__same_generator__same_actions():
    policies = [Random(5, np.random.default_rng(1)) for _ in range(2)]
    actions = [policy.act(np.zeros((100, 3))) for policy in policies]
    np.testing.assert_array_equal(*actions)
    assert set(actions[0]) == set(range(5))
    assert isinstance(policies[0], Policy)
