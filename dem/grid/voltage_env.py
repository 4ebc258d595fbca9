"""Gymnasium face of voltage control, for agents that come from elsewhere.

An episode is one course. Each step shows the voltages under the new loads at the taps that stand, and what the schedule
makes of them within the hour; the action moves one regulator by one tap, or none::

    env = VoltageEnv(feeder, [Episode(actual, TapResponse.of(feeder, expected), start)])

Importing this module registers ``dem/Voltage-v0``, which takes the same arguments.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from dem.grid.course import Course
from dem.grid.feeder import HIGHEST_TAP, LOWEST_TAP, Feeder
from dem.grid.tap_plan import REGULATORS, Band, TapResponse

AHEAD_STEPS = 12
# Action 0 waits; 1 to 3 raise one regulator, 4 to 6 lower it.
MOVES = np.vstack([np.zeros((1, REGULATORS), dtype=int), np.eye(REGULATORS, dtype=int), -np.eye(REGULATORS, dtype=int)])
# Voltages are shown as deviations from 1 pu in units of half the band.
DEVIATION_PU = 0.05
LARGEST_DEVIATION = 10.0
OPERATION_COST = 0.1


@dataclass(frozen=True)
class Episode:
    """One course to control.

    Attributes:
        actual: the loads that come.
        expected: the twin's voltages under the schedule and the forecast.
        start: (3,) taps before the first step.
    """

    actual: Course
    expected: TapResponse
    start: np.ndarray


class VoltageEnv(gymnasium.Env[np.ndarray, Any]):
    """Three regulators; the reward is −(nodes out of band) − 0.1 · operations.

    Actions are the rows of ``MOVES``; ``info`` after a step holds ``violations`` and ``operations``.

    Args:
        feeder: with three regulators; the environment sets its loads and taps.
        episodes: courses to draw from at each reset.
        band: voltages to keep.

    Raises:
        ValueError: without episodes.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 (Gymnasium's own form)

    def __init__(self, feeder: Feeder, episodes: Sequence[Episode], band: Band = Band()) -> None:  # noqa: B008
        if not episodes:
            raise ValueError("episodes must hold at least one course")
        self._feeder, self._episodes, self._band = feeder, tuple(episodes), band
        size = 3 * len(feeder.nodes) + REGULATORS + 1
        self.observation_space = spaces.Box(-LARGEST_DEVIATION, LARGEST_DEVIATION, (size,), np.float32)
        self.action_space = spaces.Discrete(len(MOVES))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begin a course drawn from the environment's generator; ``options`` are not used."""
        super().reset(seed=seed)
        self._episode = self._episodes[int(self.np_random.integers(len(self._episodes)))]
        self._step = 0
        self._feeder.taps = self._episode.start
        return self._arrive(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, float]]:
        """Move the taps by ``MOVES[action]`` within the regulators' range, then let the next loads come."""
        before = self._feeder.taps
        self._feeder.taps = np.clip(before + MOVES[int(action)], LOWEST_TAP, HIGHEST_TAP)
        self._feeder.solve(f"step {self._step}")
        operations = int(np.abs(self._feeder.taps - before).sum())
        violations = int(self._band.outside(np.abs(self._feeder.voltage_pu())).sum())
        self._step += 1
        over = self._step == len(self._episode.actual)
        observation = self._observation if over else self._arrive()
        info = {"violations": violations, "operations": operations}
        return observation, -violations - OPERATION_COST * operations, False, over, info

    def _arrive(self) -> np.ndarray:
        voltage = self._episode.actual.solve(self._feeder, self._step)
        self._observation = observe(self._episode.expected, self._step, self._feeder.taps, voltage)
        return self._observation


class LearnedControl:
    """A controller around what was trained on the environment.

    Args:
        policy: observation (O,) → action.
        expected: the twin's voltages, as the environment's.
    """

    def __init__(self, policy: Callable[[np.ndarray], int], expected: TapResponse) -> None:
        self._policy, self._expected = policy, expected

    def choose(self, step: int, taps: np.ndarray, voltage: np.ndarray) -> np.ndarray:
        """The policy's move."""
        action = self._policy(observe(self._expected, step, taps, voltage))
        return np.clip(taps + MOVES[int(action)], LOWEST_TAP, HIGHEST_TAP)


def observe(expected: TapResponse, step: int, taps: np.ndarray, voltage: np.ndarray) -> np.ndarray:
    """What an agent sees (3 nodes + 4,) float32.

    Deviations of the voltages now, their lowest and highest within the hour by the schedule at the present taps, the
    taps, and the share of the course that is over.
    """
    ahead = expected.at(slice(step, step + AHEAD_STEPS + 1), taps)
    deviations = np.concatenate([voltage, ahead.min(axis=0), ahead.max(axis=0)]) - 1
    seen = [*(deviations / DEVIATION_PU), *(taps / HIGHEST_TAP), step / len(expected)]
    return np.clip(np.array(seen, dtype=np.float32), -LARGEST_DEVIATION, LARGEST_DEVIATION)


gymnasium.register("dem/Voltage-v0", entry_point=VoltageEnv)
