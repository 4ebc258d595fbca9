"""What else could have come: days of a synthetic home drawn again, with everything before them as it was.

The spread of such days is the part of a home's load that no forecast can know, however good.
"""

import numpy as np
import pandas as pd

from dem.data.synthetic import demand, weather
from dem.data.synthetic.noise import generator

APART_DAYS = 7
"""Between days that one simulation draws again: three times the longest memory of a home's mood (48 hours), and more,
so that what was drawn for one hardly reaches the next."""


class _Redrawn:
    """A home's random numbers, those of some steps drawn again by another generator."""

    def __init__(self, own: np.random.Generator, again: np.random.Generator, where: np.ndarray) -> None:
        self._own, self._again, self._where = own, again, where
        self.integers = own.integers  # weeks away stay as they were

    def standard_normal(self, size: int) -> np.ndarray:
        values = self._own.standard_normal(size)
        values[self._where] = self._again.standard_normal(len(self._where))
        return values

    def poisson(self, expected: np.ndarray) -> np.ndarray:
        values = self._own.poisson(expected)
        values[self._where] = self._again.poisson(expected[self._where])
        return values

    def gamma(self, shape: float, scale: float, size: int) -> np.ndarray:
        values = self._own.gamma(shape, scale, size)
        values[self._where] = self._again.gamma(shape, scale, len(self._where))
        return values


def redrawn_loads(seed: int, homes: tuple[int, ...], origins: pd.DatetimeIndex, count: int) -> np.ndarray:
    """Loads (origins, homes, 48, count) in kWh that the day from each origin could have had as well.

    A home's habits, what it did up to the origin, its weeks away and the weather are kept as they were. What is drawn
    again is its mood, its standing load and its appliance runs.

    Args:
        seed: of the neighbourhood.
        homes: numbers of the homes, from 0.
        origins: UTC, a day apart or more, ascending, all in one calendar year.
        count: how often to draw.

    Raises:
        ValueError: if the origins are not in one year.
    """
    ends = origins + pd.Timedelta(days=1) - pd.Timedelta(1, "ns")
    if ends[-1].year != origins[0].year:
        raise ValueError(f"origins and their days must lie in one year, got {origins[0]} to {origins[-1]}")
    year = origins[0].year
    sky = weather.simulate(year, seed)
    standard = demand.standard_profiles(sky.times)["h0"].to_numpy()
    steps = sky.times.searchsorted(origins)[:, None] + np.arange(demand.STEPS_PER_DAY)
    loads = np.empty((len(origins), len(homes), demand.STEPS_PER_DAY, count))
    for place, home in enumerate(homes):
        household, again = demand.draw(seed, home), generator(seed, "redrawn", home, year)
        for first in range(min(APART_DAYS, len(origins))):
            chosen = steps[first::APART_DAYS]
            for number in range(count):
                random = _Redrawn(generator(seed, "habits", home, year), again, chosen.ravel())
                loads[first::APART_DAYS, place, :, number] = demand.energy(household, standard, sky, random)[chosen]
    return loads
