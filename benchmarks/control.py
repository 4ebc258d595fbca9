"""How much of the possible saving each agent captures, on homes and weeks that it was not trained on.

    python -m benchmarks.control [--json]

Synthetic: five neighbourhoods, each with its own weather and homes and one training of every agent; intervals are over
neighbourhoods. The paper's building, where its data are present, cut into households: trained on two years, judged on
the half-year after, five trainings; intervals are over trainings. Planning that knows load and sun a day ahead shows
what no better forecast of a home could exceed by much.
"""

import time
from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.report import Row, at_least, at_most, main
from dem import data, paths, plots
from dem.agents import optimum
from dem.homes import Home
from dem.studies import battery_control as study

BUILDING = paths.ROOT.parent / "shared" / "data" / "drahix"
RUNS, FIRST_SEED = 5, 2023
SYNTHETIC = {"train_homes": 10, "test_homes": 3, "train_weeks": 52, "test_weeks": 26}
REAL = {"train_homes": 6, "test_homes": 5, "train_weeks": 104, "test_weeks": 26}
# PPO, SAC and DQN are judged on the synthetic homes alone: their trainings are most of the time.
REAL_AGENTS = ("clairvoyant", "planning", "value", "imitation", "self-consumption")
EFFORT = {"updates": 3_000, "library_steps": 60_000}
GOAL = 0.95
GOALS = {"planning", "value"}
TRAINING_LIMIT_S, OPTIMUM_LIMIT_S = 600.0, 10.0


def rows() -> Iterator[Row]:
    """Seconds for the limit of a home-year, and captured value of every agent."""
    yield _limit()
    yield from _captured("synthetic", pd.concat(_neighbourhoods(), ignore_index=True))
    if not BUILDING.is_dir():
        yield Row("building, every agent", None, "captured", "skipped: the paper's data are not here")
        return
    config = study.Config(data=str(BUILDING), seed=FIRST_SEED, seeds=RUNS, agents=REAL_AGENTS, **REAL, **EFFORT)
    yield from _captured("building", study.run(config).runs)


def _limit() -> Row:
    table = data.load("synthetic", homes=1, tariff="time_of_use")
    home = Home(table)
    started = time.process_time()
    optimum(home)
    return at_most("perfect foresight, one home-year", time.process_time() - started, "CPU s", OPTIMUM_LIMIT_S)


def _neighbourhoods() -> Iterator[pd.DataFrame]:
    for seed in range(FIRST_SEED, FIRST_SEED + RUNS):
        yield study.run(study.Config(seed=seed, seeds=1, **SYNTHETIC, **EFFORT)).runs


def _captured(source: str, runs: pd.DataFrame) -> Iterator[Row]:
    for agent, mine in runs.groupby("agent", sort=False):
        samples = mine.groupby("seed")["captured"].mean().to_numpy()
        mean, interval = plots.mean_interval(samples)
        spread = "" if np.isnan(interval) else f"± {interval:.3f} over {len(samples)}; "
        reference = f"{spread}worst home {mine['captured'].min():.3f}"
        name = f"{source}, {study.LABELS[agent]}"
        if agent in GOALS:
            yield at_least(name, float(mean), "captured", GOAL, reference)
        else:
            yield Row(name, float(mean), "captured", reference)
    slowest = runs.loc[runs["training_s"].idxmax()]
    name = f"{source}, longest training: {study.LABELS[slowest['agent']]}"
    yield at_most(name, float(slowest["training_s"]), "CPU s", TRAINING_LIMIT_S)


if __name__ == "__main__":
    main(rows)
