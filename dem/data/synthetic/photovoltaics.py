"""One home's PV: tilted irradiance, cell temperature, DC power, inverter: the PVWatts chain, from pvlib."""

from dataclasses import dataclass

import numpy as np
import pvlib

from dem.data.synthetic.noise import STEP_HOURS, generator
from dem.data.synthetic.weather import Weather

TEMPERATURE_COEFFICIENT = -0.0035  # 1/K, crystalline silicon
SYSTEM_LOSSES = 0.10  # soiling, wiring, mismatch, ageing, downtime; PVWatts' default less its shading
INVERTER_LOADING = 1.1  # DC rating over AC rating


@dataclass(frozen=True)
class Array:
    """A rooftop: peak power in kWp, tilt and azimuth in degrees (180 = south)."""

    kwp: float
    tilt: float
    azimuth: float


def draw(seed: int, home: int) -> Array:
    """The roof of home number ``home``: 1.5 to 6 kWp, mostly facing south, some east or west."""
    random = generator(seed, "roof", home)
    return Array(
        kwp=float(np.round(random.uniform(1.5, 6.0) / 0.25) * 0.25),
        tilt=float(random.uniform(15, 45)),
        azimuth=float(np.clip(random.normal(180, 30), 110, 250)),
    )


def energy(array: Array, weather: Weather) -> np.ndarray:
    """Energy in kWh per half-hour, shape (steps,); exactly 0 while the sun is down."""
    plane = pvlib.irradiance.get_total_irradiance(
        array.tilt,
        array.azimuth,
        weather.sun["apparent_zenith"],
        weather.sun["azimuth"],
        weather.irradiance["dni"],
        weather.irradiance["ghi"],
        weather.irradiance["dhi"],
    )["poa_global"].to_numpy()
    cell = pvlib.temperature.faiman(plane, weather.temperature)
    dc_kw = pvlib.pvsystem.pvwatts_dc(plane, cell, array.kwp, TEMPERATURE_COEFFICIENT) * (1 - SYSTEM_LOSSES)
    ac_kw = pvlib.inverter.pvwatts(dc_kw, array.kwp / INVERTER_LOADING)
    return np.where(weather.daylight, np.nan_to_num(ac_kw), 0.0).clip(min=0.0) * STEP_HOURS
