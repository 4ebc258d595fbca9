"""Many small neural networks evaluated and differentiated in one batched call.

An agent of the paper is a perceptron with two hidden layers of 256 units: far too small to keep a processor busy. Here
N of them lie in one buffer and every layer is one batched matrix product. The backward pass is written out (a dozen
lines for three layers), so no graph is recorded and all scratch memory is allocated once.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

Precision = Literal["float32", "mixed"]


@dataclass(frozen=True)
class Architecture:
    """A perceptron: inputs → hidden → hidden → outputs, ReLU between.

    Attributes:
        inputs: number of inputs I.
        hidden: units H of each hidden layer.
        outputs: number of outputs K.
    """

    inputs: int
    hidden: int
    outputs: int

    def __post_init__(self) -> None:
        for field, value in vars(self).items():
            if value < 1:
                raise ValueError(f"{field} must be at least 1, got {value}")

    @property
    def shapes(self) -> dict[str, tuple[int, int]]:
        """Name and shape (in, out) of every weight and bias (1, out), in the order in which they are stored."""
        widths = (self.inputs, self.hidden, self.hidden, self.outputs)
        shapes = {}
        for layer, (fan_in, fan_out) in enumerate(itertools.pairwise(widths), start=1):
            shapes[f"weight{layer}"] = (fan_in, fan_out)
            shapes[f"bias{layer}"] = (1, fan_out)
        return shapes

    @property
    def size(self) -> int:
        """Number of parameters P of one network."""
        return sum(rows * columns for rows, columns in self.shapes.values())

    def split(self, flat: Tensor) -> dict[str, Tensor]:
        """Views of ``flat`` (…, P) as one tensor (…, in, out) per weight and bias."""
        parts = flat.split([rows * columns for rows, columns in self.shapes.values()], dim=-1)
        return {name: part.unflatten(-1, shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    def draw(self, generator: np.random.Generator) -> np.ndarray:
        """Fresh parameters (P,) float32, uniform in ±1/√fan-in: what ``torch.nn.Linear`` starts from."""
        fan_ins = (self.inputs, self.inputs, self.hidden, self.hidden, self.hidden, self.hidden)
        parts = [
            generator.uniform(-1, 1, rows * columns) / np.sqrt(fan_in)
            for (rows, columns), fan_in in zip(self.shapes.values(), fan_ins, strict=True)
        ]
        return np.concatenate(parts).astype(np.float32)


class Workspace:
    """Scratch memory for N networks on batches of B inputs; what was written by a forward pass serves the backward one.

    With mixed precision it also holds bfloat16 copies of the factors of the hidden layer's products.
    """

    def __init__(
        self, networks: int, batch: int, architecture: Architecture, device: torch.device, low_precision: bool
    ) -> None:
        def hidden(rows: int, dtype: torch.dtype) -> Tensor:
            return torch.empty(networks, rows, architecture.hidden, dtype=dtype, device=device)

        self.first, self.second, self.delta = (hidden(batch, torch.float32) for _ in range(3))
        self.output = torch.empty(networks, architecture.outputs, batch, device=device)
        self.low_precision = low_precision
        if low_precision:
            self.low_first, self.low_second = (hidden(batch, torch.bfloat16) for _ in range(2))
            self.low_weight, self.low_gradient = (hidden(architecture.hidden, torch.bfloat16) for _ in range(2))


class Perceptrons:
    """N perceptrons of one architecture, a view on their parameters.

    Args:
        flat: parameters (N, P); never copied, so an optimiser may change them in place.
        architecture: what P is made of.
    """

    def __init__(self, flat: Tensor, architecture: Architecture) -> None:
        parts = architecture.split(flat)
        # weight1 and bias1 are neighbours in memory: one matrix (I + 1, H) for inputs that end in a 1.
        rows = architecture.inputs + 1
        self.affine1 = flat[:, : rows * architecture.hidden].unflatten(1, (rows, architecture.hidden))
        self.weight2, self.bias2 = parts["weight2"], parts["bias2"]
        self.weight3, self.bias3 = parts["weight3"], parts["bias3"]

    def forward(self, inputs: Tensor, work: Workspace) -> Tensor:
        """Outputs (N, K, B) of inputs (N, B, I + 1) from :func:`with_ones`.

        Outputs come with the batch last: a product with only K columns would leave the processor's vectors empty.
        """
        torch.bmm(inputs, self.affine1, out=work.first).relu_()
        self._hidden_product(work)
        work.second.add_(self.bias2).relu_()
        torch.bmm(self.weight3.transpose(1, 2), work.second.transpose(1, 2), out=work.output)
        return work.output.add_(self.bias3.transpose(1, 2))

    def backward(self, inputs: Tensor, output_gradient: Tensor, work: Workspace, gradient: "Perceptrons") -> None:
        """Write the gradient of Σ outputs · ``output_gradient`` (N, K, B) into ``gradient``.

        ``work`` must be as the forward pass of the same ``inputs`` left it.
        """
        delta = work.delta
        gradient.weight3.copy_(torch.bmm(output_gradient, work.second).transpose(1, 2))
        gradient.bias3.copy_(output_gradient.sum(2).unsqueeze(1))
        torch.bmm(output_gradient.transpose(1, 2), self.weight3.transpose(1, 2), out=delta)
        _through_relu(delta, work.second)
        gradient.bias2.copy_(delta.sum(1, keepdim=True))
        self._hidden_product_backward(work, gradient)
        _through_relu(delta, work.first)
        torch.bmm(inputs.transpose(1, 2), delta, out=gradient.affine1)

    def _hidden_product(self, work: Workspace) -> None:
        if not work.low_precision:
            torch.bmm(work.first, self.weight2, out=work.second)
            return
        torch.bmm(work.low_first.copy_(work.first), work.low_weight.copy_(self.weight2), out=work.low_second)
        work.second.copy_(work.low_second)

    def _hidden_product_backward(self, work: Workspace, gradient: "Perceptrons") -> None:
        delta, weight_transposed = work.delta, self.weight2.transpose(1, 2)
        if not work.low_precision:
            torch.bmm(work.first.transpose(1, 2), delta, out=gradient.weight2)
            delta.copy_(torch.bmm(delta, weight_transposed, out=work.second))
            return
        work.low_second.copy_(delta)
        torch.bmm(work.low_first.transpose(1, 2), work.low_second, out=work.low_gradient)
        gradient.weight2.copy_(work.low_gradient)
        # low_first has served its purpose; its memory takes the gradient of the first hidden layer.
        torch.bmm(work.low_second, work.low_weight.transpose(1, 2), out=work.low_first)
        delta.copy_(work.low_first)


def with_ones(inputs: Tensor) -> Tensor:
    """Inputs (…, I) with a last column of ones (…, I + 1), which the first layer's bias multiplies."""
    return torch.nn.functional.pad(inputs, (0, 1), value=1.0)


def _through_relu(gradient: Tensor, activation: Tensor) -> None:
    """Stop the gradient, in place, where the unit was off."""
    torch.ops.aten.threshold_backward.grad_input(gradient, activation, 0, grad_input=gradient)


@cache
def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether ``device`` has instructions for bfloat16 products; without them they are emulated, and slow."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    # torch has no public name for this; without either instruction set it would emulate.
    processor = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return device.type == "cpu" and processor


def stack(draws: Sequence[np.ndarray], device: torch.device) -> Tensor:
    """Drawn parameters as one tensor (N, P) on ``device``."""
    return torch.from_numpy(np.stack(draws)).to(device)
