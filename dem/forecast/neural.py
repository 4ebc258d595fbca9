"""Neural forecasters: one network over all homes, trained on the pinball loss."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pandas as pd
import torch
from pydantic import BaseModel, ConfigDict, Field

from dem import borrowed, files
from dem.files import CheckpointError
from dem.forecast.base import WindowForecaster
from dem.forecast.networks import LSTMNetwork, Network, TransformerNetwork, inputs_of, to_arrays
from dem.forecast.protocol import QUANTILES, Scope, Target
from dem.forecast.training import descend, descend_until_no_better, kept_windows, split_origins
from dem.forecast.windows import Panel, Windows, intervals_per_day

_SETTINGS = "settings"


class NeuralConfig(BaseModel):
    """A network and its training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden: int = Field(default=64, ge=1, description="width")
    layers: int = Field(default=2, ge=1, description="depth")
    updates: int = Field(default=300, ge=1, description="gradient steps of a fit, at most")
    batch_size: int = Field(default=128, ge=1, description="windows a step")
    learning_rate: float = Field(default=2e-3, gt=0, description="the first; it falls to zero along a cosine")
    weight_decay: float = Field(default=1e-2, ge=0, description="AdamW's")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="share of the values between layers that is dropped")
    patience: int = Field(default=5, ge=1, description="looks at kept days without a lower loss, until a fit stops")

    def rates(self) -> np.ndarray:
        """Learning rate of every update of a fit, (updates,)."""
        return self.learning_rate * (1 + np.cos(np.pi * np.arange(self.updates) / self.updates)) / 2


class Neural(WindowForecaster):
    """A network on windows; `LSTM` and `Transformer` say which.

    Args:
        target, scope, quantiles: as of every forecaster.
        config: the network and its training.
        seed: of the first weights and of the order of the windows.
    """

    network_type: ClassVar[type[Network]]

    def __init__(
        self,
        target: Target,
        scope: Scope = "home",
        quantiles: tuple[float, ...] = QUANTILES,
        *,
        config: NeuralConfig | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(target, scope, quantiles)
        self.config = config or NeuralConfig()
        self.seed = seed

    def begin(self, step: pd.Timedelta) -> Self:
        """Draw the first weights, for tables with intervals of this length; whatever was learned is forgotten."""
        self.day = intervals_per_day(step)
        with borrowed.seeded_torch(self.seed):
            config = self.config
            self._network = self.network_type(
                self.day, len(self.quantiles), config.hidden, config.layers, config.dropout
            )
        return self

    def learn(self, table: pd.DataFrame, rates: np.ndarray, seed: int) -> float:
        """Go on from the present weights: one update per learning rate, with a fresh optimiser.

        Args:
            table: home table of at least fifteen days.
            rates: learning rate of each update.
            seed: of the order of the windows.

        Returns:
            Mean loss over the updates, in multiples of each window's scale.

        Raises:
            RuntimeError: if there are no weights yet.
            ValueError: if the table is too short.
            dem.data.DataError: if a value is missing.
        """
        self._require_weights()
        panel = Panel.from_table(table, self.target, self.scope)
        origins = panel.origins()
        if panel.day != self.day or not len(origins):
            raise ValueError(f"learning needs fifteen days of {self.day} intervals, got {len(panel.times)} intervals")
        with borrowed.seeded_torch(seed):
            losses = list(self._updates(panel, origins, rates, seed))
        return float(np.mean(losses)) if losses else 0.0

    def weights(self) -> dict[str, np.ndarray]:
        """Every weight and bias by name.

        Raises:
            RuntimeError: if there are none yet.
        """
        self._require_weights()
        return to_arrays(self._network)

    def load_weights(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take over weights named and shaped as :meth:`weights`.

        Raises:
            dem.files.CheckpointError: names the first array that is missing, unknown, of another shape or not finite.
        """
        files.check(arrays, self.weights())
        self._network.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})

    def save(self, path: Path) -> None:
        """Write weights and settings to ``path``, an ``.npz`` file, under a temporary name first."""
        files.save(path, {_SETTINGS: np.array(json.dumps(self._settings())), **self.weights()})

    def load(self, path: Path) -> Self:
        """Take over what :meth:`save` wrote.

        Raises:
            FileNotFoundError: if there is no such file.
            dem.files.CheckpointError: names what does not fit this forecaster.
        """
        arrays = files.load(path)
        try:
            settings = json.loads(str(arrays.pop(_SETTINGS)))
        except (KeyError, ValueError) as error:
            raise CheckpointError(f"{path} is not a saved forecaster: {error}") from error
        fresh = type(self)(self.target, self.scope, self.quantiles, config=self.config, seed=self.seed)
        fresh.begin(pd.Timedelta(days=1) / settings["day"])
        for name, mine in fresh._settings().items():
            theirs = settings.get(name)
            if theirs != mine:
                raise CheckpointError(f"{path} was saved with {name} {theirs!r}, this forecaster has {mine!r}")
        fresh.load_weights(arrays)
        self.day, self._network = fresh.day, fresh._network
        return self

    def _fit(self, panel: Panel) -> None:
        self.begin(panel.times[1] - panel.times[0])
        learned, kept = split_origins(panel)
        with borrowed.seeded_torch(self.seed):
            updates = self._updates(panel, learned, self.config.rates(), self.seed)
            if len(kept):
                windows = kept_windows(panel, kept)
                descend_until_no_better(self._network, updates, windows, self._levels(), self.config.patience)
            else:
                list(updates)

    def _updates(self, panel: Panel, origins: np.ndarray, rates: np.ndarray, seed: int) -> Iterator[float]:
        generator = np.random.default_rng(seed)

        def draw() -> Windows:
            drawn = generator.integers((len(origins), len(panel.homes)), size=(self.config.batch_size, 2))
            return panel.windows(origins[drawn[:, 0]], drawn[:, 1])

        return descend(self._network.train(), draw, rates, self._levels(), self.config.weight_decay)

    def _levels(self) -> torch.Tensor:
        return torch.tensor(self.quantiles)

    def _quantiles(self, windows: Windows) -> np.ndarray:
        with torch.inference_mode():
            return self._network.eval()(*inputs_of(windows)).numpy()

    def _require_weights(self) -> None:
        if self.day is None:
            raise RuntimeError("there are no weights yet: call begin() or fit() first")

    def _settings(self) -> dict[str, object]:
        return {
            "network": type(self).__name__,
            "target": self.target,
            "scope": self.scope,
            "quantiles": list(self.quantiles),
            "day": self.day,
        }


class LSTM(Neural):
    """Long short-term memory (Hochreiter & Schmidhuber 1997)."""

    network_type = LSTMNetwork


class Transformer(Neural):
    """Encoder with self-attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762)."""

    network_type = TransformerNetwork
