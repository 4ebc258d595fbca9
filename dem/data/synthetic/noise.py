"""Seeded random building blocks that the models share."""

import numpy as np
from scipy import signal

STEP_HOURS = 0.5


def generator(seed: int, stream: str, *keys: int) -> np.random.Generator:
    """An independent generator for one part of the model: the same seed, stream and keys give the same numbers."""
    return np.random.default_rng([seed, *stream.encode(), *keys])


def red_noise(random: np.random.Generator, steps: int, hours: float) -> np.ndarray:
    """Stationary AR(1) noise, shape (steps,), mean 0, variance 1, correlation e⁻¹ after ``hours``."""
    persistence = np.exp(-STEP_HOURS / hours)
    shocks = random.standard_normal(steps)
    shocks[1:] *= np.sqrt(1 - persistence**2)
    return signal.lfilter([1.0], [1.0, -persistence], shocks)
