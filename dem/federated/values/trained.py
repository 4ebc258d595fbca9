"""What a training leaves behind."""

from dataclasses import dataclass

import numpy as np

from dem.federated.records import NamedArrays
from dem.federated.values.config import ValuesConfig


@dataclass(frozen=True)
class Trained:
    """R rounds over H homes.

    Attributes:
        config: what was trained.
        models: the arrays that each home ends with.
        bytes_down: (R, H) bytes of arrays sent to each home.
        bytes_up: (R, H) bytes received from each; 0 where a home did not answer.
    """

    config: ValuesConfig
    models: tuple[NamedArrays, ...]
    bytes_down: np.ndarray
    bytes_up: np.ndarray

    @property
    def communicated_bytes(self) -> int:
        """Bytes that travelled in all rounds together, both ways, without Flower's headers."""
        return int(self.bytes_down.sum() + self.bytes_up.sum())
