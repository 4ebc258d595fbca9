"""Sun, clouds and temperature at one site, half-hourly.

The sun's position and the clear sky (Ineichen & Perez 2002, with monthly Linke turbidity) are pvlib's. Clouds are a
seeded random process for the clear-sky index (what is left of the clear sky's irradiance), whose distribution has the
two modes that measurements show: overcast and clear (e.g. Bendt, Collares-Pereira & Rabl 1981, Solar Energy 27).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pvlib
from scipy import special

from dem.data.synthetic.noise import STEP_HOURS, generator, red_noise

# Palaiseau, south of Paris, where the paper's building stands.
LATITUDE, LONGITUDE, ALTITUDE = 48.71, 2.21, 155.0

# Quantile function of the clear-sky index: a third of all half-hours overcast, a third broken, a third clear.
_QUANTILES = (0.0, 0.15, 0.35, 0.55, 0.70, 0.85, 1.0)
_CLEAR_SKY_INDEX = (0.06, 0.23, 0.49, 0.79, 0.95, 1.0, 1.05)
_WEATHER_HOURS, _CLOUD_HOURS = 36.0, 1.0
_WEATHER_SHARE = 0.75  # of the variance; the rest is single clouds
_WINTER_CLOUDS = 0.3  # shift of the process (in standard deviations) between summer and winter, each way

_MEAN_TEMPERATURE, _SEASON_SWING, _DAY_SWING, _WEATHER_SWING = 12.0, 7.5, 4.0, 3.0  # °C, Paris basin
_WARMEST_DAY, _WARMEST_HOUR = 203, 15.0  # 22 July; solar hour
_AIR_MASS_HOURS = 60.0


@dataclass(frozen=True)
class Weather:
    """Half-hourly weather; every array has shape (steps,).

    Attributes:
        times: UTC interval starts.
        sun: pvlib's solar position at the middle of each interval.
        irradiance: columns ghi, dni, dhi (W/m²) under the clouds.
        clear_ghi: global horizontal irradiance of the clear sky (W/m²).
        temperature: °C.
    """

    times: pd.DatetimeIndex
    sun: pd.DataFrame
    irradiance: pd.DataFrame
    clear_ghi: np.ndarray
    temperature: np.ndarray

    @property
    def daylight(self) -> np.ndarray:
        """Whether the sun is above the horizon at the middle of the interval."""
        return self.sun["elevation"].to_numpy() > 0


def simulate(year: int, seed: int) -> Weather:
    """The weather of one calendar year (UTC)."""
    times = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="30min", tz="UTC", inclusive="left", name="time")
    middles = times + pd.Timedelta(hours=STEP_HOURS / 2)
    site = pvlib.location.Location(LATITUDE, LONGITUDE, altitude=ALTITUDE)
    sun = site.get_solarposition(middles)
    clear_ghi = site.get_clearsky(middles, solar_position=sun)["ghi"].to_numpy()
    clear_share = _clear_sky_index(times, generator(seed, "clouds", year))
    ghi = pd.Series(clear_ghi * clear_share, index=middles)
    split = pvlib.irradiance.erbs(ghi, sun["zenith"], middles)
    irradiance = pd.DataFrame({"ghi": ghi, "dni": split["dni"], "dhi": split["dhi"]})
    temperature = _temperature(times, clear_share, generator(seed, "temperature", year))
    return Weather(times, sun, irradiance, clear_ghi, temperature)


def _season(times: pd.DatetimeIndex) -> np.ndarray:
    """+1 on the warmest day of the year, -1 half a year later."""
    return np.cos(2 * np.pi * (times.dayofyear.to_numpy() - _WARMEST_DAY) / 365.25)


def _clear_sky_index(times: pd.DatetimeIndex, random: np.random.Generator) -> np.ndarray:
    steps = len(times)
    weather = np.sqrt(_WEATHER_SHARE) * red_noise(random, steps, _WEATHER_HOURS)
    clouds = np.sqrt(1 - _WEATHER_SHARE) * red_noise(random, steps, _CLOUD_HOURS)
    level = special.ndtr(weather + clouds + _WINTER_CLOUDS * _season(times))
    return np.interp(level, _QUANTILES, _CLEAR_SKY_INDEX)


def _temperature(times: pd.DatetimeIndex, clear_share: np.ndarray, random: np.random.Generator) -> np.ndarray:
    solar_hour = times.hour + times.minute / 60 + STEP_HOURS / 2 + LONGITUDE / 15
    day_wave = np.cos(2 * np.pi * (solar_hour.to_numpy() - _WARMEST_HOUR) / 24)
    # A clear sky warms the day and cools the night; clouds flatten both.
    openness = 0.5 + 0.8 * _day_mean(clear_share)
    air_mass = red_noise(random, len(times), _AIR_MASS_HOURS)
    return (
        _MEAN_TEMPERATURE
        + _SEASON_SWING * _season(times)
        + _DAY_SWING * openness * day_wave
        + _WEATHER_SWING * air_mass
    )


def _day_mean(values: np.ndarray) -> np.ndarray:
    steps = int(24 / STEP_HOURS)
    return np.repeat(values.reshape(-1, steps).mean(axis=1), steps)
