"""A perceptron of two hidden layers and Adam, in a few lines of NumPy.

At 54 inputs and 32 units a graph of the calculation costs several times the calculation itself; and a client process
that trains it has nothing to load.
"""

from collections.abc import Mapping

import numpy as np

from dem.federated.records import NamedArrays

LAYERS = (1, 2, 3)
HEAD = "weight3"
FIRST_DECAY, SECOND_DECAY, SMALL = 0.9, 0.999, 1e-8
"""Adam's, as Kingma & Ba 2015 give them (https://arxiv.org/abs/1412.6980)."""

Weights = Mapping[str, np.ndarray]


class Perceptron:
    """Inputs → hidden → hidden → outputs with ReLU between; its weights are ``weight1``, ``bias1``, … to 3.

    Args:
        inputs: I.
        hidden: units of each hidden layer.
        outputs: K.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        self.sizes = (inputs, hidden, hidden, outputs)

    def draw(self, generator: np.random.Generator) -> NamedArrays:
        """Fresh weights, uniform in ±1/√fan-in; the last layer's are zero, so that it answers zero."""
        weights = {}
        for layer in LAYERS:
            fan_in, fan_out = self.sizes[layer - 1 : layer + 1]
            reach = 1 / np.sqrt(fan_in) if layer < LAYERS[-1] else 0.0
            weights[f"weight{layer}"] = generator.uniform(-reach, reach, (fan_in, fan_out))
            weights[f"bias{layer}"] = generator.uniform(-reach, reach, fan_out)
        return {name: array.astype(np.float32) for name, array in weights.items()}

    def answer(self, weights: Weights, inputs: np.ndarray) -> np.ndarray:
        """Outputs (N, K) for inputs (N, I)."""
        return self.layers(weights, inputs)[-1]

    def gradient(self, weights: Weights, inputs: np.ndarray, targets: np.ndarray) -> NamedArrays:
        """Gradient of the mean square error of the answers to (N, I) against targets (N, K)."""
        layers = self.layers(weights, inputs)
        delta = 2 * (layers[-1] - targets) / targets.size
        gradient = {}
        for layer in reversed(LAYERS):
            below = layers[layer - 1]
            gradient |= {f"weight{layer}": below.T @ delta, f"bias{layer}": delta.sum(axis=0)}
            if layer > LAYERS[0]:
                delta = delta @ weights[f"weight{layer}"].T * (below > 0)
        return gradient

    @staticmethod
    def layers(weights: Weights, inputs: np.ndarray) -> list[np.ndarray]:
        """Inputs (N, I), both hidden layers, and outputs (N, K)."""
        layers = [inputs.astype(np.float32, copy=False)]
        for layer in LAYERS:
            sums = layers[-1] @ weights[f"weight{layer}"] + weights[f"bias{layer}"]
            layers.append(np.maximum(sums, 0.0) if layer < LAYERS[-1] else sums)
        return layers


class Adam:
    """Adam on named weights, which it copies into one array first: six small ones would cost six times the calls.

    Args:
        weights: where it starts.
        learning_rate: η.

    Attributes:
        weights: where it is, views of one array.
    """

    def __init__(self, weights: Weights, learning_rate: float) -> None:
        self._flat = _flattened(weights, list(weights))
        ends = np.cumsum([array.size for array in weights.values()])
        parts = np.split(self._flat, ends[:-1])
        shapes = [array.shape for array in weights.values()]
        self.weights = {name: part.reshape(shape) for name, part, shape in zip(weights, parts, shapes, strict=True)}
        self._rate, self._count = learning_rate, 0
        self._first, self._second = np.zeros_like(self._flat), np.zeros_like(self._flat)

    def step(self, gradient: Weights) -> None:
        """One step down ``gradient``."""
        self._count += 1
        slope = _flattened(gradient, list(self.weights))
        self._first += (1 - FIRST_DECAY) * (slope - self._first)
        self._second += (1 - SECOND_DECAY) * (slope**2 - self._second)
        first, second = 1 - FIRST_DECAY**self._count, 1 - SECOND_DECAY**self._count
        self._flat -= self._rate / first * self._first / (np.sqrt(self._second / second) + SMALL)

    def pull(self, towards: Weights, strength: float) -> None:
        """w ← w − η · strength · (w − towards)."""
        if strength > 0:
            self._flat -= self._rate * strength * (self._flat - _flattened(towards, list(self.weights)))


def _flattened(arrays: Weights, names: list[str]) -> np.ndarray:
    return np.concatenate([arrays[name].ravel() for name in names])
