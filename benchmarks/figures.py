"""How long the figures take: every notebook in a process of its own, two at a time, as ``make figures`` runs them.

``python -m benchmarks.figures`` measures the quick profile, ``PROFILE=full python -m benchmarks.figures`` the full one.
Figures and executed notebooks go to a temporary folder; the published ones stay as they are.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.report import Row, at_most, main

ROOT = Path(__file__).resolve().parents[1]
JOBS = 2
QUICK_LIMIT_S = 8 * 60
FULL_LIMIT_S = 60 * 60
# The paper's own figures; the full profile's hour was set for these.
PAPER = ("00_", "01_", "02_", "03_", "04_")


def rows() -> Iterator[Row]:
    """Seconds of each notebook on this machine, and of all of them together."""
    profile = os.environ.get("PROFILE", "quick")
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    if profile == "full":
        paper = [notebook for notebook in notebooks if notebook.name.startswith(PAPER)]
        yield from _measure(paper, profile, "figures of the paper, full", FULL_LIMIT_S)
        notebooks = [notebook for notebook in notebooks if notebook not in paper]
        yield from _measure(notebooks, profile, "figures beyond the paper, full", None)
    else:
        yield from _measure(notebooks, profile, "all figures, quick", QUICK_LIMIT_S)


def _measure(notebooks: list[Path], profile: str, name: str, limit_s: float | None) -> Iterator[Row]:
    started = time.monotonic()
    with ThreadPoolExecutor(JOBS) as pool:
        for notebook, seconds in zip(notebooks, pool.map(lambda one: _seconds(one, profile), notebooks), strict=True):
            yield Row(f"{notebook.stem}, {profile}", seconds, "s")
    total = time.monotonic() - started
    yield Row(name, total, "s") if limit_s is None else at_most(name, total, "s", limit_s, f"{os.cpu_count()} cores")


def _seconds(notebook: Path, profile: str) -> float:
    """Run one notebook as Make does.

    Raises:
        RuntimeError: the notebook failed; with the end of what it said.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DEM_FIGURES": f"{folder}/figures", "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
        command = [sys.executable, ROOT / "tools/notebook.py", "run", notebook, f"{folder}/{notebook.name}"]
        options = ["--profile", profile, "--data", "synthetic"]
        done = subprocess.run([*command, *options], env=environment, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{notebook.name} failed: {done.stderr[-500:]}")
    return time.monotonic() - started


if __name__ == "__main__":
    main(rows)
