import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.forecast import Boosting, Linear, SeasonalNaive

DAY = 48


def test_naive__night__has_no_sun(table, fitted):
    forecast = fitted("naive", "pv_kwh").predict(table, "2023-05-10", DAY)
    assert (forecast.at(0.95).loc["2023-05-10 22:00":"2023-05-10 23:30"] < 0.05).all().all()


def test_linear__later_days__beats_the_naive(table):
    train = table[table.index < "2023-05-08"]
    truth = data.wide(table, "load_kwh").loc["2023-05-08":"2023-05-13"]
    errors = {}
    for kind in (SeasonalNaive, Linear):
        forecaster = kind("load_kwh").fit(train)
        days = [forecaster.predict(table, day, DAY).median for day in truth.index[::DAY]]
        errors[kind] = (pd.concat(days) - truth).abs().mean().mean()
    assert errors[Linear] < 0.9 * errors[SeasonalNaive]


def test_naive__office_week__looks_a_week_back(table):
    office = table.assign(load_kwh=np.where(table.index.dayofweek < 5, table["load_kwh"] + 1.0, 0.1))
    forecast = SeasonalNaive("load_kwh").fit(office).predict(office, "2023-05-08", DAY)
    assert (forecast.median > 0.8).all().all()  # a Monday


@pytest.mark.parametrize("setting", ["iterations", "rows"])
def test_boosting__setting_out_of_range__is_refused(setting):
    with pytest.raises(ValueError, match=f"{setting} must be at least 1"):
        Boosting("load_kwh", **{setting: 0})
