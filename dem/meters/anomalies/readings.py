"""Meter series of many homes as one array, cut into the days that are judged and those before them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from dem import data, units
from dem.units import HOURS_PER_DAY

PAST_DAYS = 56
WINDOW_DAYS = 28
TOTAL_DAYS = PAST_DAYS + WINDOW_DAYS
IMPORTED, EXPORTED = 0, 1


@dataclass(frozen=True)
class Readings:
    """What the meters of a street reported.

    Attributes:
        homes: their names.
        energy_wh: whole Wh, shape (homes, days, slots of a day, 2): taken from and given to the network.
    """

    homes: list[str]
    energy_wh: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame) -> Self:
        """Readings of the homes of a table; days count from its first interval, the last one may be cut off.

        Raises:
            ValueError: the table is shorter than what a window and the days before it take.
        """
        slots = data.intervals(table, HOURS_PER_DAY)
        net = (data.wide(table, "load_kwh") - data.wide(table, "pv_kwh")).T
        days = net.shape[1] // slots
        if days < TOTAL_DAYS:
            raise ValueError(f"a window and the days before it take {TOTAL_DAYS} days, the homes have {days}")
        wh = np.rint(net.to_numpy()[:, : days * slots] * units.WH_PER_KWH).reshape(-1, days, slots)
        return cls(data.home_names(table), np.stack([np.maximum(wh, 0.0), np.maximum(-wh, 0.0)], axis=-1))

    def coarser(self, slots: int) -> "Readings":
        """The same with so many slots a day, as registers that are read less often tell it.

        Raises:
            ValueError: the slots of a day do not make so many.
        """
        homes, days, present, _ = self.energy_wh.shape
        if present % slots:
            raise ValueError(f"{present} slots of a day cannot be read as {slots}")
        return Readings(self.homes, self.energy_wh.reshape(homes, days, slots, -1, 2).sum(axis=3))

    def windows(self) -> Iterator[np.ndarray]:
        """Pieces of `TOTAL_DAYS` days: those before, then those that are judged; shape (homes, days, slots, 2)."""
        for begin in range(0, self.energy_wh.shape[1] - TOTAL_DAYS + 1, WINDOW_DAYS):
            yield self.energy_wh[:, begin : begin + TOTAL_DAYS]
