"""The power system around the homes: demand, wind and sun, and the price and carbon intensity that follow from them.

A France-sized system, simplified: what must be met after wind and sun (the residual load) picks the marginal plant on
a merit-order curve. The price level and volatility resemble recent European years (France in 2024: about 58 EUR/MWh
on average, 359 hours below zero, RTE); it is not a forecast of any.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from dem import units
from dem.data.synthetic.noise import STEP_HOURS, generator, red_noise
from dem.data.synthetic.weather import Weather

BASE_DEMAND_GW = 46.0
HOUSEHOLD_SHARE, BUSINESS_SHARE = 0.25, 0.3  # of the base demand; the rest is flat
HEATING_GW_PER_DEGREE = 1.3  # demand added by every degree below 15 °C
HEATING_LIMIT = 15.0
WIND_GW, SOLAR_GW = 24.0, 28.0
_SUN_UNDER_CLOUDS = 0.65  # country-wide mean of the clear-sky index
_SOLAR_PERFORMANCE = 0.75

# Merit order: residual load in GW → marginal cost in EUR/MWh. Curtailed renewables and inflexible nuclear bid below
# zero; then nuclear and hydro, gas, and peakers.
_PRICE_CURVE = (
    (5, -60.0),
    (16, -8.0),
    (22, 3.0),
    (29, 29.0),
    (38, 50.0),
    (50, 72.0),
    (62, 98.0),
    (75, 160.0),
    (90, 300.0),
)
# Mean emissions of the generation, kgCO2e/kWh (life cycle): nuclear, hydro, wind and sun; then gas; then all there is.
_CARBON_CURVE = ((15, 0.016), (32, 0.024), (45, 0.052), (58, 0.095), (75, 0.16))
_FUEL_SPREAD, _FUEL_HOURS = 0.12, 24.0 * 30
_BID_SPREAD, _BID_HOURS = 5.0, 6.0  # EUR/MWh


@dataclass(frozen=True)
class PowerSystem:
    """Half-hourly, shape (steps,): residual load in GW, day-ahead price in EUR/kWh, carbon in kgCO2e/kWh."""

    residual_load_gw: np.ndarray
    price: np.ndarray
    carbon_intensity: np.ndarray


def simulate(weather: Weather, standard: pd.DataFrame, seed: int) -> PowerSystem:
    """The system's year under ``weather``; ``standard`` holds the standard load profiles (mean 1) at its times."""
    year = weather.times[0].year
    residual = _hourly(
        _demand(weather, standard)
        - WIND_GW * _wind_share(weather.times, generator(seed, "wind", year))
        - SOLAR_GW * _solar_share(weather)
    )
    random = generator(seed, "market", year)
    steps = len(residual)
    marginal = np.interp(residual, *zip(*_PRICE_CURVE, strict=True))
    fuel = np.exp(_FUEL_SPREAD * red_noise(random, steps, _FUEL_HOURS))
    # Only what burns fuel follows its price; negative bids do not.
    price = np.where(marginal > 0, marginal * fuel, marginal) + _BID_SPREAD * red_noise(random, steps, _BID_HOURS)
    cents = np.round(_hourly(price), 2)  # auctions quote EUR/MWh in cents
    carbon = np.interp(residual, *zip(*_CARBON_CURVE, strict=True))
    return PowerSystem(residual, units.eur_per_mwh_to_eur_per_kwh(cents), carbon)


def _demand(weather: Weather, standard: pd.DataFrame) -> np.ndarray:
    flat_share = 1 - HOUSEHOLD_SHARE - BUSINESS_SHARE
    shape = HOUSEHOLD_SHARE * standard["h0"] + BUSINESS_SHARE * standard["g0"] + flat_share
    # Buildings feel the temperature with a delay: its mean over the last day.
    felt = pd.Series(weather.temperature).rolling(int(24 / STEP_HOURS), min_periods=1).mean().to_numpy()
    return BASE_DEMAND_GW * shape.to_numpy() + HEATING_GW_PER_DEGREE * np.maximum(HEATING_LIMIT - felt, 0)


def _wind_share(times: pd.DatetimeIndex, random: np.random.Generator) -> np.ndarray:
    """Share of the wind capacity that turns: about 0.25 on average, more in winter."""
    winter = np.cos(2 * np.pi * (times.dayofyear.to_numpy() - 15) / 365.25)
    level = special.ndtr(red_noise(random, len(times), 30.0))
    return 0.85 * level**2 * (0.9 + 0.3 * winter)


def _solar_share(weather: Weather) -> np.ndarray:
    """Share of the solar capacity that shines: clouds over a country even out, so half of the site's count."""
    mixed = 0.5 * weather.irradiance["ghi"].to_numpy() + 0.5 * _SUN_UNDER_CLOUDS * weather.clear_ghi
    return _SOLAR_PERFORMANCE * mixed / 1000


def _hourly(values: np.ndarray) -> np.ndarray:
    """Day-ahead auctions trade hours: both halves of an hour get its mean."""
    return np.repeat(values.reshape(-1, 2).mean(axis=1), 2)
