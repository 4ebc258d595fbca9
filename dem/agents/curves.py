"""Learning curves as the paper shows them: normalised, and the episode from which they stay near their best."""

import numpy as np

NEAR_BEST = 0.9


def normalise(reward: np.ndarray) -> np.ndarray:
    """Each run's rewards (…, E) mapped linearly so that its worst episode is −1 and its best is 1.

    The scale is every run's own, so curves show when a run reaches its best, not how good that is. A run whose
    episodes are all the same is 1 throughout.
    """
    low, high = reward.min(axis=-1, keepdims=True), reward.max(axis=-1, keepdims=True)
    spread = high - low
    return np.where(spread > 0, 2 * (reward - low) / np.where(spread > 0, spread, 1.0) - 1, 1.0)


def settled_episode(normalised: np.ndarray, level: float = NEAR_BEST) -> np.ndarray:
    """First episode, counted from 1, from which a run (…, E) stays at ``level`` or above; NaN (…) if it never does."""
    stays = np.logical_and.accumulate(normalised[..., ::-1] >= level, axis=-1)[..., ::-1]
    return np.where(stays[..., -1], stays.argmax(axis=-1) + 1.0, np.nan)
