import numpy as np
import pandas as pd
import pytest

from dem import data

WEEK = 7 * 48


@pytest.fixture(scope="module")
def building(make_table):
    """Three weeks and two days whose days all differ, at a building's scale."""
    table = make_table(homes=1, steps=3 * WEEK + 96)
    return table.assign(load_kwh=5 + np.arange(len(table)) / 1000, home="tower")


def test_households__building__gives_homes_of_the_size_asked_for(building):
    homes = data.households(building, 3, daily_kwh=10, pv_kwp=2)
    assert data.home_names(homes) == ["tower_001", "tower_002", "tower_003"]
    np.testing.assert_allclose(data.wide(homes, "load_kwh").mean() * 48, 10)
    np.testing.assert_allclose(data.wide(homes, "pv_kwh").max() * 2, 2)


def test_households__home_k__lives_k_weeks_later_and_wraps_around(building):
    load = data.wide(data.households(building, 3), "load_kwh").to_numpy()
    np.testing.assert_array_equal(load[:-WEEK, 1], load[WEEK:, 0])
    np.testing.assert_array_equal(load[-2 * WEEK :, 2], load[: 2 * WEEK, 0])


def test_households__prices__stay_at_their_time(building):
    homes = data.households(building, 2)
    for column in ("import_price", "export_price", "wholesale_price", "carbon_intensity", "temperature"):
        values = data.wide(homes, column)
        np.testing.assert_array_equal(values["tower_002"], building[column].iloc[: 3 * WEEK])


def test_households__more_homes__leave_the_first_unchanged(building):
    two, three = (data.wide(data.households(building, count), "load_kwh") for count in (2, 3))
    np.testing.assert_array_equal(two, three.iloc[:, :2])


@pytest.mark.parametrize("count", [0, 4])
def test_households__more_homes_than_weeks__are_refused(building, count):
    with pytest.raises(ValueError, match=f"3 whole weeks make at most 3 homes, {count} were asked for"):
        data.households(building, count)


def test_households__several_homes_or_nothing_to_scale__are_refused(make_table, building):
    with pytest.raises(ValueError, match="one building, it has 2 homes"):
        data.households(make_table(homes=2, steps=WEEK), 1)
    with pytest.raises(ValueError, match="pv_kwh is zero throughout"):
        data.households(building.assign(pv_kwh=0.0), 1)


def test_households__no_pv_asked_for__has_none(building):
    assert data.households(building, 1, pv_kwp=0)["pv_kwh"].eq(0).all()


def test_neighbourhood__several_homes__gives_the_first(make_table):
    table = make_table(homes=3)
    assert data.home_names(data.neighbourhood(table, 2)) == ["home_001", "home_002"]
    assert data.home_names(data.neighbourhood(table, 9)) == data.home_names(table)


def test_neighbourhood__one_building__is_cut_into_households(building):
    pd.testing.assert_frame_equal(data.neighbourhood(building, 2), data.households(building, 2))
