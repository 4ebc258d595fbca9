"""How fast homes step, agents decide and networks learn, beside Stable-Baselines3 and CityLearn in the same run.

    python -m benchmarks.throughput [--json]

A home-step is one home moved by one interval, its observation and reward included; all environments run with a hundred
homes, and everything on one thread. Seconds are of processor time, which other work on the machine disturbs less.
A decision is one home's power from one observation that shows the forecasts. CityLearn runs in an environment of
its own under ``build/peers`` on its 2022 data set, and is skipped where either is missing.
"""

import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
import pandas as pd
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.logger import Logger

from benchmarks import peers
from benchmarks.report import Row, at_least, main
from dem import data, paths
from dem.agents import Foresight, library, value_iteration
from dem.agents.ensemble import Ensemble, EnsembleConfig
from dem.homes import Home
from dem.homes.gym import HomeEnv

HOMES, COPIES = 10, 10
STEPS, BLOCKS = 200, 5
DECISIONS = 10_000
BATCH = 256
STEPS_GOAL, DECISIONS_GOAL = 50.0, 1_000.0
CITYLEARN = "citylearn==2.3.1"
# Without torch and PySAM, which its simulation does not use: see the script.
CITYLEARN_NEEDS = ("gymnasium", "numpy<2", "pandas", "platformdirs", "pyyaml", "requests", "scikit-learn", "simplejson")
CITYLEARN_DATA = paths.ROOT.parent / "shared" / "data" / "citylearn_2022_phase_1"
CITYLEARN_STEPS = 25


def rows() -> Iterator[Row]:
    """Home-steps, decisions and gradient steps per second."""
    torch.set_num_threads(1)
    table = data.load("synthetic", homes=HOMES, start="2023-04-03", end="2023-06-05", tariff="time_of_use")
    yield from _environments(table)
    yield from _decisions(table)
    yield from _gradients()


def _environments(table: pd.DataFrame) -> Iterator[Row]:
    home = Home(table, copies=COPIES, episode_steps=STEPS)
    actions = np.random.default_rng(0).integers(0, home.action_count, (STEPS, home.batch_size))

    def play() -> None:
        home.reset()
        for action in actions:
            home.step(action)

    ours = STEPS * home.batch_size / _seconds(play)
    yield Row("Home, 100 homes at once", ours, "home-steps/s")
    yield Row(
        "the same as 100 Gymnasium environments in a row", _one_by_one(table), "home-steps/s", "as SB3 steps them"
    )
    name = "Home over CityLearn, 100 homes"
    try:
        if not CITYLEARN_DATA.is_dir():
            raise peers.PeerUnavailableError("its data set is not here")
        arguments = (str(CITYLEARN_DATA), str(HOMES * COPIES), str(CITYLEARN_STEPS))
        theirs = peers.measure(CITYLEARN, "citylearn_steps.py", *arguments, dependencies=CITYLEARN_NEEDS)
        yield Row("CityLearn, 100 buildings", theirs, "home-steps/s", "peer")
        yield at_least(name, ours / theirs, "×", STEPS_GOAL)
    except peers.PeerUnavailableError as error:
        yield Row(name, None, "×", f"skipped: {error}", f"≥ {STEPS_GOAL:g}")


def _one_by_one(table: pd.DataFrame) -> float:
    one = table[table["home"] == table["home"].iloc[0]]
    env = HomeEnv(Home(one, episode_steps=STEPS))
    actions = np.random.default_rng(0).integers(0, 5, STEPS)

    def play() -> None:
        env.reset()
        for action in actions:
            env.step(action)

    return STEPS / _seconds(play)


def _decisions(table: pd.DataFrame) -> Iterator[Row]:
    foresight = Foresight.day_ahead(table)
    features = foresight.features(table)
    home = Home(table, copies=DECISIONS // HOMES, episode_steps=48, features=features)
    seen = home.reset()
    # How well an agent is trained does not change how fast it is.
    config = value_iteration.ValueConfig(updates=1, rounds=0)
    policy = value_iteration.train(table, config=config, foresight=foresight).policy(home)
    rate = DECISIONS / _seconds(lambda: policy.act(seen)) / 1_000
    yield at_least("value iteration, 10,000 homes at once, one thread", rate, "decisions/ms", DECISIONS_GOAL)
    model = library.train("PPO", table, foresight=foresight, steps=1).policy(home)
    rate = DECISIONS / _seconds(lambda: model.act(seen)) / 1_000
    yield Row("Stable-Baselines3's PPO, the same", rate, "decisions/ms", "peer")


def _gradients() -> Iterator[Row]:
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(10_000, 76)).astype(np.float32)
    targets = generator.normal(size=(10_000, value_iteration.LEVELS))
    ensemble = Ensemble(inputs, value_iteration.LEVELS, EnsembleConfig(batch_size=BATCH, updates=STEPS), seed=0)
    rate = STEPS / _seconds(lambda: ensemble.fit(inputs, targets, generator))
    yield Row("value network, minibatches of 256", rate, "gradient steps/s")
    yield Row("Stable-Baselines3's DQN, the same", _library_gradients(), "gradient steps/s", "peer")


def _library_gradients() -> float:
    table = data.load("synthetic", homes=1, start="2023-04-03", end="2023-05-15")
    foresight = Foresight.day_ahead(table)
    env = HomeEnv(Home(table, episode_steps=336, features=foresight.features(table)))
    model = DQN("MlpPolicy", env, batch_size=BATCH, learning_starts=10**9, device="cpu")
    model.set_logger(Logger(folder=None, output_formats=[]))
    model.learn(2 * BATCH)
    return STEPS / _seconds(lambda: model.train(STEPS, BATCH))


def _seconds(block: Callable[[], object]) -> float:
    """Median processor time of a few runs after one to warm up."""
    block()
    durations = []
    for _ in range(BLOCKS):
        started = time.process_time()
        block()
        durations.append(time.process_time() - started)
    return median(durations)


if __name__ == "__main__":
    main(rows)
