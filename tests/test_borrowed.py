"""What is borrowed comes back, also after a failure."""

import random

import numpy as np
import pytest
import torch

from dem import borrowed


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def draws():
    return random.random(), np.random.random(), torch.rand(1).item()  # noqa: NPY002


@borrowed.global_generators()
def seed_and_fail():
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    raise ZeroDivisionError


def test_one_thread__a_failure_inside__gives_the_threads_back(two_threads):
    @borrowed.one_thread()
    def fail():
        raise RuntimeError(f"{torch.get_num_threads()} threads")

    with pytest.raises(RuntimeError, match="1 threads"):
        fail()
    assert torch.get_num_threads() == 2


def test_seeded_torch__same_seed__draws_the_same_and_moves_nothing():
    expected = torch.get_rng_state()
    drawn = []
    for seed in (1, 1, 2):
        with borrowed.seeded_torch(seed):
            drawn.append(torch.rand(1).item())
    assert drawn[0] == drawn[1] != drawn[2]
    assert torch.equal(torch.get_rng_state(), expected)


def test_global_generators__seeded_and_drawn_from_inside__go_on_as_before():
    with borrowed.global_generators():
        expected = draws()
    with pytest.raises(ZeroDivisionError):
        seed_and_fail()
    assert draws() == expected
