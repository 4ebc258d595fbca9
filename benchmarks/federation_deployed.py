"""Ten SuperNodes as processes: what is left after three are lost, one is cut off, and the server dies.

    python -m benchmarks.federation_deployed [--json]

The homes train a network together on Flower's deployment runtime. After the first round three SuperNodes are killed
and a fourth stands still until the second is over; then the SuperLink and its server app are killed, started again,
and told to go on. It takes some ten minutes, most of which processes spend on starting.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.report import Row, at_least, at_most, main
from dem import paths
from dem.federated.deployment import Loopback
from dem.federated.values import Neighbourhood, Trained, ValuesConfig, judge, train
from dem.federated.values.progress import Progress

HOMES, ROUNDS = 10, 5
LOST, CUT_OFF = (7, 8, 9), 0
AROUND = Neighbourhood(homes=HOMES, data_weeks=16, trial_weeks=4, data_seed=2023, seed=2023)
CONFIG = ValuesConfig(neighbourhood=AROUND, learner="network", seed=2023, rounds=ROUNDS, updates=60)
DEADLINE_S = 3 * 3600.0


def rows() -> Iterator[Row]:
    """Run it once and say what was kept."""
    started = time.monotonic()
    before, after = _run()
    took = time.monotonic() - started
    there = after.bytes_up > 0
    yield at_least("rounds over when the server is killed", before.rounds, "rounds", 2)
    same = np.array_equal(after.bytes_up[: before.rounds], before.bytes_up)
    yield at_most("of them trained anew by the next server", 0 if same else before.rounds, "rounds", 0)
    yield at_least("rounds over in the end", after.rounds, "rounds", ROUNDS)
    yield at_most("answers of lost homes after they were lost", int(there[2:, list(LOST)].sum()), "answers", 0)
    kept = [home for home in range(HOMES) if home not in LOST]
    yield at_least("homes that answer in the last round", int(there[-1, kept].sum()), "homes", HOMES - len(LOST))
    yield at_least("answers of the home that was cut off, once it is back", int(there[2:, CUT_OFF].sum()), "answers", 1)
    deployed = Trained(CONFIG, (after.shared,) * HOMES, after.bytes_down, after.bytes_up)
    alone = CONFIG.model_copy(update={"sharing": "alone"})
    captured, undisturbed, apart = judge([deployed, train(CONFIG), train(alone)]).mean(axis=1)
    yield at_least("captured value with all that, to an undisturbed run's", captured / undisturbed, "ratio", 0.95)
    yield Row("captured value with all that", captured, "captured", f"{undisturbed:.3f} undisturbed, {apart:.3f} alone")
    yield Row("time", took, "s")


def _run() -> tuple[Progress, Progress]:
    """What was on disk when the server was killed, and in the end."""
    runs = paths.BUILD / "flwr"
    runs.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=runs))
    checkpoint = folder / "checkpoint.npz"
    settings = {"values": CONFIG.model_dump_json(), "checkpoint": str(checkpoint)}
    with Loopback(folder, HOMES, time.monotonic() + DEADLINE_S, durable=True) as loopback:
        loopback.start_link()
        for home in range(HOMES):
            loopback.start_node(home)
        loopback.start_run(settings)
        _wait(lambda: _rounds(checkpoint) >= 1, loopback)
        for home in LOST:
            loopback.kill_node(home)
        loopback.pause_node(CUT_OFF)
        _wait(lambda: _rounds(checkpoint) >= 2, loopback)
        loopback.resume_node(CUT_OFF)
        loopback.kill_link()
        before = Progress.load(checkpoint)
        loopback.start_link()
        loopback.wait_for(loopback.start_run(settings))
        after = Progress.load(checkpoint)
    shutil.rmtree(folder)
    return before, after


def _rounds(checkpoint: Path) -> int:
    return Progress.load(checkpoint).rounds if checkpoint.exists() else 0


def _wait(condition: Callable[[], bool], loopback: Loopback) -> None:
    while not condition():
        loopback.check_alive()
        time.sleep(0.5)


if __name__ == "__main__":
    main(rows)
