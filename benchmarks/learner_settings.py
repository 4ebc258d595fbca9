"""Which settings of the soft actor-critic save most on a home: ``python -m benchmarks.learner_settings`` (10 minutes).

Candidates learn and are tried on a validation neighbourhood, made from a seed that no study uses: its homes, weather
and prices are others than those on which the studies report. The best of them is what `HOME_LEARNER` holds.
"""

import itertools
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import torch

from benchmarks.report import Row, main
from dem import data
from dem.agents import SACConfig
from dem.federated import FederatedConfig, houses, train
from dem.homes import bill_without_battery
from dem.studies.home_learner import HOME_LEARNER

VALIDATION_SEED = 1
HOUSES = 2
SEEDS = (0, 1, 2)
EPISODES = 30
HIDDEN = 64
WORKERS = 2
HOURS_PER_DAY = 24
Settings = dict[str, float]
GRID = {
    "initial_temperature": (0.1, 0.01, 0.001),
    "target_entropy": (-5.0, 0.3, 0.6),
    "cql_weight": (0.0, 1.0),
}
# Learning rate and target rate move together: a faster learner needs targets that follow it.
PACES = ({"learning_rate": 5e-4, "target_rate": 0.01}, {"learning_rate": 1e-3, "target_rate": 0.03})
AS_THE_PAPER: Settings = {name: getattr(SACConfig(), name) for name in (*GRID, *PACES[0])}


def candidates() -> list[Settings]:
    """The paper's settings and the grid."""
    grid = (dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values()))
    return [AS_THE_PAPER, *(settings | pace for settings, pace in itertools.product(grid, PACES))]


def saving(settings: Settings) -> float:
    """EUR a home and day saved on validation weeks, against no battery; mean over homes and seeds."""
    torch.set_num_threads(1)
    config = _experiment(settings)
    tables = [houses.trial_table(config, house) for house in range(HOUSES)]
    bill = np.mean([bill_without_battery(table).sum() / len(table) for table in tables])
    steps_per_day = HOURS_PER_DAY / data.step_hours(tables[0])
    return float((train(config).evaluation_rewards[-1].mean() + bill) * steps_per_day)


def rows() -> Iterator[Row]:
    """Saving of every candidate, best first, and whether the settings in use are the best of them."""
    tried = candidates()
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        savings = list(pool.map(saving, tried))
    best = max(savings)
    paper = savings[tried.index(AS_THE_PAPER)]
    for value, settings in sorted(zip(savings, tried, strict=True), key=lambda pair: -pair[0]):
        yield Row(_in_words(settings), value, "EUR/home/day", paper)
    used = savings[tried.index(AS_THE_PAPER | HOME_LEARNER)]
    yield Row("settings in use", used, "EUR/home/day", paper, f"the best: {best:.4f}", used == best)


def _experiment(settings: Settings) -> FederatedConfig:
    shared: dict[str, Any] = {"environment": "home", "data_seed": VALIDATION_SEED, "houses": HOUSES, "seeds": SEEDS}
    learner = SACConfig(hidden=HIDDEN, **settings)
    return FederatedConfig(method="local", rounds=EPISODES, evaluate_every=EPISODES, learner=learner, **shared)


def _in_words(settings: Settings) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in settings.items())


if __name__ == "__main__":
    main(rows)
