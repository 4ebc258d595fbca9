"""Gas of both markets: goals, and a snapshot that says when anything changes.

Gas on a fresh test chain is exact, so the snapshot is compared exactly. After a change that is meant:
``DEM_UPDATE_GAS_SNAPSHOT=1 pytest tests/contracts/balancing/test_balancing_gas.py``.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import market_gas
from dem import paths

SNAPSHOT = Path(__file__).parent / "gas_snapshot.json"


@pytest.fixture(scope="module")
def measured():
    """On a chain of its own: calldata costs by its zero bytes, and addresses, times and signatures all lie in it."""
    command = [sys.executable, "-m", "benchmarks.market_gas", "--json"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=paths.ROOT).stdout
    rows = [json.loads(line) for line in printed.splitlines()]
    return {row["name"]: int(row["value"]) for row in rows if row["unit"] == "gas"}


@pytest.mark.parametrize("operation", market_gas.GOALS)
def test_gas__goal__is_reached(measured, operation):
    assert measured[operation] <= market_gas.GOALS[operation]


def test_gas__snapshot__is_unchanged(measured):
    if os.environ.get("DEM_UPDATE_GAS_SNAPSHOT"):
        SNAPSHOT.write_text(json.dumps(measured, indent=2) + "\n")
    assert measured == json.loads(SNAPSHOT.read_text())


def test_gas__more_orders_in_a_slot__cost_the_next_no_more(measured):
    assert abs(measured[f"balancing: buy, {market_gas.BATCH} orders before"] - measured["balancing: buy"]) < 100
