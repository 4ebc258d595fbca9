import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.data import FLAT, TIME_OF_USE, Tariff

WHOLESALE = 0.05


def price(tariff: Tariff, utc: str) -> float:
    return tariff.import_price(pd.DatetimeIndex([utc], tz="UTC"), np.array([WHOLESALE]))[0]


def test_flat__any_hour__adds_the_charge_and_the_tax():
    assert price(FLAT, "2023-01-01 00:00") == price(FLAT, "2023-07-03 12:00") == pytest.approx((0.05 + 0.10) * 1.1)


# 2023-01-09 and 2023-07-03 are Mondays; Paris is UTC+1 in January and UTC+2 in July.
@pytest.mark.parametrize(
    ("utc", "charge"),
    [
        ("2023-01-09 09:00", 0.133),
        ("2023-01-09 12:30", 0.133),
        ("2023-01-09 13:00", 0.042),
        ("2023-01-09 17:00", 0.133),
        ("2023-01-09 20:30", 0.133),
        ("2023-01-09 21:00", 0.006),
        ("2023-01-09 04:30", 0.006),
        ("2023-01-09 05:00", 0.042),
        ("2023-07-03 07:30", 0.042),
        ("2023-07-03 08:00", 0.133),
        ("2023-07-03 12:00", 0.042),
        ("2023-01-08 09:00", 0.006),  # Sunday
        ("2023-01-06 23:30", 0.006),  # Saturday in Paris, Friday in UTC
    ],
)
def test_time_of_use__hour_in_paris__decides_the_network_charge(utc, charge):
    assert price(TIME_OF_USE, utc) == pytest.approx((WHOLESALE + charge) * 1.1)


def test_export__negative_price__is_passed_on():
    assert FLAT.export_price(np.array([-0.02, 0.05])).tolist() == [-0.02, 0.05]


def test_load__own_tariff__sets_the_import_price():
    free = Tariff("weekend_free", lambda local: np.where(local.dayofweek >= 5, 0.0, 0.15), tax_rate=0.2)
    table = data.load("synthetic", homes=1, end="2023-01-15", tariff=free)
    weekend = table.index.tz_convert("Europe/Paris").dayofweek >= 5
    expected = (table["wholesale_price"] + np.where(weekend, 0.0, 0.15)) * 1.2
    np.testing.assert_allclose(table["import_price"], expected)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network_charge": 0.1}, "network_charge must be a function of local times, got 0.1"),
        ({"tax_rate": 20}, "tax_rate must be a share from 0 to 1, got 20"),
        ({"tax_rate": float("nan")}, "tax_rate must be a share from 0 to 1, got nan"),
        ({"time_zone": "Europe/Pari"}, "time_zone must be one such as 'Europe/Paris', got 'Europe/Pari'"),
    ],
)
def test_tariff__bad_attribute__is_refused_by_name_and_value(settings, message):
    with pytest.raises(ValueError, match=message):
        Tariff(**{"name": "mine", "network_charge": lambda local: 0.1, **settings})


@pytest.mark.parametrize("charge", [lambda local: np.zeros(3), lambda local: np.zeros((len(local), 1))])
def test_load__charges_that_are_not_one_a_time__name_the_tariff(charge):
    with pytest.raises(ValueError, match=r"the network_charge of tariff 'mine' must give \d+ values in EUR/kWh"):
        data.load("synthetic", homes=1, end="2023-01-15", tariff=Tariff("mine", charge))


def test_load__one_charge__holds_for_all_times():
    table = data.load("synthetic", homes=1, end="2023-01-15", tariff=Tariff("mine", lambda local: 0.1))
    pd.testing.assert_frame_equal(table, data.load("synthetic", homes=1, end="2023-01-15", tariff=FLAT))
