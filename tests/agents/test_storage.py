from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dem.agents import evaluate, storage
from dem.agents.limit import Plan
from dem.homes import Battery, Home, simulate

STORE = storage.Store.of([Battery()], 0.5)
LEVELS = 8


def cost(flow, net, buy, sell):
    grid = net + flow
    return np.maximum(grid, 0) * buy - np.maximum(-grid, 0) * sell


def worth(energy, water_value):
    knots = np.linspace(0, 5, LEVELS + 1)
    return np.interp(energy, knots, np.r_[0, np.cumsum(water_value) * 5 / LEVELS])


def after(energy, flow):
    return energy + np.where(flow > 0, flow * 0.95, flow / 0.95)


@given(
    energy=st.floats(0, 5),
    values=st.lists(st.floats(0, 0.5), min_size=LEVELS, max_size=LEVELS),
    net=st.floats(-3, 3),
    sell=st.floats(0, 0.3),
    spread=st.floats(0, 0.3),
)
def test_decide__concave_value__no_flow_is_better(energy, values, net, sell, spread):
    water = np.sort(values)[::-1]
    chosen = storage.decide(*(np.array([x]) for x in (energy, water, net, sell + spread, sell)), STORE)[0]
    flows = np.linspace(-1.25, 1.25, 501)
    flows = flows[(after(energy, flows) >= 0) & (after(energy, flows) <= 5)]

    def gain(flow):
        return worth(after(energy, flow), water) - cost(flow, net, sell + spread, sell)

    assert -1e-9 <= after(energy, chosen) <= 5 + 1e-9
    assert gain(chosen) >= np.max(gain(flows), initial=-np.inf) - 1e-9


def test_backup__two_cases__mean_of_each_alone():
    water, buy, sell = np.linspace(0.3, 0.05, LEVELS)[None], np.array([0.2]), np.array([0.06])
    alone = [storage.backup(water, np.array([[net]]), buy, sell, STORE) for net in (-1.0, 2.0)]
    np.testing.assert_allclose(storage.backup(water, np.array([[-1.0], [2.0]]), buy, sell, STORE), np.mean(alone, 0))


def test_backup__nothing_to_trade__keeps_the_values_that_fit():
    water = np.linspace(0.3, 0.1, LEVELS)[None]
    idle = replace(STORE, limit=np.zeros((1, 1)))
    np.testing.assert_allclose(storage.backup(water, np.zeros((1, 1)), np.ones(1), np.zeros(1), idle), water)


def test_hindsight__followed__is_nearly_the_optimum(one_week):
    home = Home(one_week)
    store, (net, buy, sell, _) = storage.Store.of_homes(home), home.meter_signals
    values = storage.hindsight(net, buy, sell, store, 40, 0.1)
    energy, powers = home.energy_kwh, []
    for t in range(len(net)):
        flow = storage.decide(energy, values[t], net[t], buy[t], sell[t], store)
        powers.append(flow / home.step_hours)
        energy = after(energy, flow)
    assert (evaluate(Plan(np.array(powers)), one_week)["captured"] > 0.97).all()
    played = simulate(Plan(np.array(powers)), home)["battery_kwh"].to_numpy().reshape(2, -1).T
    np.testing.assert_allclose(played / home.step_hours, powers, atol=1e-9)


def test_store__repeat_and_rows__keep_their_order():
    two = storage.Store.of([Battery(capacity_kwh=2.0), Battery(capacity_kwh=3.0)], 0.5)
    assert two.repeat(2).highest.ravel().tolist() == [2, 3, 2, 3]
    assert two.of_rows(np.array([1, 1, 0])).highest.ravel().tolist() == [3, 3, 2]
    assert two.limit.ravel() == pytest.approx([1.25, 1.25])
