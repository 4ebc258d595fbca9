"""What the agents have seen: one preallocated buffer for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Transitions of A agents, B each.

    Attributes:
        observation: what was seen, float32 (A, B, O).
        next_observation: what was seen a step later, float32 (A, B, O).
        action: what was done, int64 (A, B).
        reward: what it earned, float32 (A, B).
        terminated: 1 where the step ended the episode for good, else 0, float32 (A, B).
    """

    observation: Tensor
    next_observation: Tensor
    action: Tensor
    reward: Tensor
    terminated: Tensor


class Replay:
    """Up to ``capacity`` transitions for each of ``agents`` agents, packed so that a batch is gathered at once.

    A row holds observation (O), next observation (O), action, reward, terminated.
    """

    def __init__(self, agents: int, capacity: int, observation_size: int, device: str | torch.device = "cpu") -> None:
        self._rows = torch.empty(agents, capacity, 2 * observation_size + 3, device=device)
        self._observation_size = observation_size
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(
        self,
        observation: np.ndarray,
        action: np.ndarray,
        reward: np.ndarray,
        next_observation: np.ndarray,
        terminated: np.ndarray,
    ) -> None:
        """Remember one transition of each agent; arrays (A, O), (A,), (A,), (A, O), (A,).

        Raises:
            IndexError: when the buffer is full.
        """
        if self._size == self._rows.shape[1]:
            raise IndexError(f"the replay buffer is full ({self._size} transitions)")
        columns = (observation, next_observation, action, reward, terminated)
        row = np.column_stack([np.asarray(column, dtype=np.float32) for column in columns])
        self._rows[:, self._size] = torch.from_numpy(row)
        self._size += 1

    def sample(self, generators: Sequence[np.random.Generator], batch_size: int) -> Batch:
        """A batch drawn uniformly with replacement, agent k's rows by ``generators[k]``.

        Raises:
            IndexError: when the buffer is empty.
        """
        if not self._size:
            raise IndexError("the replay buffer is empty")
        drawn = np.stack([generator.integers(self._size, size=batch_size) for generator in generators])
        agent = torch.arange(len(generators), device=self._rows.device).unsqueeze(1)
        rows = self._rows[agent, torch.from_numpy(drawn).to(self._rows.device)]
        observation, next_observation, rest = rows.split([self._observation_size, self._observation_size, 3], dim=2)
        action, reward, terminated = rest.unbind(2)
        return Batch(observation, next_observation, action.long(), reward, terminated)
