"""Kill a plant with SIGKILL at random moments: ``python tests/vpp/crashes.py KILLS [test|anvil] [SEED]``.

Every life of a plant is a process of its own, forked from this one so that it starts within a second. It is killed
after a random time on the processor, and the next one goes on from its journal. When all intervals have happened, what
the journal says has to be what a plant says that was never killed, and the chain has to agree; then a new journal
begins. A life that ends by itself with an error is a failure; opening a journal compares it with the chain each time.

``test`` is the chain in the plant's process, which dies with it; ``anvil`` a node that lives on.
"""

import contextlib
import math
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psutil
from conftest import EVENTS, write_homes

from dem.chain import project
from dem.chain.anvil import anvil
from dem.vpp import Config, Plant
from dem.vpp.journal import Journal

NETWORKS = {"test": "test", "anvil": "ethereum:local:foundry"}


def settings(homes: Path, journal: Path | None, network: str | None) -> Config:
    """A plant for one day with an event, quick to start."""
    return Config(
        data=str(homes),
        homes=2,
        horizon_days=1,
        history_days=23,
        roof_share=0.5,
        battery_share=1,
        forecaster="yesterday",
        agent="self_consumption",
        feeder=False,
        chain=network,
        journal=journal,
        **EVENTS,
    )


def live(config: Config) -> None:
    """Run a plant to its end; only whole if nobody kills the process."""
    with Plant(config) as plant:
        plant.run(1)
        plant.settlement.audit()


def killed(config: Config, after_s: float) -> bool:
    """Let a plant live in a process of its own for so much of a processor's time; whether it had to be killed.

    Raises:
        AssertionError: it failed by itself.
    """
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            live(config)
            os._exit(0)
        os._exit(1)
    life = psutil.Process(child)
    while sum(life.cpu_times()[:2]) < after_s:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status == 0, f"a plant failed by itself: {config.journal}"
            return False
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def crash(kills: int, network: str, seed: int) -> Counter[str]:
    """Kill plants so many times; counts the kills by what the journal then said, and the plants that were finished."""
    generator, counts = random.Random(seed), Counter(finished=0)
    with tempfile.TemporaryDirectory() as folder:
        homes = write_homes(Path(folder) / "homes.csv")
        # On a chain, too, so that what a chain imports is there before any life forks.
        with Plant(settings(homes, None, "test")) as plant:
            expected = plant.run(1).drop(columns="gas")
        before = children_s()  # compilers may have been among them
        assert not killed(settings(homes, Path(folder) / "unharmed.sqlite", NETWORKS[network]), math.inf)
        whole = children_s() - before
        while counts["kills"] < kills or counts["finished"] == 0:
            journal = Path(folder) / f"journal-{counts['finished']}.sqlite"
            config = settings(homes, journal, NETWORKS[network])
            while killed(config, generator.uniform(0, whole) if counts["kills"] < kills else math.inf):
                counts.update(["kills", state(config)])
            assert_same(config, expected)
            counts["finished"] += 1
    return counts


def children_s() -> float:
    """Seconds of a processor that this process' children took which are over."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def state(config: Config) -> str:
    """Where a plant was killed."""
    if not config.journal.exists():
        return "before the journal was there"
    journal = Journal(config.journal, config.identity)
    waiting, begun = len(journal.intents(unsent=True)), journal.done
    journal.close()
    if not begun:
        return "before the first interval"
    return "with transactions to be sent or ticked off" if waiting else "with everything ticked off"


def assert_same(config: Config, expected: pd.DataFrame) -> None:
    """What the journal says is what happens without crashes, and everything was sent."""
    journal = Journal(config.journal, config.identity)
    pd.testing.assert_frame_equal(journal.events().drop(columns="gas"), expected)
    assert not journal.intents(unsent=True)
    journal.close()


@contextlib.contextmanager
def chain_of(network: str) -> Iterator[None]:
    """The chain that outlives the plants, where there is one."""
    project.load_ape()
    if network == "test":
        yield
        return
    with anvil() as node:
        os.environ["APE_FOUNDRY_HOST"] = node.web3.provider.endpoint_uri
        yield


if __name__ == "__main__":
    kills, network, seed = int(sys.argv[1]), *(sys.argv[2:3] or ["test"]), int((sys.argv[3:4] or ["0"])[0])
    with chain_of(network):
        counted = crash(kills, network, seed)
    print(f"{network}, seed {seed}: chain and journal agree", dict(counted))
