"""How many home-steps a second the environments make, beside the same homes in plain Python, one at a time.

A home-step is one home moved by one interval, its new observation included. Each rate is the median of several blocks
of steps; the plain loop and the batches run in turn on the same table with the same actions.
"""

import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
import pandas as pd

from benchmarks.peers.plain_home import PlainHome, PlainPaperHouse
from benchmarks.report import Row, at_least, at_most, main
from dem import data, units
from dem.homes import Battery, Home, PaperHome

HOMES, DAYS, SEED = 10, 60, 2023
BATCHES = (1, 10, 100, 1_000, 10_000)
GOAL_BATCH, GOAL = 1_000, 1e6
BLOCK_STEPS, BLOCKS = 200, 7
EQUAL = 1e-9


def rows() -> Iterator[Row]:
    """Home-steps per second of Home and PaperHome, and of plain Python in the same run."""
    table = _first_days(data.load("synthetic", homes=HOMES, seed=SEED))
    one = table[table["home"] == table["home"].iloc[0]]
    plain = PlainHome(one, Battery())
    yield at_most("Home, largest difference of rewards to plain Python", _difference(Home(one), plain), "EUR", EQUAL)
    plain.reset()
    yield from _compare("Home", plain.step, lambda batch: _homes(table if batch >= HOMES else one, batch))
    house, homes = _plain_house(one), PaperHome.from_table(one, houses=1)
    yield at_most("PaperHome, largest difference of rewards to plain Python", _difference(homes, house), "1", EQUAL)
    yield from _compare("PaperHome", house.step, lambda batch: _paper_homes(one, batch))


def _compare(name: str, plain_step: Callable[[int], object], make: Callable[[int], Home | PaperHome]) -> Iterator[Row]:
    plain = _plain_rate(plain_step)
    yield Row(f"{name}, plain Python, one home at a time", plain, "home-steps/s")
    for batch in BATCHES:
        rate = _rate(make(batch))
        reference = f"{rate / plain:.2g} x plain Python"
        title = f"{name}, {batch:,} homes at once"
        if batch == GOAL_BATCH:
            yield at_least(title, rate, "home-steps/s", GOAL, reference)
        else:
            yield Row(title, rate, "home-steps/s", reference)


def _rate(homes: Home | PaperHome) -> float:
    actions = np.random.default_rng(SEED).integers(0, homes.action_count, (BLOCK_STEPS, homes.batch_size))

    def block() -> None:
        homes.reset()
        for action in actions:
            homes.step(action)

    return BLOCK_STEPS * homes.batch_size / _median_seconds(block)


def _plain_rate(step: Callable[[int], object]) -> float:
    actions = np.random.default_rng(SEED).integers(0, 5, 10 * BLOCK_STEPS).tolist()

    def block() -> None:
        for action in actions:
            step(action)

    return len(actions) / _median_seconds(block)


def _median_seconds(block: Callable[[], None]) -> float:
    block()
    return median(_seconds(block) for _ in range(BLOCKS))


def _seconds(block: Callable[[], None]) -> float:
    start = time.perf_counter()
    block()
    return time.perf_counter() - start


def _difference(homes: Home | PaperHome, plain: PlainHome | PlainPaperHouse) -> float:
    actions = np.random.default_rng(SEED).integers(0, 5, 1_000)
    return max(abs(homes.step(np.array([action])).reward[0] - plain.step(int(action))[1]) for action in actions)


def _homes(table: pd.DataFrame, batch: int) -> Home:
    return Home(table, copies=batch // table["home"].nunique(), episode_steps=BLOCK_STEPS, seed=SEED)


def _paper_homes(table: pd.DataFrame, batch: int) -> PaperHome:
    houses = min(batch, 2)
    return PaperHome.from_table(table, houses=houses, copies=batch // houses)


def _plain_house(table: pd.DataFrame) -> PlainPaperHouse:
    pv = (table["pv_kwh"] * units.WH_PER_KWH).tolist()
    market = (table["wholesale_price"] * units.KWH_PER_MWH / 100).tolist()
    return PlainPaperHouse(list(zip(pv, table["load_kwh"].tolist(), market, table.index.hour.tolist(), strict=True)))


def _first_days(table: pd.DataFrame) -> pd.DataFrame:
    return table[table.index < table.index[0] + pd.Timedelta(days=DAYS)]


if __name__ == "__main__":
    main(rows)
