"""A few small networks that are trained on the same regression and whose answers are averaged."""

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn

from dem import borrowed, files
from dem.files import Arrays

SMALLEST_SPREAD = 1e-3
"""Inputs that never change in training would otherwise be divided by nothing."""


class EnsembleConfig(BaseModel):
    """Settings of the networks and of one fit, chosen on weeks and homes that nothing is judged on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden: int = Field(default=64, ge=1, description="units in each of the two hidden layers")
    networks: int = Field(default=1, ge=1, description="networks whose answers are averaged")
    learning_rate: float = Field(default=2e-3, gt=0, description="Adam's first step size; it falls to 0 on a cosine")
    batch_size: int = Field(default=1024, ge=1, description="rows in a minibatch")
    updates: int = Field(default=3_000, ge=1, description="gradient steps")


class Ensemble:
    """Perceptrons with two hidden layers, I inputs and K outputs.

    Args:
        inputs: (N, I) float32, all inputs that it will be trained on; read for their mean and spread.
        outputs: K.
        config: settings.
        seed: of the initial weights.
        device: where the networks are.
    """

    def __init__(
        self, inputs: np.ndarray, outputs: int, config: EnsembleConfig, seed: int, device: str | torch.device = "cpu"
    ) -> None:
        self.config, self.device = config, torch.device(device)
        self.mean = inputs.mean(axis=0, dtype=np.float64).astype(np.float32)
        self.spread = np.maximum(inputs.std(axis=0, dtype=np.float64), SMALLEST_SPREAD).astype(np.float32)
        with borrowed.seeded_torch(seed):
            networks = [_network(len(self.mean), config.hidden, outputs) for _ in range(config.networks)]
        self.networks = nn.ModuleList(networks).to(self.device)

    @property
    def inputs(self) -> int:
        """I."""
        return len(self.mean)

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Mean answer (N, K) float32 to inputs (N, I)."""
        with torch.inference_mode():
            scaled = self._scaled(inputs)
            return torch.stack([network(scaled) for network in self.networks]).mean(dim=0).cpu().numpy()

    def fit(
        self, inputs: np.ndarray, targets: np.ndarray, generator: np.random.Generator, seconds: float = float("inf")
    ) -> None:
        """Least squares of targets (N, K) on inputs (N, I), minibatches drawn by ``generator`` for each network.

        No step begins after ``seconds``.
        """
        config, end = self.config, time.monotonic() + seconds
        scaled, goals = self._scaled(inputs), torch.from_numpy(targets.astype(np.float32)).to(self.device)
        adam = torch.optim.Adam(self.networks.parameters(), lr=config.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, config.updates)
        for _ in range(config.updates):
            if time.monotonic() > end:
                break
            drawn = torch.from_numpy(generator.integers(len(inputs), size=(config.networks, config.batch_size)))
            pairs = zip(self.networks, drawn.to(self.device), strict=True)
            loss = sum(nn.functional.mse_loss(network(scaled[rows]), goals[rows]) for network, rows in pairs)
            adam.zero_grad()
            loss.backward()
            adam.step()
            schedule.step()

    def state(self) -> Arrays:
        """Weights and the scales of the inputs, as copies."""
        weights = {name: value.cpu().numpy().copy() for name, value in self.networks.state_dict().items()}
        return {**weights, "mean": self.mean.copy(), "spread": self.spread.copy()}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Answer as those whose :meth:`state` this is.

        Raises:
            CheckpointError: if the state is of other networks; nothing is changed then.
        """
        files.check(state, self.state())
        weights = {name: torch.from_numpy(np.array(state[name])) for name in self.networks.state_dict()}
        self.networks.load_state_dict(weights)
        self.mean, self.spread = np.array(state["mean"]), np.array(state["spread"])

    def save(self, path: Path) -> None:
        """Write :meth:`state` to ``path`` (an ``.npz`` archive)."""
        files.save(path, self.state())

    def load(self, path: Path) -> None:
        """Answer as the networks in a file that :meth:`save` wrote; raises as :meth:`load_state`."""
        self.load_state(files.load(path))

    def _scaled(self, inputs: np.ndarray) -> torch.Tensor:
        return torch.from_numpy((inputs - self.mean) / self.spread).to(self.device)


def _network(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )
