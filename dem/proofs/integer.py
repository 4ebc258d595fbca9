"""A policy's network in whole numbers, the same bit for bit here, on chain and in a circuit.

Weights are rounded to 9 bits, what is observed to 8, and nothing is rounded in between: ReLU lets a positive
factor through, relu(a·x) = a·relu(x), so the factors by which numbers were made whole are multiplied up and divided out
once, at the end. Where a network in floating point answers y, this one answers y · ``unit``, but for what rounding the
weights and the observation changed.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from dem.agents.ensemble import Ensemble

WEIGHT_LEVELS = 255
"""Largest weight."""
STATE_LEVELS = 127
"""Largest number that an observation is rounded to."""
STEPS_PER_SPREAD = 20
"""Steps of an observation for one standard deviation of it in training: 6.35 of them are the furthest out."""
LARGEST_SUM = 2**30 - 1
"""What a sum may reach: 32 bits of a lane on chain, three digits to base 1024 in the circuit."""
STATE_BYTES, WORD_BYTES, LANES, LANE_BITS = 32, 32, 8, 32


@dataclass(frozen=True)
class IntegerNetwork:
    """Two hidden layers of H units with ReLU; all arrays int64.

    Attributes:
        weight1: (I, H).
        bias1: (H,).
        weight2: (H, H).
        bias2: (H,).
        weight3: (H,).
        bias3: the last layer's.
        unit: the output that stands for 1.

    Raises:
        ValueError: if there are more inputs than a state has room for, H is not a multiple of eight, or a sum could
            pass ``LARGEST_SUM``.
    """

    weight1: np.ndarray
    bias1: np.ndarray
    weight2: np.ndarray
    bias2: np.ndarray
    weight3: np.ndarray
    bias3: int
    unit: int

    def __post_init__(self) -> None:
        if not 1 <= self.inputs <= STATE_BYTES:
            raise ValueError(f"a state has room for 1 to {STATE_BYTES} numbers, the network reads {self.inputs}")
        if self.hidden % LANES:
            raise ValueError(f"hidden units must be a multiple of {LANES}, got {self.hidden}")
        if (largest := self._largest_sum()) > LARGEST_SUM:
            raise ValueError(f"sums of the network could reach {largest}, more than {LARGEST_SUM}")

    @classmethod
    def of(cls, ensemble: Ensemble) -> Self:
        """The network of an ensemble of one with one output, rounded.

        Raises:
            ValueError: if it has another shape.
        """
        layers = [layer for layer in ensemble.networks[0] if hasattr(layer, "weight")]
        if len(ensemble.networks) != 1 or layers[-1].out_features != 1:
            raise ValueError("only an ensemble of one network with one output can be rounded")
        factor, parts = float(STEPS_PER_SPREAD), []
        for layer in layers:
            weight = layer.weight.detach().numpy().T.astype(np.float64)
            scale = WEIGHT_LEVELS / np.abs(weight).max()
            factor *= scale
            parts += [_whole(weight * scale), _whole(layer.bias.detach().numpy().astype(np.float64) * factor)]
        return cls(*parts[:4], parts[4][:, 0], int(parts[5][0]), round(factor))

    @property
    def inputs(self) -> int:
        """I."""
        return len(self.weight1)

    @property
    def hidden(self) -> int:
        """H."""
        return len(self.bias1)

    @property
    def products(self) -> int:
        """Multiplications that one answer takes."""
        return self.weight1.size + self.weight2.size + self.weight3.size

    def outputs(self, states: np.ndarray) -> np.ndarray:
        """Answers (N,) int64 to states (N, I)."""
        values = np.asarray(states, dtype=np.int64)
        values = np.maximum(values @ self.weight1 + self.bias1, 0)
        values = np.maximum(values @ self.weight2 + self.bias2, 0)
        return values @ self.weight3 + self.bias3

    @property
    def packed(self) -> bytes:
        """As ``contracts/libraries/IntegerNetwork.sol`` reads it."""
        header = [_word(value) for value in (self.inputs, self.hidden, self.unit)]
        rows = (*self.weight1, self.bias1, *self.weight2, self.bias2, self.weight3)
        return b"".join([*header, *(_lanes(row) for row in rows), _word(self.bias3)])

    @property
    def policy_hash(self) -> bytes:
        """The policy's name: the hash of the code that ``PolicyWeights`` has on chain."""
        from eth_utils import keccak

        return keccak(b"\0" + self.packed)

    def _largest_sum(self) -> int:
        first = (STATE_LEVELS + 1) * np.abs(self.weight1).sum(axis=0) + np.abs(self.bias1)
        second = first @ np.abs(self.weight2) + np.abs(self.bias2)
        return int(max(first.max(), second.max()))


def quantised(observation: np.ndarray, ensemble: Ensemble) -> np.ndarray:
    """Observations (N, I) as states (N, I) int8, in steps of the spread that the ensemble was trained on."""
    scaled = (observation - ensemble.mean) / ensemble.spread * STEPS_PER_SPREAD
    return np.clip(np.rint(scaled), -STATE_LEVELS, STATE_LEVELS).astype(np.int8)


def state_words(states: np.ndarray) -> list[bytes]:
    """States (N, I) as the contracts take them: 32 bytes each, the first number last."""
    padded = np.zeros((len(states), STATE_BYTES), dtype=np.int8)
    padded[:, : states.shape[1]] = states
    return [row[::-1].tobytes() for row in padded]


def _whole(values: np.ndarray) -> np.ndarray:
    """Rounded, and to a number that ONNX's float32 holds exactly."""
    return np.rint(values).astype(np.float32).astype(np.int64)


def _word(value: int) -> bytes:
    return int(value).to_bytes(WORD_BYTES, "big", signed=True)


def _lanes(row: np.ndarray) -> bytes:
    """Eight numbers to a word, the first one lowest; negative ones borrow from the lane above."""
    words = (
        sum(int(value) << (LANE_BITS * lane) for lane, value in enumerate(group)) for group in row.reshape(-1, LANES)
    )
    return b"".join((word % 2 ** (8 * WORD_BYTES)).to_bytes(WORD_BYTES, "big") for word in words)
