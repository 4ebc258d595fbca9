"""State that the whole process shares, borrowed and given back: nothing depends on what ran before in the process."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch work with one thread meanwhile; also as a decorator.

    The sums of a batch then come out the same on any number of cores; and several such processes on one machine do
    not wait for each other's threads at every product, which made two of them ten times slower than one.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def global_generators() -> Iterator[None]:
    """Give the generators of Python, numpy and torch back as they were: Stable-Baselines3 seeds and draws from them."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


@contextmanager
def seeded_torch(seed: int) -> Iterator[None]:
    """Torch's random numbers from ``seed``: initial weights are drawn from its global generator."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
