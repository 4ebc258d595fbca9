"""One home's load: the German standard profile of households (BDEW H0, demandlib) with a household's own character.

A standard profile is the mean of hundreds of homes: smooth, and the same every week. A home differs from it by its
yearly need, the hours it keeps, holidays away, a standing load, single appliances and electric heating.
"""

import functools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from demandlib import bdew

from dem.data.synthetic.noise import STEP_HOURS, generator, red_noise
from dem.data.synthetic.weather import Weather
from dem.data.tariffs import LOCAL_TIME

STEPS_PER_DAY = int(24 / STEP_HOURS)
HEATING_LIMIT = 15.0  # °C, below which a home is heated
RUN_KWH = 0.8  # mean energy of one appliance run


@dataclass(frozen=True)
class Household:
    """What makes a home differ from the standard profile.

    Attributes:
        annual_kwh: energy used in a year.
        habit_hours: how much later than the standard it lives (negative: earlier).
        peakiness: exponent on the standard profile: above 1 its peaks are sharper.
        standing_share: share of the energy that runs day and night (fridge, router).
        appliance_share: share of the energy in single appliance runs (oven, washing machine).
        heating_share: share of the energy that follows the cold.
        weeks_away: holidays in a year.
    """

    annual_kwh: float
    habit_hours: float
    peakiness: float
    standing_share: float
    appliance_share: float
    heating_share: float
    weeks_away: int


def draw(seed: int, home: int) -> Household:
    """The people of home number ``home``; yearly use is log-normal about 3.6 MWh, kept within 2.1 to 5.9 MWh."""
    random = generator(seed, "household", home)
    return Household(
        annual_kwh=float(np.clip(3600 * np.exp(random.normal(0, 0.28)), 2100, 5900)),
        habit_hours=float(np.clip(random.normal(0, 1.0), -2.5, 2.5)),
        peakiness=float(random.uniform(0.8, 1.5)),
        standing_share=float(random.uniform(0.12, 0.3)),
        appliance_share=float(random.uniform(0.2, 0.4)),
        heating_share=float(random.choice([0.0, random.uniform(0.05, 0.25)])),
        weeks_away=int(random.integers(1, 6)),
    )


def standard_profiles(times: pd.DatetimeIndex) -> pd.DataFrame:
    """BDEW profiles ``h0`` (households, dynamic) and ``g0`` (business) at UTC ``times``, each with mean 1.

    The profiles are made for local time; they are looked up at the local clock of Paris, summer time included.
    """
    year = times[0].year
    half_hours = _local_half_hours(year)
    local = times.tz_convert(LOCAL_TIME)
    slots = (local.dayofyear - 1) * STEPS_PER_DAY + local.hour * 2 + local.minute // 30
    # The last hours of the year (UTC) are already the next year's first in Paris.
    slots = np.where(local.year == year, slots, np.arange(len(times)))
    values = half_hours.to_numpy()[slots]
    return pd.DataFrame(values / values.mean(axis=0), index=times, columns=half_hours.columns)


def energy(household: Household, standard: np.ndarray, weather: Weather, random: np.random.Generator) -> np.ndarray:
    """Energy in kWh per half-hour, shape (steps,), summing to the household's annual need."""
    steps = len(standard)
    at_home = _at_home(household, steps, random)
    hours = np.arange(steps) - household.habit_hours / STEP_HOURS
    habits = np.interp(hours, np.arange(steps), standard, period=steps) ** household.peakiness
    mood = np.exp(0.3 * red_noise(random, steps, 3.0) + 0.2 * red_noise(random, steps, 48.0))
    living = at_home * habits * mood
    expected_runs = household.appliance_share * household.annual_kwh / RUN_KWH
    runs = _appliance_runs(expected_runs * at_home * habits / habits.sum(), random)
    cold = np.maximum(HEATING_LIMIT - weather.temperature, 0) * (0.3 + 0.7 * at_home)
    standing = np.exp(0.25 * red_noise(random, steps, 0.3))
    living_share = 1 - household.standing_share - household.appliance_share - household.heating_share
    shape = (
        household.standing_share * standing / standing.mean()
        + living_share * living / living.mean()
        + household.appliance_share * runs / runs.mean()
        + household.heating_share * cold / cold.mean()
    )
    return household.annual_kwh * shape / shape.sum()


def _at_home(household: Household, steps: int, random: np.random.Generator) -> np.ndarray:
    """1 while somebody lives there, 0 in the weeks away; shape (steps,)."""
    at_home = np.ones(steps)
    week = 7 * STEPS_PER_DAY
    for start in random.integers(0, steps - week, household.weeks_away):
        at_home[start : start + week] = 0.0
    return at_home


def _appliance_runs(expected: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Energy of appliance runs (relative), a run drawing most in its first half-hour and the rest in the next."""
    counts = random.poisson(expected)
    drawn = counts * random.gamma(3.0, 1 / 3.0, len(counts))
    return 0.65 * drawn + 0.35 * np.roll(drawn, 1)


@functools.cache
def _local_half_hours(year: int) -> pd.DataFrame:
    """The profiles at the local half-hours of a year, which no seed changes; not to be written to."""
    quarter_hours = bdew.ElecSlp(year, holidays=_holidays(year))
    frame = quarter_hours.get_profile({"h0": 1.0, "g0": 1.0})
    frame["h0"] = quarter_hours.create_dynamic_h0_profile()
    return frame.groupby(np.arange(len(frame)) // 2).mean()


def _holidays(year: int) -> dict[pd.Timestamp, str]:
    """French public holidays with a fixed date; the standard profile treats them as Sundays."""
    days = ("01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25")
    # demandlib passes over holidays in a list without a word; it reads them from a dictionary's keys.
    return {pd.Timestamp(f"{year}-{day}"): "public holiday" for day in days}


def simulate(seed: int, home: int, standard: np.ndarray, weather: Weather) -> np.ndarray:
    """Load of home number ``home`` in the year of ``weather``: kWh per half-hour, shape (steps,)."""
    return energy(draw(seed, home), standard, weather, generator(seed, "habits", home, weather.times[0].year))
