import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.agents import optimum
from dem.agents.evaluation import settled_bill
from dem.agents.limit import Plan, leftover_prices
from dem.homes import Battery, Home, simulate

LOSSLESS = Battery(1.0, 1.0, charge_efficiency=1.0, discharge_efficiency=1.0, initial_soc=0.0)


def table_of(load, pv, buy, sell):
    """One home, hourly."""
    times = pd.date_range("2023-01-02", periods=len(load), freq="h", tz="UTC", name="time")
    columns = {"home": "a", "load_kwh": load, "pv_kwh": pv, "import_price": buy, "export_price": sell}
    table = pd.DataFrame(columns, index=times).assign(wholesale_price=sell, carbon_intensity=0.1, temperature=10.0)
    return table.astype({name: float for name in data.COLUMNS[1:]})[list(data.COLUMNS)]


def test_optimum__cheap_then_dear__buys_cheap():
    table = table_of([1, 1], [0, 0], [0.1, 0.3], [0.0, 0.0])
    dispatch = optimum(Home(table, LOSSLESS))
    np.testing.assert_allclose(dispatch["battery_kwh"], [1, -1], atol=1e-9)
    assert dispatch["bill_eur"].sum() == pytest.approx(0.2)


def test_optimum__cheap_at_the_end__settles_what_is_missing():
    table = table_of([1, 1], [0, 0], [0.3, 0.1], [0.0, 0.0])
    full = Battery(1.0, 1.0, charge_efficiency=1.0, discharge_efficiency=1.0, initial_soc=1.0)
    np.testing.assert_allclose(optimum(Home(table, full))["soc"], [0, 1], atol=1e-9)
    np.testing.assert_allclose(leftover_prices(Home(table, full)), [[0.2, 0.0]])


def test_optimum__negative_price__never_burns_energy_in_both_directions():
    table = table_of([0, 0, 1], [0, 0, 0], [-0.1, -0.1, 0.3], [-0.2, -0.2, 0.1])
    home = Home(table, Battery(1.0, 1.0, charge_efficiency=0.8, discharge_efficiency=0.8, initial_soc=0.0))
    dispatch = optimum(home)
    # The most that fits in is 1/0.8 kWh; the rest of what burning would earn is out of reach.
    assert dispatch["battery_kwh"].iloc[:2].sum() == pytest.approx(1 / 0.8)
    assert dispatch["bill_eur"].sum() == pytest.approx(-0.1 / 0.8 + 0.3 * 0.2)


def test_optimum__import_below_export_price__does_not_pass_energy_on():
    table = table_of([0.5, 0.5], [0, 0], [0.1, 0.1], [0.3, 0.0])
    home = Home(table, LOSSLESS)
    # Storing at 0.1 and giving back at 0.1 earns nothing, and no energy can go from 0.1 straight to 0.3.
    assert settled_bill(home, optimum(home)).to_numpy() == pytest.approx(0.1)


def test_optimum__simulated_through_home__bill_of_the_plan(neighbourhood, monkeypatch):
    plans = []
    monkeypatch.setattr("dem.agents.limit.Plan", lambda power: plans.append(power) or Plan(power))
    home = Home(neighbourhood)
    assert (home.meter_signals[2] < 0).any()
    dispatch = optimum(home)
    net, buy, sell, _ = home.meter_signals
    grid = net + plans[0] * home.step_hours
    bill = (np.maximum(grid, 0) * buy - np.maximum(-grid, 0) * sell).sum(axis=0)
    np.testing.assert_allclose(dispatch.groupby("home")["bill_eur"].sum(), bill, atol=1e-6)


def test_optimum__no_battery__changes_nothing(one_week):
    assert (optimum(Home(one_week, Battery(capacity_kwh=0.0)))["battery_kwh"] == 0).all()


def test_optimum__short_episodes__refused(one_week):
    with pytest.raises(ValueError, match="episode_steps must be the table's 336 steps, got 48"):
        optimum(Home(one_week, episode_steps=48))


def test_plan__powers__played_in_order(one_week):
    powers = np.zeros((336, 2))
    powers[3] = 1.0
    moved = simulate(Plan(powers), Home(one_week)).groupby("home")["battery_kwh"]
    assert (moved.sum() == 0.5).all()
