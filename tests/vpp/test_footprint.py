from dataclasses import replace

import numpy as np
import pytest

from dem import data
from dem.vpp import Config, Plant, footprint
from dem.vpp.neighbourhood import Neighbourhood


@pytest.fixture(scope="module")
def homes():
    return Neighbourhood.load(Config(homes=2, horizon_days=2, history_days=23))


def test_expected_intensity__of_a_gate__is_that_of_the_day_before(homes):
    expected = footprint.expected_intensity(homes)
    happened = homes.window["carbon_intensity"].to_numpy()[: len(homes.times)]
    assert expected.shape == (len(homes.times), homes.per_day)
    np.testing.assert_array_equal(expected[homes.per_day :, 0], happened[: -homes.per_day])


def test_expected_intensity__another_future__changes_nothing_before_it(homes):
    gate = 60
    later = homes.window.index >= homes.times[gate]
    intensity = homes.window["carbon_intensity"]
    changed = replace(homes, window=homes.window.assign(carbon_intensity=intensity.where(~later, 2 * intensity + 1)))
    one, other = (footprint.expected_intensity(each) for each in (homes, changed))
    np.testing.assert_array_equal(one[: gate + 1], other[: gate + 1])
    assert (one[gate + 1 :] != other[gate + 1 :]).any()


@pytest.fixture
def clean_nights(small, tmp_path):
    """One price for all hours, and a network that emits by day only."""
    table = data.load(homes=2, start="2023-05-13", end="2023-06-07")
    dirty = (table.index.hour >= 6) & (table.index.hour < 18)
    table.assign(pv_kwh=0.0, import_price=0.3, export_price=0.05, carbon_intensity=np.where(dirty, 0.5, 0.01)).to_csv(
        tmp_path / "homes.csv"
    )
    own = {"data": str(tmp_path / "homes.csv"), "homes": 2, "battery_share": 1, "journal": None}
    return lambda **changes: small(**own, **changes)


@pytest.mark.parametrize("agent", ["planning", "rest"])
def test_step__carbon_price__moves_energy_into_clean_hours_and_leaves_prices_alone(clean_nights, agent):
    emitted, bought = {}, {}
    for price in (0.0, 1.0):
        with Plant(clean_nights(carbon_price=price, agent=agent, forecaster="perfect")) as plant:
            events = plant.run(1)
        emitted[price], bought[price] = events["emissions_kg"].sum(), events["metered_kwh"].sum()
        np.testing.assert_allclose(events["cost_eur"].sum(), 0.3 * bought[price], rtol=0.01)
    assert (emitted[1.0] < 0.8 * emitted[0.0]) == (agent == "planning")
    assert (emitted[1.0] == emitted[0.0]) == (agent == "rest")
