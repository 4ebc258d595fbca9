"""What a home sees: nothing that it cannot know yet."""

import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.federated.values import outlook


@pytest.fixture(scope="module")
def table():
    return data.load(homes=2, start="2023-01-02", end="2023-01-16", tariff="time_of_use", seed=5)


def test_inputs__two_homes__are_of_about_one(table):
    series = outlook.Series.of(table, repeats=False)
    seen = outlook.inputs(series, np.arange(48, 400))
    assert seen.shape == (352, 2, outlook.INPUTS)
    assert np.abs(seen).mean() == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize("column", ["load_kwh", "pv_kwh"])
def test_inputs__load_and_sun_to_come__make_no_difference(table, column):
    now = 200
    after = table.index > table.index.unique()[now]
    other = table.assign(**{column: table[column].where(~after, table[column] + 0.3)})
    seen = [outlook.inputs(outlook.Series.of(one, repeats=False), np.arange(100, now + 1)) for one in (table, other)]
    np.testing.assert_array_equal(*seen)


def test_inputs__prices_not_yet_published__make_no_difference(table):
    # Noon in Paris is before the auction's results: only today's prices are known.
    now = table.index.unique().get_loc(pd.Timestamp("2023-01-06 11:00", tz="UTC"))
    tomorrow = table.index >= pd.Timestamp("2023-01-06 23:00", tz="UTC")
    prices = ["import_price", "export_price"]
    other = table.assign(**{name: table[name].where(~tomorrow, table[name] + 0.3) for name in prices})
    rows = np.array([now])
    seen, unseen = (outlook.inputs(outlook.Series.of(one, repeats=False), rows) for one in (table, other))
    np.testing.assert_array_equal(seen, unseen)
    later = [outlook.inputs(outlook.Series.of(one, repeats=False), rows + 2) for one in (table, other)]
    assert not np.array_equal(*later)


def test_series__that_repeats__goes_round(table):
    series = outlook.Series.of(table, repeats=True)
    assert series.at(np.array([-1, len(series.times)])).tolist() == [len(series.times) - 1, 0]
    assert outlook.Series.of(table, repeats=False).at(np.array([-1])).tolist() == [0]
