"""The same trading day under every controller of the taps, and the training of the one that learns."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from stable_baselines3 import DQN
from stable_baselines3.common.logger import Logger

from dem import borrowed
from dem.grid import Feeder
from dem.grid.course import Course
from dem.grid.tap_plan import TapResponse
from dem.grid.voltage_control import (
    Controller,
    DigitalTwin,
    ExhaustiveSearch,
    LineDropCompensation,
    NoControl,
    Operation,
    PerfectForesight,
    operate,
    settled_taps,
)
from dem.grid.voltage_env import Episode, LearnedControl, VoltageEnv
from dem.studies.trading_days import INTENSITIES, STEP_MINUTES, TradingDay, trading_day

NO_CONTROL, BASELINE, LEARNED = "no control", "line drop", "DQN"
BLIND, HOUR, TWIN = "twin, trades unknown", "twin, an hour ahead", "twin, day ahead"
EXHAUSTIVE, FORESIGHT = "exhaustive search", "perfect foresight"
CONTROLLERS = (NO_CONTROL, BASELINE, LEARNED, BLIND, HOUR, TWIN, EXHAUSTIVE, FORESIGHT)
HOUR_STEPS = 60 // STEP_MINUTES

Policy = Callable[[np.ndarray], int]
# Seeds of training days stand this far from those of the days that are counted.
TRAINING_SEEDS = 1_000_000
DQN_SETTINGS = {
    "learning_rate": 1e-3,
    "gamma": 0.97,
    "batch_size": 64,
    "train_freq": 4,
    "target_update_interval": 500,
    "exploration_fraction": 0.5,
    "exploration_final_eps": 0.02,
    "policy_kwargs": {"net_arch": [64, 64]},
    "device": "cpu",
}
WARM_UP_STEPS = 500


def train(feeder: Feeder, table: pd.DataFrame, *, days: int, steps: int, seed: int) -> Policy:
    """Train DQN (Stable-Baselines3) on days of its own, every intensity among them.

    Args:
        feeder: with the streets of ``trading_days``.
        table: homes, as for ``trading_day``.
        days: training days of each intensity.
        steps: of five minutes, in all.
        seed: of the days and of the network.
    """
    episodes = []
    for number in range(days):
        for intensity in INTENSITIES:
            day = trading_day(table, intensity, TRAINING_SEEDS + 1_000 * seed + number)
            expected = TapResponse.of(feeder, day.expected)
            episodes.append(Episode(day.actual, expected, settled_taps(feeder, day.actual)))
    warm_up = min(WARM_UP_STEPS, steps // 2)
    with borrowed.one_thread(), borrowed.global_generators():
        model = DQN("MlpPolicy", VoltageEnv(feeder, episodes), seed=seed, learning_starts=warm_up, **DQN_SETTINGS)
        model.set_logger(Logger(folder=None, output_formats=[]))  # its own makes a folder in the system's temporary one
        model.learn(steps)
    return lambda observation: int(model.predict(observation, deterministic=True)[0])


def play(feeder: Feeder, day: TradingDay, policy: Policy, names: Sequence[str] = CONTROLLERS) -> dict[str, Operation]:
    """The day under each named controller, from the taps where line-drop compensation stands as it begins."""
    start = settled_taps(feeder, day.actual)
    actual, expected = (TapResponse.of(feeder, course) for course in (day.actual, day.expected))
    blind = TapResponse.of(feeder, Course(day.expected.load_scale, day.own_kw))
    controllers: dict[str, Callable[[], Controller]] = {
        NO_CONTROL: NoControl,
        BASELINE: LineDropCompensation,
        LEARNED: lambda: LearnedControl(policy, expected),
        BLIND: lambda: DigitalTwin(blind),
        HOUR: lambda: DigitalTwin(expected, horizon=HOUR_STEPS),
        TWIN: lambda: DigitalTwin(expected),
        EXHAUSTIVE: lambda: ExhaustiveSearch(actual),
        FORESIGHT: lambda: PerfectForesight(actual),
    }
    return {name: operate(feeder, day.actual, controllers[name](), start) for name in names}


def score(operations: dict[str, Operation]) -> pd.DataFrame:
    """One row a controller.

    Columns: ``controller``; ``operations`` (tap moves of the day); ``outside_percent`` of all node-steps;
    ``avoidable``, node-steps out of band in steps in which exhaustive search has none.
    """
    possible = operations[EXHAUSTIVE].violations() == 0
    rows = []
    for name, operation in operations.items():
        violations = operation.violations()
        outside = 100 * violations.sum() / operation.voltage.size
        rows.append((name, operation.operations, outside, int(violations[possible].sum())))
    return pd.DataFrame(rows, columns=["controller", "operations", "outside_percent", "avoidable"])
