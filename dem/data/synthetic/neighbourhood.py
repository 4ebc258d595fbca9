"""Homes side by side, as the one table."""

import numpy as np
import pandas as pd

from dem.data.synthetic import demand, photovoltaics, power_system, weather
from dem.data.synthetic.power_system import PowerSystem
from dem.data.synthetic.weather import Weather
from dem.data.table import validate
from dem.data.tariffs import Tariff

DEFAULT_HOMES = 10
LEAST_DIGITS = 3
"""In the number of a home, so that names sort like numbers."""
DEFAULT_START = pd.Timestamp("2023-01-01", tz="UTC")


def generate(homes: int, start: pd.Timestamp, end: pd.Timestamp, tariff: Tariff, seed: int) -> pd.DataFrame:
    """A validated table of ``homes`` homes from ``start`` to ``end`` (UTC, end excluded), half-hourly.

    Whole years are simulated and cut, so that a window is the same whatever else was asked for.
    """
    last_year = (end - pd.Timedelta(1, "ns")).year
    years = [_year(year, homes, start, end, tariff, seed) for year in range(start.year, last_year + 1)]
    table = years[0] if len(years) == 1 else pd.concat(years).sort_values(["home", "time"], kind="stable")
    return validate(table, "synthetic")


def power_system_of(year: int, seed: int) -> pd.DataFrame:
    """The power system around the homes in a calendar year: columns residual_load_gw, price, carbon_intensity."""
    sky, _, system = _surroundings(year, seed)
    return pd.DataFrame(vars(system), index=sky.times)


def _surroundings(year: int, seed: int) -> tuple[Weather, pd.DataFrame, PowerSystem]:
    """Weather, standard load profiles and power system: what all homes share."""
    sky = weather.simulate(year, seed)
    standard = demand.standard_profiles(sky.times)
    return sky, standard, power_system.simulate(sky, standard, seed)


def _year(year: int, homes: int, start: pd.Timestamp, end: pd.Timestamp, tariff: Tariff, seed: int) -> pd.DataFrame:
    sky, standard, system = _surroundings(year, seed)
    h0 = standard["h0"].to_numpy()
    inside = (sky.times >= start) & (sky.times < end)
    digits = max(LEAST_DIGITS, len(str(homes)))
    shared = {
        "import_price": tariff.import_price(sky.times, system.price),
        "export_price": tariff.export_price(system.price),
        "wholesale_price": system.price,
        "carbon_intensity": system.carbon_intensity,
        "temperature": sky.temperature,
    }
    own = {
        "home": np.array([f"home_{home + 1:0{digits}d}" for home in range(homes)], dtype=object).repeat(inside.sum()),
        "load_kwh": np.concatenate([demand.simulate(seed, home, h0, sky)[inside] for home in range(homes)]),
        "pv_kwh": np.concatenate(
            [photovoltaics.energy(photovoltaics.draw(seed, home), sky)[inside] for home in range(homes)]
        ),
    }
    repeated = {name: np.tile(np.asarray(values)[inside], homes) for name, values in shared.items()}
    index = pd.DatetimeIndex(np.tile(sky.times[inside].to_numpy(), homes), tz="UTC", name="time")
    return pd.DataFrame({**own, **repeated}, index=index)
