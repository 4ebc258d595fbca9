"""The two networks: what they see of a window, and how they turn it into quantiles.

Both read a sequence of two days in patches of two hours: yesterday, which is known, and the day to come, which is not.
A patch of yesterday carries its values and those of the same time on the thirteen days before; a patch of the day to
come carries what the regressions see of it. The latter are read out: per interval and quantile, how many times the
recent spread at that time of day to go above its recent mean. Patches follow PatchTST (Nie et al. 2023,
https://arxiv.org/abs/2211.14730).
"""

import math
from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor, nn

from dem.forecast.features import FEATURES, features
from dem.forecast.windows import CONTEXT_DAYS, Windows

PATCHES_PER_DAY = 12
HEADS = 4


class Network(nn.Module, ABC):
    """What both have in common.

    Args:
        day: intervals a day S.
        quantiles: how many, Q.
        hidden: width.
        layers: depth.
        dropout: share of the values between layers that training drops.
    """

    def __init__(self, day: int, quantiles: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.day, self.quantiles = day, quantiles
        self.patches = math.gcd(day, PATCHES_PER_DAY)
        length = day // self.patches
        self.embed_past = nn.Linear(length * CONTEXT_DAYS, hidden)
        self.embed_ahead = nn.Linear(length * FEATURES, hidden)
        self.body = self._body(hidden, layers, dropout)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden, length * quantiles))

    def forward(self, past: Tensor, ahead: Tensor) -> Tensor:
        """Quantiles (N, S, Q) in multiples of the scale, in no order, from (N, 14, S) and features (N, S, F)."""
        read = self._read(self._tokens(past, ahead))[:, self.patches :]
        factor = self.head(read).reshape(len(past), self.day, self.quantiles)
        recent = past[:, 1:]
        spread = recent.square().mean(dim=1).sqrt()
        return recent.mean(dim=1)[:, :, None] + spread[:, :, None] * factor

    @abstractmethod
    def _body(self, hidden: int, layers: int, dropout: float) -> nn.Module:
        """What reads the sequence."""

    @abstractmethod
    def _read(self, tokens: Tensor) -> Tensor:
        """What it makes of the tokens (N, 2 P, hidden), in the same shape."""

    def _tokens(self, past: Tensor, ahead: Tensor) -> Tensor:
        """(N, 2 P, hidden): P patches of yesterday, then P of the day to come."""
        count = len(past)
        # asinh keeps single high peaks from drowning the rest.
        known = past.asinh().reshape(count, CONTEXT_DAYS, self.patches, -1).transpose(1, 2).flatten(2)
        to_come = ahead.asinh().reshape(count, self.patches, -1)
        return torch.cat([self.embed_past(known), self.embed_ahead(to_come)], dim=1)


class LSTMNetwork(Network):
    """A long short-term memory that reads yesterday, then reads on through the day to come."""

    def _body(self, hidden: int, layers: int, dropout: float) -> nn.Module:
        return nn.LSTM(hidden, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)

    def _read(self, tokens: Tensor) -> Tensor:
        return tokens + self.body(tokens)[0]


class TransformerNetwork(Network):
    """An encoder in which every patch of both days attends to every other."""

    def _body(self, hidden: int, layers: int, dropout: float) -> nn.Module:
        if hidden % HEADS:
            raise ValueError(f"hidden must be a multiple of {HEADS} for a Transformer, got {hidden}")
        self.position = nn.Parameter(0.02 * torch.randn(2 * self.patches, hidden))
        layer = nn.TransformerEncoderLayer(hidden, HEADS, 2 * hidden, dropout, batch_first=True, norm_first=True)
        return nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    def _read(self, tokens: Tensor) -> Tensor:
        return self.body(tokens + self.position)


def inputs_of(windows: Windows) -> tuple[Tensor, Tensor]:
    """What `Network.forward` takes."""
    return torch.from_numpy(windows.past), torch.from_numpy(features(windows))


def pinball(predicted: Tensor, truth: Tensor, levels: Tensor) -> Tensor:
    """Mean pinball loss of quantiles (…, Q) at ``levels`` (Q,) where ``truth`` (…) came."""
    error = truth.unsqueeze(-1) - predicted
    return torch.maximum(levels * error, (levels - 1) * error).mean()


def to_arrays(network: nn.Module) -> dict[str, np.ndarray]:
    """Every weight and bias by name."""
    return {name: tensor.detach().numpy().copy() for name, tensor in network.state_dict().items()}
