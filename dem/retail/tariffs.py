"""Which hours share a price: one for all, one a block of hours, one an hour."""

from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True)
class TariffShape:
    """A tariff whose prices are still to be found.

    Attributes:
        name: for labels.
        block: shape (T,), number of the block that each period belongs to; blocks count from 0 without gaps.

    Raises:
        ValueError: there are no periods, or a block without any.
    """

    name: str
    block: np.ndarray

    def __post_init__(self) -> None:
        if not self.block.size:
            raise ValueError(f"the tariff {self.name!r} has no periods")
        empty = set(range(int(self.block.max()) + 1)) - set(self.block.tolist())
        if empty or self.block.min() < 0:
            raise ValueError(f"the tariff {self.name!r} has blocks without periods: {sorted(empty)}")

    @classmethod
    def flat(cls, periods: int) -> Self:
        """One price."""
        return cls("flat", np.zeros(periods, dtype=int))

    @classmethod
    def time_of_use(cls, hours: np.ndarray) -> Self:
        """Night, day and peak by the local hours (T,) of periods: peaks are 10–14 and 18–22 h, nights 22–6 h.

        The blocks are those of the network charge "time_of_use" (`dem.data.tariffs`) on weekdays.
        """
        peak = ((hours >= 10) & (hours < 14)) | ((hours >= 18) & (hours < 22))
        night = (hours < 6) | (hours >= 22)
        return cls("time of use", np.select([night, peak], [0, 2], 1))

    @classmethod
    def hourly(cls, periods: int) -> Self:
        """A price for every period."""
        return cls("hourly", np.arange(periods))

    @property
    def matrix(self) -> np.ndarray:
        """Shape (T, blocks): the prices of periods are this times the prices of blocks."""
        return np.eye(int(self.block.max()) + 1)[self.block]
