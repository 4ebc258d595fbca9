"""What holds for every forecaster."""

import numpy as np
import pandas as pd
import pytest

from dem import data

DAY = 48
ORIGIN = pd.Timestamp("2023-05-08 09:00", tz="UTC")


def test_predict__load__quantiles_ascend_per_home(table, fitted, kind):
    forecast = fitted(kind).predict(table, "2023-05-10", DAY)
    assert forecast.predicted.shape == (3, DAY, 7)
    assert (np.diff(forecast.predicted, axis=-1) >= 0).all()
    assert (forecast.predicted >= 0).all()
    assert forecast.homes == ("home_001", "home_002", "home_003")
    assert forecast.times[0] == pd.Timestamp("2023-05-10", tz="UTC")
    assert forecast.at(0.9).shape == (DAY, 3)
    assert len(forecast.to_frame()) == 3 * DAY


@pytest.mark.parametrize("target", ["load_kwh", "pv_kwh", "wholesale_price"])
def test_predict__future_altered_or_missing__changes_nothing(table, fitted, spoilt, kind, target):
    forecaster = fitted(kind, target)
    expected = forecaster.predict(table, ORIGIN, DAY).predicted
    shuffled = np.random.default_rng(0).permutation(table.loc[table.index >= ORIGIN, target].to_numpy())
    for changed in (spoilt(target, ORIGIN), spoilt(target, ORIGIN, shuffled), table[table.index < ORIGIN]):
        np.testing.assert_array_equal(forecaster.predict(changed, ORIGIN, DAY).predicted, expected)


def test_predict__last_known_interval_altered__changes_the_forecast(table, fitted, spoilt, kind):
    expected = fitted(kind).predict(table, ORIGIN, DAY).predicted
    altered = spoilt("load_kwh", ORIGIN - pd.Timedelta(minutes=30), 3.0)
    assert not np.array_equal(fitted(kind).predict(altered, ORIGIN, DAY).predicted, expected)


def test_predict_each__several_origins__as_one_by_one(table, fitted, kind):
    origins = pd.date_range(ORIGIN, periods=3, freq="29h")
    together = fitted(kind).predict_each(table, origins, 5)
    apart = [fitted(kind).predict(table, origin, 5).predicted for origin in origins]
    np.testing.assert_allclose(together, np.stack(apart), rtol=1e-4, atol=1e-5)


def test_predict__neighbourhood__is_of_the_size_of_the_sum(table, make):
    forecast = make("load_kwh", scope="neighbourhood").fit(table).predict(table, "2023-05-10", DAY)
    day = data.wide(table, "load_kwh").loc["2023-05-10"].sum(axis=1)
    assert forecast.homes == ("neighbourhood",)
    assert forecast.median.sum().item() == pytest.approx(day.sum(), rel=0.4)


def test_predict__no_roof__expects_nothing(table, fitted, spoilt, kind):
    dark = spoilt("pv_kwh", table.index[0], 0.0)
    forecast = fitted(kind, "pv_kwh").predict(dark, ORIGIN, DAY)
    assert forecast.predicted.max() < 1e-4


def test_predict__not_trained__is_refused(table, make):
    with pytest.raises(RuntimeError, match="not trained"):
        make("load_kwh").predict(table, "2023-05-10", DAY)


@pytest.mark.parametrize("horizon", [0, -1, DAY + 1])
def test_predict__horizon_out_of_range__is_refused(table, fitted, horizon):
    with pytest.raises(ValueError, match="horizon must be 1 to 48"):
        fitted("naive").predict(table, "2023-05-10", horizon)


@pytest.mark.parametrize("origin", ["2023-04-16", "2023-05-20", "2024-01-01"])
def test_predict__history_too_short__is_refused(table, fitted, origin):
    with pytest.raises(ValueError, match="needs the 14 days before it"):
        fitted("naive").predict(table, origin, DAY)


def test_predict__origin_between_intervals__is_refused(table, fitted):
    with pytest.raises(ValueError, match="origins must be starts of intervals"):
        fitted("naive").predict(table, "2023-05-10 00:10", DAY)


def test_predict__history_with_a_hole__names_the_value(table, fitted, make):
    hole = table.copy()
    hole.loc["2023-05-09 12:00", "load_kwh"] = np.nan
    with pytest.raises(data.DataError, match=r"column 'load_kwh'.*missing"):
        fitted("naive").predict(hole, "2023-05-10", DAY)
    with pytest.raises(data.DataError, match=r"column 'load_kwh'.*missing"):
        make("load_kwh").fit(hole)


def test_predict__one_home_shorter__is_refused(table, fitted):
    gap = (table["home"] == "home_002").to_numpy() & (table.index == pd.Timestamp("2023-05-01", tz="UTC"))
    with pytest.raises(data.DataError, match="do not cover the same times"):
        fitted("naive").predict(table[~gap], "2023-05-10", DAY)


def test_predict__other_intervals__are_refused(table, fitted):
    with pytest.raises(ValueError, match=r"trained on intervals of 0 days 00:30"):
        fitted("naive").predict(table[table.index.minute == 0], "2023-05-10", 24)


def test_predict__column_missing__is_named(table, fitted):
    with pytest.raises(data.DataError, match="the column is missing"):
        fitted("naive").predict(table.drop(columns="load_kwh"), "2023-05-10", DAY)


def test_forecaster__bad_settings__are_refused(table, make):
    for quantiles, reason in (((0.0, 0.5), "lie in"), ((0.5, 1.0), "lie in"), ((0.5, 0.1), "ascend"), ((0.1,), "0.5")):
        with pytest.raises(ValueError, match=reason):
            make("load_kwh", quantiles=quantiles)
    with pytest.raises(ValueError, match="target must be one of"):
        make("gas_kwh")
    with pytest.raises(ValueError, match="scope must be one of"):
        make("load_kwh", scope="street")
    with pytest.raises(ValueError, match="at least 768 intervals"):
        make("load_kwh").fit(table[table.index < "2023-04-18"])


def test_forecast__unknown_quantile__is_refused(table, fitted):
    with pytest.raises(ValueError, match="quantile must be one of"):
        fitted("naive").predict(table, "2023-05-10", 1).at(0.33)
