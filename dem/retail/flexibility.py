"""What homes offer: energy that can leave an event's hours, and how it comes back.

An offer knows nothing of the event. It says how much of the home's use in each hour could leave it, how much a day, in
which hours energy that left may come back, how much of it has to, and what the home wants for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

# Appliances draw no more than this together, and a house stores so much heat: about 100 m² of light construction.
APPLIANCE_KW, STORE_KWH_PER_K = 2.0, 4.0


@dataclass(frozen=True)
class Offer:
    """One home's flexibility on one day.

    Attributes:
        home: number of the home.
        usual_kwh: shape (T,), what may leave each period.
        limit_kwh: most that may leave in all.
        window: first period in which energy may come back, and the period after the last.
        power_kwh: most that comes back in a period.
        returns: share of what left that has to come back, in [0, 1].
        ask: EUR that the home wants for a kWh that leaves.

    Raises:
        ValueError: naming the field that is out of its range.
    """

    home: int
    usual_kwh: np.ndarray
    limit_kwh: float
    window: tuple[int, int]
    power_kwh: float
    returns: float
    ask: float

    def __post_init__(self) -> None:
        first, last = self.window
        if not 0 <= first < last <= len(self.usual_kwh):
            raise ValueError(f"window of home {self.home} is empty or outside the day: {first} to {last}")
        if not np.isfinite(self.usual_kwh).all() or (self.usual_kwh < 0).any():
            raise ValueError(f"usual_kwh of home {self.home} must be finite and not negative")
        for name in ("limit_kwh", "power_kwh", "ask"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} of home {self.home} must be at least 0, got {getattr(self, name)}")
        if not 0 <= self.returns <= 1:
            raise ValueError(f"returns of home {self.home} must be between 0 and 1, got {self.returns}")

    @classmethod
    def appliances(
        cls, home: int, usual_kwh: np.ndarray, window: tuple[int, int], power_kwh: float, ask: float
    ) -> Self:
        """Runs that can wait (dishes, laundry, a car): all of their energy comes back, within the window."""
        return cls(home, usual_kwh, float(usual_kwh.sum()), window, power_kwh, 1.0, ask)

    @classmethod
    def comfort(
        cls,
        home: int,
        usual_kwh: np.ndarray,
        band_k: float,
        store_kwh_per_k: float,
        ask: float,
        *,
        performance: float = 3.0,
        returns: float = 0.8,
    ) -> Self:
        """Heating or cooling that may run lower while the rooms stay within ``band_k`` kelvin of what is set.

        Args:
            home: number of the home.
            usual_kwh: shape (T,), what heating or cooling would use, kWh of electricity.
            band_k: how far the temperature may go, K.
            store_kwh_per_k: heat that the building holds, kWh per K.
            ask: EUR/kWh.
            performance: heat per electricity (a heat pump's, about 3).
            returns: share that comes back; less than all, as a cooler house loses less heat.
        """
        if not band_k >= 0 or not store_kwh_per_k >= 0 or not performance > 0:
            raise ValueError(
                f"comfort of home {home}: band {band_k} K, store {store_kwh_per_k} kWh/K and performance {performance}"
                " must not be negative, the last not 0"
            )
        limit = band_k * store_kwh_per_k / performance
        return cls(home, usual_kwh, limit, (0, len(usual_kwh)), limit, returns, ask)


@dataclass(frozen=True)
class Willingness:
    """What homes may offer at most; each home's own is drawn below it.

    Attributes:
        waiting: share of a home's load that can wait, and again so much that heats or cools.
        comfort_k: how far rooms may go from what is set, K.
        ask: EUR for a kWh that leaves.
    """

    waiting: float
    comfort_k: float
    ask: float

    def draw(
        self, load_kwh: np.ndarray, offering: Iterable[bool], generator: np.random.Generator, *, step_hours: float = 1.0
    ) -> list[Offer]:
        """Appliances and comfort of the homes that are ``offering``, (homes,), for loads (T, homes) of a day."""
        offers = []
        for home, (load, offers_some) in enumerate(zip(load_kwh.T, offering, strict=True)):
            waits, heats = generator.uniform(0, self.waiting, 2)
            asks = generator.uniform(0, self.ask, 2)
            if offers_some:
                power = APPLIANCE_KW * step_hours
                offers.append(Offer.appliances(home, waits * load, (0, len(load)), power, asks[0]))
                offers.append(Offer.comfort(home, heats * load, self.comfort_k, STORE_KWH_PER_K, asks[1]))
        return offers
