"""From water values to battery powers, for whatever homes a policy acts for."""

import numpy as np

from dem.agents import storage
from dem.homes import Home
from dem.homes.features import PRICE_SCALE


class Dispatcher:
    """Reads a home's meter from its observations and decides by water values.

    Args:
        home: the homes to act for; read for their batteries and for the scale and order of what they observe.

    Attributes:
        store: their batteries.
        step_hours: length of an interval, hours.
    """

    def __init__(self, home: Home) -> None:
        self.store = storage.Store.of_homes(home)
        self.step_hours = home.step_hours
        self._names = home.observation_names
        self._capacity_kwh = np.array([battery.capacity_kwh for battery in home.batteries * home.copies])
        self._energy_scale = home.power_kw * home.step_hours
        self._fixed = self.columns(["soc", "load", "pv", "import_price", "export_price"])

    def columns(self, names: list[str]) -> list[int]:
        """Where the named values stand in an observation.

        Raises:
            ValueError: naming the first that the homes do not show.
        """
        for name in names:
            if name not in self._names:
                raise ValueError(f"the homes do not show {name!r}: build them with the agent's features")
        return [self._names.index(name) for name in names]

    def powers(self, observation: np.ndarray, water_value: np.ndarray) -> np.ndarray:
        """Powers in kW (B,) for observations (B, O) if energy left in store is worth ``water_value`` (B, K) EUR/kWh."""
        soc, load, pv, buy, sell = observation[:, self._fixed].T.astype(np.float64)
        net_load = (load - pv) * self._energy_scale
        energy = soc * self._capacity_kwh
        bought = storage.decide(energy, water_value, net_load, buy * PRICE_SCALE, sell * PRICE_SCALE, self.store)
        return bought / self.step_hours
