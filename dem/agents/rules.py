"""Rule-based policies for ``Home``: what an agent has to beat.

They answer with battery powers in kW (positive charges); the home does as much of it as its battery can.
"""

from typing import Self

import numpy as np

from dem.homes import Home
from dem.homes.features import PRICE_SCALE


class DoNothing:
    """The battery rests."""

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Zero kW (B,) for observations (B, O)."""
        return np.zeros(len(observation))


class Random:
    """A discrete action drawn uniformly.

    Args:
        action_count: number of actions.
        generator: draws them.
    """

    def __init__(self, action_count: int, generator: np.random.Generator) -> None:
        self._action_count = action_count
        self._generator = generator

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Actions int64 (B,) for observations (B, O)."""
        return self._generator.integers(self._action_count, size=len(observation))


class SelfConsumption:
    """Greedy: store every surplus of the roof, cover every shortage from the battery; prices play no part.

    Args:
        home: the homes that it will act for; read for the scale and order of what they observe.
    """

    def __init__(self, home: Home) -> None:
        self._power_kw = home.power_kw
        self._load, self._pv = (home.observation_names.index(name) for name in ("load", "pv"))

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Surplus in kW (B,), negative for a shortage, for observations (B, O)."""
        # Load and PV are observed as multiples of the battery's power.
        return (observation[:, self._pv] - observation[:, self._load]).astype(np.float64) * self._power_kw


class PriceThreshold:
    """Charge at full power when importing is cheap, discharge at full power when it is dear.

    Args:
        home: the homes that it will act for.
        low: import price in EUR/kWh up to which it charges.
        high: import price in EUR/kWh from which it discharges.

    Raises:
        ValueError: if ``low`` is above ``high``.
    """

    def __init__(self, home: Home, low: float, high: float) -> None:
        if low > high:
            raise ValueError(f"low must not exceed high, got {low} and {high}")
        self._power_kw = home.power_kw
        self._price = home.observation_names.index("import_price")
        self.low, self.high = low, high

    @classmethod
    def from_prices(cls, home: Home, import_price: np.ndarray, share: float = 0.25) -> Self:
        """Thresholds at the cheapest and dearest ``share`` of ``import_price`` (EUR/kWh, any shape)."""
        low, high = np.quantile(import_price, [share, 1 - share])
        return cls(home, float(low), float(high))

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Powers in kW (B,) for observations (B, O)."""
        price = observation[:, self._price].astype(np.float64) * PRICE_SCALE
        return (np.less_equal(price, self.low).astype(float) - np.greater_equal(price, self.high)) * self._power_kw
