import numpy as np

from dem.homes import bill_without_battery
from dem.vpp import Plant
from dem.vpp.alone import cost_at_tariffs, live_alone
from dem.vpp.footprint import emissions_kg, factors


def test_cost_at_tariffs__no_battery__is_the_bill_of_the_homes(small):
    with Plant(small(journal=None)) as plant:
        cost = cost_at_tariffs(plant.homes, live_alone(plant.homes, "rest").metered_wh)
        bill = bill_without_battery(plant.homes.window).sum()
    assert len(cost) == plant.homes.per_day
    # Meters round to whole Wh.
    assert abs(cost.sum() - bill) < 0.01


def test_live_alone__self_consumption__takes_and_gives_less(small):
    with Plant(small(journal=None)) as plant:
        idle, used = (np.abs(live_alone(plant.homes, rule).metered_wh).sum() for rule in ("rest", "self_consumption"))
    assert used < idle


def test_emissions__neighbours_share__nothing_is_emitted(small):
    with Plant(small(journal=None)) as plant:
        homes = plant.homes
    shared = np.tile([700, -700, 0], (len(homes.times), 1))
    assert (emissions_kg(factors(homes), homes.times, shared) == 0).all()
    assert (emissions_kg(factors(homes), homes.times, np.maximum(shared, 0)) > 0).all()
