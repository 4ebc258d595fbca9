"""Gas of both markets: goals, and a snapshot that says when anything changes.

Gas on the test chain is exact, so the snapshot is compared exactly. After a change that is meant:
``DEM_UPDATE_GAS_SNAPSHOT=1 pytest tests/contracts/balancing/test_balancing_gas.py``.
"""

import json
import os
from pathlib import Path

import pytest

from benchmarks import market_gas

SNAPSHOT = Path(__file__).parent / "gas_snapshot.json"


@pytest.fixture(scope="module")
def measured(connection):
    return market_gas.measure(connection)


@pytest.mark.parametrize("operation", market_gas.GOALS)
def test_gas__goal__is_reached(measured, operation):
    assert measured[operation] <= market_gas.GOALS[operation]


def test_gas__snapshot__is_unchanged(measured):
    if os.environ.get("DEM_UPDATE_GAS_SNAPSHOT"):
        SNAPSHOT.write_text(json.dumps(measured, indent=2) + "\n")
    assert measured == json.loads(SNAPSHOT.read_text())


def test_gas__more_orders_in_a_slot__cost_the_next_no_more(measured):
    assert abs(measured[f"balancing: buy, {market_gas.BATCH} orders before"] - measured["balancing: buy"]) < 100
