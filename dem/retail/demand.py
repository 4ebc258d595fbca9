"""How much homes take when prices change: linear in prices, around what they take at reference prices.

A home takes d(p) = d₀ + B (p − p₀), with b = d₀ / p₀ (or d₀ over one price level) and

    B = own · diag(b) + shift · (diag(b) − b bᵀ / Σ b),        own, shift ≤ 0.

The first part is energy that is given up, the second energy that moves to other hours of the day: its columns add up to
nothing. The elasticity of an hour to its own price is so own + shift · (1 − the hour's share of b). B is symmetric and
negative semidefinite, which makes demand the choice of a home with quadratic, concave utility: what it gains by new
prices is the area beside its demand curves, whatever the path.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LinearDemand:
    """The homes' demand over one day.

    Attributes:
        reference_kwh: shape (homes, T), what each home takes at the reference prices, not negative.
        reference_price: shape (T,), EUR/kWh, positive; not negative where ``level`` is given.
        own: elasticity of energy that is given up, at most 0.
        shift: elasticity of energy that moves within the day, at most 0. Meta-analysis of household studies puts the
            short-run elasticity of electricity at −0.126 (Labandeira, Labeaga & López-Otero 2017); those of single
            studies lie mostly between −0.1 and −0.3.
        level: EUR/kWh that the elasticities are meant at; by default the reference price of each period. Where that
            varies from hour to hour, down to nothing, it would make demand in cheap hours elastic without bound.

    Raises:
        ValueError: naming the field that is out of its range.
    """

    reference_kwh: np.ndarray
    reference_price: np.ndarray
    own: float = -0.1
    shift: float = -0.1
    level: float | None = None

    def __post_init__(self) -> None:
        if self.reference_kwh.ndim != 2 or self.reference_kwh.shape[1:] != self.reference_price.shape:
            shapes = f"{self.reference_kwh.shape} and {self.reference_price.shape}"
            raise ValueError(f"reference_kwh (homes, T) and reference_price (T,) do not fit: they are {shapes}")
        if not np.isfinite(self.reference_kwh).all() or (self.reference_kwh < 0).any():
            raise ValueError("reference_kwh must be finite and not negative everywhere")
        lowest = self.reference_price.min() if self.level is None else np.min(self.level)
        if not np.isfinite(self.reference_price).all() or (self.reference_price < 0).any() or not lowest > 0:
            raise ValueError("reference_price must be finite and positive everywhere, or not negative beside a level")
        idle = np.flatnonzero(self.reference_kwh.sum(axis=1) == 0)
        if len(idle):
            raise ValueError(f"reference_kwh of home {idle[0]} is 0 all day: it has no demand to price")
        for name in ("own", "shift"):
            if not getattr(self, name) <= 0:
                raise ValueError(
                    f"{name} must be at most 0 (a dearer kWh is not bought more), got {getattr(self, name)}"
                )

    @property
    def periods(self) -> int:
        """T, the periods of the day."""
        return len(self.reference_price)

    @property
    def reference_bill(self) -> np.ndarray:
        """EUR (homes,) at the reference prices."""
        return self.reference_kwh @ self.reference_price

    @property
    def total_response(self) -> np.ndarray:
        """B of all homes together, shape (T, T), kWh per EUR/kWh."""
        slope = self._slope
        moved = slope.T @ (slope / slope.sum(axis=1, keepdims=True))
        return (self.own + self.shift) * np.diag(slope.sum(axis=0)) - self.shift * moved

    def at(self, prices: np.ndarray) -> np.ndarray:
        """What each home takes at ``prices`` (T,), shape (homes, T), kWh."""
        return self.reference_kwh + self._slope * self._felt(prices)

    def factor(self, prices: np.ndarray) -> np.ndarray:
        """`at` for each kWh taken at the reference prices, shape (homes, T), also where a home takes nothing."""
        return 1 + self._felt(prices) / self._level

    def gain(self, prices: np.ndarray) -> np.ndarray:
        """What each home gains by ``prices`` (T,) over the reference prices, EUR (homes,): its consumer surplus.

        −∫ d dp from p₀ to p, which for linear demand is −½ (d₀ + d(p))ᵀ (p − p₀).
        """
        return -0.5 * (self.reference_kwh + self.at(prices)) @ (prices - self.reference_price)

    def _felt(self, prices: np.ndarray) -> np.ndarray:
        """Elasticities times the changes of price that they answer to, (homes, T) EUR/kWh."""
        change, slope = prices - self.reference_price, self._slope
        mean = (slope @ change / slope.sum(axis=1))[:, None]
        return self.own * change + self.shift * (change - mean)

    @property
    def _level(self) -> np.ndarray | float:
        return self.reference_price if self.level is None else self.level

    @property
    def _slope(self) -> np.ndarray:
        return self.reference_kwh / self._level
