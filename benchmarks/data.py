"""How long it takes to have homes: a year of synthetic ones, and each kind of file (a fresh read, validated)."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from benchmarks.report import Row, at_most, main
from dem import data, paths

REAL = paths.ROOT.parent / "shared" / "data"
FOLDERS = (paths.RAW_DATA, REAL)
REPEATS = 3


def best_seconds(task: Callable[[], object]) -> float:
    """The fastest of a few runs: what the machine does when nothing disturbs it."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


def find(name: str) -> Path | None:
    return next((folder / name for folder in FOLDERS if (folder / name).is_dir()), None)


def rows() -> Iterator[Row]:
    """Seconds to load homes, as a validated table."""
    start = time.perf_counter()
    table = data.load("synthetic", homes=10)
    first = time.perf_counter() - start
    yield at_most("synthetic, 10 homes x 1 year, first call with imports", first, "s", 5)
    yield at_most("synthetic, 10 homes x 1 year", best_seconds(lambda: data.load("synthetic", homes=10)), "s", 3)
    hundred = best_seconds(lambda: data.load("synthetic", homes=100))
    yield Row("synthetic, 100 homes x 1 year", hundred, "s")
    yield Row("validate 10 homes x 1 year", best_seconds(lambda: data.validate(table)), "s")
    yield Row("report 10 homes x 1 year", best_seconds(lambda: data.report(table)), "s")
    yield Row("own CSV, 10 homes x 1 year", _own_csv(table), "s")
    for name in ("drahix", "citylearn_2022_phase_1"):
        folder = find(name)
        if folder is not None:
            yield Row(f"{name}, the whole series", best_seconds(lambda folder=folder: data.load(folder)), "s")


def _own_csv(table: pd.DataFrame) -> float:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "homes.csv"
        table.to_csv(path)
        return best_seconds(lambda: data.load(path))


if __name__ == "__main__":
    main(rows)
