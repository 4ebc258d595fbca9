import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.agents.networks import Architecture, Perceptrons, Workspace, multiplies_bfloat16, with_ones

CPU = torch.device("cpu")


def plain_forward(flat, architecture, inputs):
    """The same networks as a textbook writes them, for autograd."""
    part = architecture.split(flat)
    first = torch.relu(inputs @ part["weight1"] + part["bias1"])
    second = torch.relu(first @ part["weight2"] + part["bias2"])
    return (second @ part["weight3"] + part["bias3"]).transpose(1, 2)


def networks(architecture, count, batch, seed=0, low_precision=False):
    generator = np.random.default_rng(seed)
    flat = torch.from_numpy(np.stack([architecture.draw(generator) for _ in range(count)]))
    inputs = torch.from_numpy(generator.standard_normal((count, batch, architecture.inputs)).astype(np.float32))
    work = Workspace(count, batch, architecture, CPU, low_precision)
    return flat, inputs, work


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.tuples(*(st.integers(1, 9) for _ in range(5))),
    seed=st.integers(0, 2**32 - 1),
)
def test_backward__any_architecture__equals_autograd(sizes, seed):
    count, batch, inputs_size, hidden, outputs = sizes
    architecture = Architecture(inputs_size, hidden, outputs)
    flat, inputs, work = networks(architecture, count, batch, seed)
    gradient = torch.zeros_like(flat)
    result = Perceptrons(flat, architecture).forward(with_ones(inputs), work).clone()
    output_gradient = torch.from_numpy(np.random.default_rng(seed).standard_normal(result.shape).astype(np.float32))
    Perceptrons(flat, architecture).backward(
        with_ones(inputs), output_gradient, work, Perceptrons(gradient, architecture)
    )

    reference = flat.clone().requires_grad_()
    expected = plain_forward(reference, architecture, inputs)
    expected.backward(output_gradient)
    torch.testing.assert_close(result, expected.detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(gradient, reference.grad, rtol=1e-4, atol=1e-5)


def test_forward__mixed_precision__agrees_to_bfloat16s_resolution():
    architecture = Architecture(4, 64, 3)
    flat, inputs, work = networks(architecture, 2, 32, low_precision=True)
    expected = plain_forward(flat, architecture, inputs)
    result = Perceptrons(flat, architecture).forward(with_ones(inputs), work)
    assert (result - expected).abs().max() < 2**-7 * expected.abs().max()


def test_backward__mixed_precision__points_where_float32_points():
    architecture = Architecture(4, 64, 3)
    flat, inputs, work = networks(architecture, 2, 32, low_precision=True)
    result = Perceptrons(flat, architecture).forward(with_ones(inputs), work)
    gradient = torch.zeros_like(flat)
    ones = torch.ones_like(result)
    Perceptrons(flat, architecture).backward(with_ones(inputs), ones, work, Perceptrons(gradient, architecture))
    reference = flat.clone().requires_grad_()
    plain_forward(reference, architecture, inputs).sum().backward()
    cosine = torch.nn.functional.cosine_similarity(gradient, reference.grad, dim=1)
    assert cosine.min() > 0.9999


def test_draw__many_weights__spread_as_torch_linears_do():
    weights = Architecture(4, 256, 5).split(torch.from_numpy(Architecture(4, 256, 5).draw(np.random.default_rng(1))))
    bound = 1 / np.sqrt(256)
    hidden = weights["weight2"].numpy()
    assert np.abs(hidden).max() <= bound
    assert hidden.std() == pytest.approx(bound / np.sqrt(3), rel=0.01)
    assert np.abs(weights["weight1"].numpy()).max() <= 0.5


@pytest.mark.parametrize("field", ["inputs", "hidden", "outputs"])
def test_architecture__size_below_one__names_the_field(field):
    with pytest.raises(ValueError, match=f"{field} must be at least 1, got 0"):
        Architecture(**({"inputs": 2, "hidden": 2, "outputs": 2} | {field: 0}))


def test_multiplies_bfloat16__meta_device__has_no_instructions():
    assert not multiplies_bfloat16(torch.device("meta"))
