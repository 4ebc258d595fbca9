"""What the server knows between two rounds, in memory and on disk: all that a training needs to go on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from dem import files
from dem.federated.records import NamedArrays
from dem.federated.values.config import ValuesConfig
from dem.files import CheckpointError

_SHARED, _CONFIG = "shared/", "config"


@dataclass(frozen=True)
class Progress:
    """A federated training after R rounds over H homes.

    Attributes:
        config: what is trained.
        shared: the arrays that the homes share.
        bytes_down: (R, H) bytes of arrays sent to each home.
        bytes_up: (R, H) bytes received from each; 0 where a home did not answer.
    """

    config: ValuesConfig
    shared: NamedArrays
    bytes_down: np.ndarray
    bytes_up: np.ndarray

    @classmethod
    def begin(cls, config: ValuesConfig, initial: NamedArrays) -> Self:
        """Before the first round."""
        nothing = np.zeros((0, config.homes), dtype=np.int64)
        return cls(config, initial, nothing, nothing)

    @property
    def rounds(self) -> int:
        """R."""
        return len(self.bytes_down)

    def after(self, shared: NamedArrays, bytes_down: list[int], bytes_up: list[int]) -> "Progress":
        """One round later."""
        down, up = np.vstack([self.bytes_down, bytes_down]), np.vstack([self.bytes_up, bytes_up])
        return Progress(self.config, shared, down, up)

    def save(self, path: Path) -> None:
        """Write everything to ``path``: whole, or not at all."""
        arrays = {_SHARED + name: array for name, array in self.shared.items()}
        text = np.frombuffer(self.config.model_dump_json().encode(), dtype=np.uint8)
        files.save(path, arrays | {"bytes_down": self.bytes_down, "bytes_up": self.bytes_up, _CONFIG: text})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises:
            FileNotFoundError: if there is no such file.
            CheckpointError: if it is not one of ours.
        """
        stored = files.load(path)
        try:
            config = ValuesConfig.model_validate_json(stored.pop(_CONFIG).tobytes())
            down, up = stored.pop("bytes_down"), stored.pop("bytes_up")
        except (KeyError, ValueError) as error:
            raise CheckpointError(f"{path} is not the checkpoint of a federated training: {error}") from error
        return cls(config, {name.removeprefix(_SHARED): array for name, array in stored.items()}, down, up)

    def check(self, config: ValuesConfig, initial: NamedArrays) -> None:
        """Refuse to go on with another training than ``config``; only its number of rounds may differ.

        Raises:
            CheckpointError: names the setting or the array that differs, or the rounds that are already over.
        """
        ours, theirs = config.model_dump(exclude={"rounds"}), self.config.model_dump(exclude={"rounds"})
        for name, value in ours.items():
            if theirs[name] != value:
                raise CheckpointError(f"the checkpoint is of another training: {name} is {theirs[name]}, not {value}")
        files.check(self.shared, initial)
        if self.rounds > config.rounds:
            raise CheckpointError(f"the checkpoint is of round {self.rounds}, the training has {config.rounds}")
