import pandas as pd
import pytest

from dem import data


@pytest.fixture
def week(make_table) -> pd.DataFrame:
    """Two homes, one week, loads that never repeat: nothing to report."""
    table = make_table(steps=7 * 48)
    return table.assign(load_kwh=table["load_kwh"] + [k * 1e-6 for k in range(len(table))])


def put(table: pd.DataFrame, column: str, start: int, values: list[float]) -> pd.DataFrame:
    table.iloc[start : start + len(values), table.columns.get_loc(column)] = values
    return table


def test_report__clean_table__finds_nothing(week):
    assert data.report(week).empty


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("load_kwh", [0.0], "zero_load"),
        ("load_kwh", [1e-7, 1e-7], "near_zero_load"),
        ("load_kwh", [0.21] * 3, "stuck_load"),
        ("load_kwh", [9.0], "outlier_load"),
        ("pv_kwh", [0.0] * 60, "pv_gap"),
    ],
)
def test_report__one_quirk_of_a_home__is_found_with_its_home_and_times(week, column, values, kind):
    found = data.report(put(week, column, 7 * 48 + 100, values))
    assert found[["home", "kind", "steps"]].to_numpy().tolist()[0][:2] == ["home_002", kind]
    assert len(found) == 1
    spell = found.iloc[0]
    assert spell["steps"] >= len(values)
    assert spell["end"] - spell["start"] == spell["steps"] * pd.Timedelta("30min")
    assert spell["start"] <= week.index[100] < spell["end"]


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("wholesale_price", [0.9], "outlier_price"),
        ("temperature", [14.0] * 12, "stuck_temperature"),
    ],
)
def test_report__quirk_of_what_all_homes_share__is_reported_once(week, column, values, kind):
    for start in (100, 7 * 48 + 100):
        put(week, column, start, values)
    found = data.report(week)
    assert found[["home", "kind"]].to_numpy().tolist() == [["all", kind]]


def test_report__night__is_no_pv_gap(synthetic):
    assert "pv_gap" not in set(data.report(synthetic)["kind"])


def test_report__home_without_pv__has_no_pv_gap(week):
    assert data.report(week.assign(pv_kwh=0.0)).empty


def test_summary__spells__add_up_in_hours(week):
    table = put(put(week, "load_kwh", 10, [0.0] * 4), "load_kwh", 50, [0.0] * 2)
    row = data.summary(data.report(table), data.step_hours(table)).iloc[0]
    assert row.tolist() == ["home_001", "zero_load", 2, 3.0, 2.0]


def test_report__real_homes__near_zero_readings_are_listed(citylearn):
    near_zero = data.report(citylearn).query("kind == 'near_zero_load'")
    # As the data card has it; Building 1 is never without its standing load.
    assert (len(near_zero), near_zero["steps"].sum()) == (289, 618)
    assert "Building_1" not in set(near_zero["home"])
