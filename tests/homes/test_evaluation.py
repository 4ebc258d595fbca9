import numpy as np
import pytest

from dem import data
from dem.homes import Battery, Home, bill_without_battery, simulate


class Resting:
    def act(self, observation):
        return np.zeros(len(observation))


class Always:
    def __init__(self, action):
        self.action = action

    def act(self, observation):
        return np.full(len(observation), self.action)


def test_simulate__resting_policy__writes_down_the_bill_without_battery(table):
    dispatch = simulate(Resting(), Home(table))
    assert dispatch.groupby("home")["bill_eur"].sum().to_numpy() == pytest.approx(bill_without_battery(table))
    assert dispatch.index.equals(table.index)
    assert (dispatch["home"].to_numpy() == table["home"].to_numpy()).all()
    net_load = (table["load_kwh"] - table["pv_kwh"]).to_numpy()
    assert dispatch["grid_kwh"].to_numpy() == pytest.approx(net_load)
    assert (dispatch["soc"] == 0.5).all()
    expected = np.maximum(net_load, 0) * table["carbon_intensity"].to_numpy()
    assert dispatch["emissions_kg"].to_numpy() == pytest.approx(expected)


def test_simulate__charging_policy__fills_the_battery_with_its_losses(table):
    dispatch = simulate(Always(4), Home(table, Battery(initial_soc=0.0)))
    charged = dispatch.groupby("home")["battery_kwh"].sum()
    assert charged.to_numpy() == pytest.approx(np.full(3, 5.0 / 0.95))
    assert (dispatch.groupby("home")["soc"].last() == 1.0).all()


def test_simulate__integers_and_floats__mean_levels_and_kilowatts(table):
    levels = simulate(Always(1), Home(table))
    powers = simulate(Always(-1.25), Home(table))
    assert levels.equals(powers)


def test_simulate__random_start__names_the_intervals_it_played(table):
    home = Home(table, episode_steps=48)
    dispatch = simulate(Resting(), home)
    one = dispatch[dispatch["home"] == "home 1"]
    played = table[table["home"] == "home 1"].loc[one.index]
    assert len(one) == 48
    assert one["grid_kwh"].to_numpy() == pytest.approx((played["load_kwh"] - played["pv_kwh"]).to_numpy())


def test_simulate__a_period__is_the_table_cut_to_it(table):
    day = table[table.index.day == 2]
    assert (simulate(Resting(), Home(day)).index.day == 2).all()
    assert data.wide(simulate(Resting(), Home(day)), "bill_eur").shape == (48, 3)


def test_simulate__several_copies__are_refused(table):
    with pytest.raises(ValueError, match="home must have copies=1 to be simulated, got 2"):
        simulate(Resting(), Home(table, copies=2))


def test_simulate__policy_that_fails__is_refused_by_the_home(table):
    with pytest.raises(ValueError, match="power_kw of home 0 must be finite, got nan"):
        simulate(Always(np.nan), Home(table))
