"""A course of loads over time: what the feeder is under, step by step."""

from dataclasses import dataclass

import numpy as np

from dem.grid.errors import GridError
from dem.grid.feeder import Feeder


@dataclass(frozen=True)
class Course:
    """Loads over T steps.

    Attributes:
        load_scale: (T,) factor on the feeder's own loads.
        home_kw: (T, homes) what each home draws, kW, trades included.
    """

    load_scale: np.ndarray
    home_kw: np.ndarray

    def __post_init__(self) -> None:
        if self.load_scale.ndim != 1 or self.home_kw.shape[:1] != self.load_scale.shape:
            shapes = f"{self.load_scale.shape} and {self.home_kw.shape}"
            raise GridError(f"load_scale and home_kw must have shapes (T,) and (T, homes), got {shapes}")

    def __len__(self) -> int:
        return len(self.load_scale)

    def solve(self, feeder: Feeder, step: int, *, regulate: bool = False) -> np.ndarray:
        """Put the loads of ``step`` on the feeder and solve it; voltage magnitudes (nodes,), pu."""
        feeder.load_scale = float(self.load_scale[step])
        feeder.set_power(self.home_kw[step])
        feeder.solve(f"step {step}", regulate=regulate)
        return np.abs(feeder.voltage_pu())
