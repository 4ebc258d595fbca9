import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dem import data
from dem.data import DataError
from dem.data.errors import Origin
from dem.data.table import NUMERIC_COLUMNS


def change(column: str, row: int, value: object):
    def apply(table: pd.DataFrame) -> pd.DataFrame:
        table = table.copy()
        table.iloc[row, table.columns.get_loc(column)] = value
        return table

    return apply


def scale(column: str, factor: float):
    return lambda table: table.assign(**{column: table[column] * factor})


def move(row: int, by: str):
    def apply(table: pd.DataFrame) -> pd.DataFrame:
        times = table.index.to_series().reset_index(drop=True)
        times.iloc[row] += pd.Timedelta(by)
        return table.set_index(pd.DatetimeIndex(times, name="time"))

    return apply


# What is wrong: what makes a valid table so, the row and column that the error must name, a piece of its reason.
BAD_TABLES = {
    "missing column": (lambda t: t.drop(columns="pv_kwh"), None, "pv_kwh", "missing"),
    "unknown column": (lambda t: t.assign(load_kw=1.0), None, "load_kw", "unknown column"),
    "no rows": (lambda t: t.iloc[:0], None, None, "no rows"),
    "NaN": (change("load_kwh", 7, np.nan), 7, "load_kwh", "missing"),
    "infinite": (change("pv_kwh", 100, np.inf), 100, "pv_kwh", "infinite"),
    "negative load": (change("load_kwh", 12, -0.25), 12, "load_kwh", "-0.25 is negative"),
    "negative PV": (change("pv_kwh", 0, -1e-9), 0, "pv_kwh", "negative"),
    "negative carbon": (change("carbon_intensity", 3, -0.1), 3, "carbon_intensity", "outside"),
    "load in Wh": (scale("load_kwh", 5000), 0, "load_kwh", "another unit (Wh)"),
    "PV in Wh": (scale("pv_kwh", 1000), 15, "pv_kwh", "another unit (Wh)"),
    "EUR/MWh as EUR/kWh": (scale("wholesale_price", 1000), 0, "wholesale_price", "EUR/MWh"),
    "grams as kg": (lambda t: t.assign(carbon_intensity=60.0), 0, "carbon_intensity", "grams"),
    "kelvin": (change("temperature", 5, 288.15), 5, "temperature", "another unit"),
    "text": (lambda t: t.assign(load_kwh="much"), None, "load_kwh", "expected numbers"),
    "whole numbers": (lambda t: t.assign(temperature=15), None, "temperature", "expected numbers"),
    "home without a name": (change("home", 4, ""), 4, "home", "must be text"),
    "numbered home": (change("home", 4, 7), 4, "home", "must be text"),
    "duplicated time": (move(10, "-30min"), 10, "time", "duplicated"),
    "missing step": (lambda t: t.iloc[np.arange(len(t)) != 20], 20, "time", "a step is missing"),
    "unsorted": (move(10, "-2h"), 10, "time", "not sorted"),
    "local time": (lambda t: t.tz_convert("Europe/Paris"), None, "time", "must be UTC"),
    "no time zone": (lambda t: t.tz_localize(None), None, "time", "no time zone"),
    "numbered rows": (lambda t: t.reset_index(drop=True), None, "time", "DatetimeIndex"),
    "unsorted homes": (
        lambda t: t.sort_values("home", ascending=False, kind="stable"),
        96,
        "home",
        "sorted by home",
    ),
    "interleaved homes": (lambda t: t.sort_index(kind="stable"), 2, "home", "sorted by home"),
    "home too short": (lambda t: t.iloc[:-5], 96, "time", "covers"),
    "single interval": (lambda t: t.iloc[:1], 0, "time", "at least two"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_validate__bad_table__is_refused_with_place_and_reason(case, table):
    spoil, row, column, reason = BAD_TABLES[case]
    with pytest.raises(DataError) as caught:
        data.validate(spoil(table), "mine.csv")
    assert (caught.value.path, caught.value.row, caught.value.column) == ("mine.csv", row, column)
    assert reason in caught.value.reason
    assert str(caught.value).startswith("mine.csv")


def test_validate__valid_table__is_handed_back_untouched(table):
    before = table.copy()
    assert data.validate(table) is table
    pd.testing.assert_frame_equal(table, before)


def test_validate__bad_table__is_not_repaired(table):
    bad = change("load_kwh", 12, -0.25)(table)
    before = bad.copy()
    with pytest.raises(DataError):
        data.validate(bad)
    pd.testing.assert_frame_equal(bad, before)


@given(st.sampled_from(NUMERIC_COLUMNS), st.integers(0, 191), st.sampled_from([np.nan, np.inf, -np.inf, -1e6, 1e6]))
def test_validate__one_impossible_value_anywhere__is_found_where_it_is(make_table, column, row, value):
    with pytest.raises(DataError) as caught:
        data.validate(change(column, row, value)(make_table()))
    assert (caught.value.row, caught.value.column) == (row, column)


def test_validate__load_in_mwh__is_refused_once_a_week_is_there(make_table):
    week = make_table(homes=1, steps=7 * 48)
    with pytest.raises(DataError, match="W on average"):
        data.validate(week.assign(load_kwh=week["load_kwh"] / 1000))


def test_validate__price_converted_twice__is_refused(make_table):
    week = make_table(homes=1, steps=7 * 48)
    with pytest.raises(DataError, match="converted from EUR/MWh twice"):
        data.validate(week.assign(wholesale_price=week["wholesale_price"] / 1000))


def test_validate__spring_hour_missing_on_the_clock_change__says_so(make_table):
    times = pd.date_range("2023-03-25", periods=96, freq="30min", tz="UTC", name="time")
    table = make_table(homes=1).set_index(times)
    with pytest.raises(DataError, match="clocks change"):
        data.validate(table[(times < "2023-03-26 02:00") | (times >= "2023-03-26 03:00")])


def test_origin__file_columns__are_named_as_in_the_file():
    error = Origin("a.csv", 2, {"load_kwh": "Load (Wh)"}).error("is negative", position=3, column="load_kwh")
    assert str(error) == "a.csv, row 5, column 'Load (Wh)': is negative"


def test_wide__two_homes__has_a_column_each(table):
    load = data.wide(table, "load_kwh")
    assert load.columns.tolist() == ["home_001", "home_002"]
    for home in load:
        pd.testing.assert_series_equal(
            load[home], table.loc[table["home"] == home, "load_kwh"], check_names=False, check_freq=False
        )


@pytest.mark.parametrize(("freq", "hours"), [("15min", 0.25), ("30min", 0.5), ("1h", 1.0)])
def test_step_hours__fixed_step__is_its_length(make_table, freq, hours):
    assert data.step_hours(make_table(freq=freq)) == hours


def test_wide__no_such_column__names_those_that_are_there(table):
    with pytest.raises(KeyError, match="no column 'load', it has home, load_kwh"):
        data.wide(table, "load")


def test_validate__a_path__says_what_was_expected():
    with pytest.raises(DataError, match="expected a DataFrame such as `load` returns, got str"):
        data.validate("homes.csv")


@pytest.mark.parametrize(("freq", "expected"), [("30min", 48), ("1h", 24), ("7min", 206)])
def test_intervals__of_a_day__are_counted_and_rounded(make_table, freq, expected):
    assert data.intervals(make_table(freq=freq), 24) == expected
