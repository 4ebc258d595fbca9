"""What every environment of homes looks like from outside: a batch that is observed, stepped, saved and restored."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np


@dataclass(frozen=True, slots=True)
class Step:
    """What one step returns; every array is new, so that a caller may keep it.

    Attributes:
        observation: (B, O) float32, after the step.
        reward: (B,) float64.
        terminated: (B,) bool, the home reached an end beyond which nothing has value (no environment here has one).
        truncated: (B,) bool, the episode's time is over; the state still has a value to bootstrap from.
    """

    observation: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray


@runtime_checkable
class BatchedEnvironment(Protocol):
    """A batch of B homes that step together."""

    @property
    def batch_size(self) -> int:
        """B, the number of homes stepped at once."""
        ...

    @property
    def observation_size(self) -> int:
        """O, the number of values a home observes."""
        ...

    @property
    def action_count(self) -> int:
        """The number of discrete actions a home has."""
        ...

    def reset(self, seed: int | None = None) -> np.ndarray:
        """Begin an episode; the observation (B, O) float32. ``seed`` starts the random draws, if any, anew."""
        ...

    def observe(self) -> np.ndarray:
        """The present observation (B, O) float32, a new array."""
        ...

    def step(self, action: np.ndarray) -> Step:
        """Apply one discrete action (B,) int64 per home; raises ``ValueError`` naming the home if one is refused."""
        ...

    def state(self) -> dict[str, np.ndarray]:
        """Everything that a later ``load_state`` needs to continue bit for bit, as copies."""
        ...

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Continue from ``state``; raises ``ValueError`` and changes nothing if it does not fit."""
        ...


@runtime_checkable
class Policy(Protocol):
    """Anything that acts on observations."""

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Actions (B,) for observations (B, O): integers are discrete actions, floats are battery powers in kW."""
        ...


def check_actions(action: np.ndarray, batch_size: int, action_count: int) -> np.ndarray:
    """``action`` as an array of integers (B,), every one in [0, action_count).

    Raises:
        ValueError: if the shape or type is wrong, or naming the first home whose action is out of range.
    """
    action = np.asarray(action)
    if action.shape != (batch_size,):
        raise ValueError(f"action must have shape ({batch_size},), one per home, got {action.shape}")
    if action.dtype.kind not in "iu":
        raise ValueError(f"action must be integers in [0, {action_count}), got {action.dtype}")
    if action.min() < 0 or action.max() >= action_count:
        home = int(np.argmax((action < 0) | (action >= action_count)))
        raise ValueError(f"action of home {home} must be in [0, {action_count}), got {action[home]}")
    return action


def check_powers(power_kw: np.ndarray, batch_size: int) -> np.ndarray:
    """``power_kw`` as finite float64 (B,).

    Raises:
        ValueError: if the shape is wrong, or naming the first home whose power is not finite.
    """
    power_kw = np.asarray(power_kw, dtype=np.float64)
    if power_kw.shape != (batch_size,):
        raise ValueError(f"power_kw must have shape ({batch_size},), one per home, got {power_kw.shape}")
    finite = np.isfinite(power_kw)
    if not finite.all():
        home = int(np.argmin(finite))
        raise ValueError(f"power_kw of home {home} must be finite, got {power_kw[home]}")
    return power_kw


def check_state(state: dict[str, np.ndarray], present: dict[str, np.ndarray]) -> None:
    """Refuse a ``state`` whose names or shapes differ from those of the ``present`` one.

    Raises:
        ValueError: naming the entry that is missing, unknown or of another shape.
    """
    if state.keys() != present.keys():
        raise ValueError(f"state must hold {sorted(present)}, got {sorted(state)}")
    for name, value in present.items():
        if np.shape(state[name]) != value.shape:
            raise ValueError(f"state {name!r} must have shape {value.shape}, got {np.shape(state[name])}")
