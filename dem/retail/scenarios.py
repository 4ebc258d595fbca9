"""What may happen tomorrow: equally likely wholesale prices and loads, one scenario a past day or a forecast's draw."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scenarios:
    """S equally likely days of T periods.

    Attributes:
        wholesale: shape (S, T), EUR/kWh.
        load_kwh: shape (S, T), what all homes together take at the reference prices, not negative.

    Raises:
        ValueError: naming the field, the scenario and the period that cannot be used.
    """

    wholesale: np.ndarray
    load_kwh: np.ndarray

    def __post_init__(self) -> None:
        if self.wholesale.ndim != 2 or self.wholesale.shape != self.load_kwh.shape or not self.wholesale.size:
            shapes = f"{self.wholesale.shape} and {self.load_kwh.shape}"
            raise ValueError(f"wholesale and load_kwh must both have shape (S, T), they are {shapes}")
        for name in ("wholesale", "load_kwh"):
            bad = np.argwhere(~np.isfinite(getattr(self, name)))
            if len(bad):
                raise ValueError(f"{name} of scenario {bad[0][0]}, period {bad[0][1]} is missing or infinite")
        if (self.load_kwh < 0).any():
            raise ValueError("load_kwh must not be negative")

    @property
    def count(self) -> int:
        """S."""
        return len(self.wholesale)


def tail_mean(values: np.ndarray, tail: float) -> float:
    """Mean of the worst (lowest) share ``tail`` of equally likely ``values`` (S,): the conditional value at risk.

    The share may cut through a scenario; the part of it that belongs to the tail counts (Rockafellar & Uryasev 2002).
    """
    weights = np.clip(tail * len(values) - np.arange(len(values)), 0, 1)
    return float(np.sort(values) @ weights / weights.sum())
