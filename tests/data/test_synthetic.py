import numpy as np
import pandas as pd
import pvlib
import pytest

from dem import data
from dem.data.synthetic import demand, photovoltaics, power_system, weather

SEEDS = (1, 2, 3, 2023)


@pytest.fixture(scope="module", params=SEEDS)
def year(request):
    """Weather, standard profiles and power system of 2023 under one seed."""
    sky = weather.simulate(2023, request.param)
    standard = demand.standard_profiles(sky.times)
    return sky, standard, power_system.simulate(sky, standard, request.param)


def test_load__default__is_a_year_of_ten_homes_in_half_hours():
    table = data.load()
    assert (table["home"].nunique(), len(table), data.step_hours(table)) == (10, 10 * 17_520, 0.5)
    assert table.index[0] == pd.Timestamp("2023-01-01", tz="UTC")


def test_load__same_seed__is_the_same_to_the_bit(synthetic):
    pd.testing.assert_frame_equal(data.load(homes=4), synthetic, check_exact=True)


def test_load__other_seed__differs(synthetic):
    other = data.load(homes=4, seed=2024)
    for column in ("load_kwh", "pv_kwh", "wholesale_price", "temperature"):
        assert not np.allclose(other[column], synthetic[column])


def test_load__more_homes__leave_the_first_unchanged(synthetic):
    pd.testing.assert_frame_equal(data.load(homes=2), synthetic[synthetic["home"] <= "home_002"], check_exact=True)


def test_load__window__is_a_piece_of_the_year(synthetic):
    window = data.load(homes=4, start="2023-03-20", end="2023-04-10")
    inside = (synthetic.index >= "2023-03-20") & (synthetic.index < "2023-04-10")
    pd.testing.assert_frame_equal(window, synthetic[inside], check_exact=True)


def test_load__window_over_new_year__spans_both_years_without_a_seam():
    table = data.load(homes=2, start="2023-12-20", end="2024-01-10")
    assert len(table) == 2 * 21 * 48
    assert table["home"].is_monotonic_increasing


def test_load__leap_year__has_its_29_february():
    table = data.load(homes=1, start="2024-01-01")
    assert len(table) == 366 * 48
    assert (table.index.strftime("%m-%d") == "02-29").sum() == 48


def test_sun__night__gives_exactly_nothing(synthetic):
    pv = data.wide(synthetic, "pv_kwh")
    middles = pv.index + pd.Timedelta("15min")
    sun = pvlib.solarposition.get_solarposition(middles, weather.LATITUDE, weather.LONGITUDE, weather.ALTITUDE)
    night = (sun["elevation"] <= 0).to_numpy()
    assert night.mean() == pytest.approx(0.5, abs=0.02)
    assert (pv.to_numpy()[night] == 0).all()
    assert (pv.to_numpy()[sun["elevation"].to_numpy() > 10] > 0).all()


def test_irradiance__year_near_paris__is_that_of_the_region(year):
    sky, *_ = year
    # PVGIS gives about 1,150 to 1,200 kWh/m² a year on the horizontal, single years ±5 %.
    assert 1080 < sky.irradiance["ghi"].sum() / 2000 < 1260


@pytest.mark.parametrize("seed", SEEDS)
def test_photovoltaics__any_roof__yields_900_to_1200_kwh_per_kwp(seed):
    sky = weather.simulate(2023, seed)
    roofs = [photovoltaics.draw(seed, home) for home in range(15)]
    yields = np.array([photovoltaics.energy(roof, sky).sum() / roof.kwp for roof in roofs])
    assert ((yields > 900) & (yields < 1200)).all()
    assert yields.std() > 10


def test_photovoltaics__power__stays_within_the_rating(year):
    sky, *_ = year
    roof = photovoltaics.Array(kwp=3.0, tilt=35.0, azimuth=180.0)
    assert 0.75 * 3 < photovoltaics.energy(roof, sky).max() * 2 <= 3.0


def test_temperature__year__is_that_of_the_paris_basin(year):
    temperature = pd.Series(year[0].temperature, index=year[0].times)
    monthly = temperature.groupby(temperature.index.month).mean()
    assert 10.5 < temperature.mean() < 13.5
    assert 1 < monthly[1] < 9
    assert 16 < monthly[7] < 24
    assert temperature.groupby(temperature.index.hour).mean().idxmax() in (13, 14, 15, 16)


@pytest.mark.parametrize("seed", SEEDS)
def test_demand__each_home__uses_2_to_6_mwh_a_year_and_differs(seed):
    sky = weather.simulate(2023, seed)
    h0 = demand.standard_profiles(sky.times)["h0"].to_numpy()
    loads = np.array([demand.simulate(seed, home, h0, sky) for home in range(15)])
    assert ((loads.sum(axis=1) > 2000) & (loads.sum(axis=1) < 6000)).all()
    assert (loads > 0).all()
    assert (loads.max(axis=1) * 2 < 15).all()  # kW; a three-phase connection has 18
    correlation = np.corrcoef(loads)[np.triu_indices(15, 1)]
    assert 0.0 < correlation.mean() < 0.6


def test_demand__standard_profile__peaks_in_the_evening_of_the_local_clock():
    times = weather.simulate(2023, 1).times
    h0 = demand.standard_profiles(times)["h0"]
    local = h0.tz_convert("Europe/Paris")
    for month in (1, 7):
        days = local[(local.index.month == month) & (local.index.dayofweek < 5)]
        evening = days[days.index.hour >= 15]
        assert evening.groupby(evening.index.hour).mean().idxmax() in (18, 19, 20)
    assert h0.mean() == pytest.approx(1)


def test_demand__public_holiday__is_lived_like_a_sunday():
    local = demand.standard_profiles(weather.simulate(2023, 1).times)["g0"].tz_convert("Europe/Paris")
    assert local["2023-05-01"].sum() == pytest.approx(local["2023-04-30"].sum(), rel=0.02)
    assert local["2023-05-02"].sum() > 1.3 * local["2023-05-01"].sum()


def test_price__year__has_the_level_and_volatility_of_recent_years(year):
    price = year[2].price * 1000
    assert 45 < price.mean() < 80
    assert 20 < price.std() < 50
    assert 20 < (price < 0).sum() / 2 < 500
    assert price.min() > -200
    assert price.max() < 500


def test_price__residual_load__decides_it(year):
    system = year[2]
    assert np.corrcoef(system.residual_load_gw, system.price)[0, 1] > 0.85


def test_price__day_ahead__is_hourly(year):
    halves = year[2].price.reshape(-1, 2)
    np.testing.assert_array_equal(halves[:, 0], halves[:, 1])


def test_carbon_intensity__residual_load__raises_it_within_a_low_carbon_range(year):
    system = year[2]
    assert np.corrcoef(system.residual_load_gw, system.carbon_intensity)[0, 1] > 0.9
    assert 0.03 < system.carbon_intensity.mean() < 0.09
    assert system.carbon_intensity.min() > 0.01


def test_price__sunny_summer_noon__is_below_the_evening(synthetic):
    price = data.wide(synthetic, "wholesale_price")["home_001"]
    summer = price[price.index.month.isin([5, 6, 7, 8])]
    assert summer[summer.index.hour == 12].mean() < 0.7 * summer[summer.index.hour == 18].mean()


def test_load__a_thousand_homes__names_sort_like_numbers(monkeypatch):
    monkeypatch.setattr(demand, "simulate", lambda seed, home, h0, sky: np.full(len(sky.times), 0.2))
    monkeypatch.setattr(photovoltaics, "energy", lambda array, sky: np.zeros(len(sky.times)))
    table = data.load(homes=1_000, start="2023-06-05", end="2023-06-05 01:00")
    assert data.home_names(table)[-1] == "home_1000"
    assert len(table) == 2_000
