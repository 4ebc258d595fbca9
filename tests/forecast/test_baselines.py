import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.forecast import Linear, SeasonalNaive

DAY = 48


@pytest.fixture(scope="module")
def table():
    return data.load(homes=3, start="2023-04-03", end="2023-05-15")


@pytest.fixture(scope="module", params=[SeasonalNaive, Linear])
def kind(request):
    return request.param


def test_predict__load__quantiles_ascend_per_home(table, kind):
    forecast = kind("load_kwh").fit(table).predict(table, "2023-05-10", DAY)
    assert forecast.values.shape == (3, DAY, 7)
    assert (np.diff(forecast.values, axis=-1) >= 0).all()
    assert (forecast.values >= 0).all()
    assert forecast.homes == ("home_001", "home_002", "home_003")
    assert forecast.times[0] == pd.Timestamp("2023-05-10", tz="UTC")
    assert len(forecast.to_frame()) == 3 * DAY


def test_predict__neighbourhood__is_of_the_size_of_the_sum(table, kind):
    forecast = kind("load_kwh", scope="neighbourhood").fit(table).predict(table, "2023-05-10", DAY)
    day = data.wide(table, "load_kwh").loc["2023-05-10"].sum(axis=1)
    assert forecast.homes == ("neighbourhood",)
    assert forecast.median.sum().item() == pytest.approx(day.sum(), rel=0.4)


@pytest.mark.parametrize("target", ["load_kwh", "pv_kwh", "wholesale_price"])
def test_predict__future_altered_or_missing__changes_nothing(table, kind, target):
    origin = pd.Timestamp("2023-05-08 09:00", tz="UTC")
    forecaster = kind(target).fit(table)
    expected = forecaster.predict(table, origin, DAY).values
    altered = table.copy()
    altered.loc[altered.index >= origin, target] = np.nan
    np.testing.assert_array_equal(forecaster.predict(altered, origin, DAY).values, expected)
    np.testing.assert_array_equal(forecaster.predict(table[table.index < origin], origin, DAY).values, expected)


def test_naive__median_error__is_the_seasons_value(table):
    forecast = SeasonalNaive("pv_kwh").fit(table).predict(table, "2023-05-10", DAY)
    night = data.wide(table, "pv_kwh").loc["2023-05-09"] == 0
    assert (forecast.median.to_numpy()[night.to_numpy()] < 0.1).all()


def test_linear__held_out_day__beats_the_naive(table):
    train = table[table.index < "2023-05-08"]
    truth = data.wide(table, "load_kwh").loc["2023-05-08":"2023-05-13"]
    errors = {}
    for kind in (SeasonalNaive, Linear):
        forecaster = kind("load_kwh").fit(train)
        days = [forecaster.predict(table, day, DAY).median for day in truth.index[::DAY]]
        errors[kind] = (pd.concat(days) - truth).abs().mean().mean()
    assert errors[Linear] < 0.9 * errors[SeasonalNaive]


def test_predict__bad_input__names_the_fault(table, kind):
    forecaster = kind("load_kwh")
    with pytest.raises(RuntimeError, match="not trained"):
        forecaster.predict(table, "2023-05-10", DAY)
    forecaster.fit(table)
    for horizon in (0, -1, DAY + 1):
        with pytest.raises(ValueError, match="horizon must be 1 to 48"):
            forecaster.predict(table, "2023-05-10", horizon)
    for origin in ("2023-04-16", "2023-05-20", "2024-01-01"):
        with pytest.raises(ValueError, match="needs the 14 days before it"):
            forecaster.predict(table, origin, DAY)
    hole = table.copy()
    hole.loc["2023-05-09 12:00", "load_kwh"] = np.nan
    with pytest.raises(data.DataError, match="missing"):
        forecaster.predict(hole, "2023-05-10", DAY)
    with pytest.raises(data.DataError, match="missing"):
        forecaster.fit(hole)


def test_predict__other_intervals__are_refused(table, kind):
    forecaster = kind("load_kwh").fit(table)
    hourly = table[table.index.minute == 0]
    with pytest.raises(ValueError, match=r"trained on intervals of 0 days 00:30"):
        forecaster.predict(hourly, "2023-05-10", 24)


def test_predict__one_home_shorter__is_refused(table, kind):
    forecaster = kind("load_kwh").fit(table)
    gap = (table["home"] == "home_002").to_numpy() & (table.index == pd.Timestamp("2023-05-01", tz="UTC"))
    with pytest.raises(ValueError, match="needs the 14 days"):
        forecaster.predict(table[~gap], "2023-05-10", DAY)


def test_forecaster__bad_settings__are_refused(table, kind):
    for quantiles, reason in (((0.0, 0.5), "lie in"), ((0.5, 1.0), "lie in"), ((0.5, 0.1), "ascend"), ((0.1,), "0.5")):
        with pytest.raises(ValueError, match=reason):
            kind("load_kwh", quantiles=quantiles)
    with pytest.raises(ValueError, match="target must be one of"):
        kind("gas_kwh")
    with pytest.raises(ValueError, match="scope must be one of"):
        kind("load_kwh", scope="street")
    with pytest.raises(ValueError, match="at least 768 intervals"):
        kind("load_kwh").fit(table[table.index < "2023-04-18"])
    forecast = kind("load_kwh").fit(table).predict(table, "2023-05-10", 1)
    with pytest.raises(ValueError, match="quantile must be one of"):
        forecast.at(0.33)


def test_naive__season_out_of_range__is_refused():
    with pytest.raises(ValueError, match="season_days must be 1 to 14"):
        SeasonalNaive("load_kwh", season_days=15)
