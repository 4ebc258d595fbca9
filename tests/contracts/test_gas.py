"""Gas: every goal, and a snapshot that says when anything changes.

Gas on the test chain is exact, so the snapshot is compared exactly. After a change that is meant:
``DEM_UPDATE_GAS_SNAPSHOT=1 pytest tests/contracts/test_gas.py``.
"""

import json
import os
from pathlib import Path

import pytest
from marketplace import CONSUMPTION, LOCATION, PRODUCTION, SOLAR, commitment_id, load

from dem import paths

SNAPSHOT = Path(__file__).parent / "gas_snapshot.json"
README = paths.ROOT / "contracts" / "README.md"
GOALS = {
    "registerUser": 110_000,
    "createCommitment": 62_000,
    "approve": 49_000,
    "deposit": 60_000,
    "whole path": 232_000,
    "closeInterval, 2 commitments": 80_000,
    "closeInterval, 1000 commitments": 80_000,
    "claim": 45_000,
    "claim, each of several intervals": 15_000,
    "claim, each of several commitments": 15_000,
}
MANY = 1000
BATCH = 200


@pytest.fixture(scope="module")
def measured(market):
    """Gas of every operation, of later homes: storage that is there for the first home is there."""
    gas = _first_and_later_homes(market)
    gas |= _closing(market)
    gas |= _several_intervals(market)
    return gas


def _first_and_later_homes(market) -> dict[str, int]:
    gas = {}
    for name, owner in (("first", market.owners[0]), ("later", market.owners[1])):
        home = market.profile.profileCount() + 1
        receipts = {
            "registerUser": market.profile.registerUser(LOCATION, SOLAR, sender=owner, value=10**18),
            "createCommitment": market.profile.createCommitment(home, PRODUCTION, 1000, 2, 1, sender=owner),
            "approve": market.profile.approve(market.stranger, home, sender=owner),
            "deposit": market.pool.deposit(commitment_id(home), sender=owner),
        }
        for operation, receipt in receipts.items():
            gas[operation if name == "later" else f"{operation}, first home"] = receipt.gas_used
    consumer = market.register(market.owners[2])
    market.profile.createCommitment(consumer, CONSUMPTION, 1000, 2, 1, sender=market.owners[2])
    gas["deposit of consumption"] = market.pool.deposit(commitment_id(consumer), sender=market.owners[2]).gas_used
    gas["whole path"] = gas["registerUser"] + gas["createCommitment"] + gas["deposit"]
    commitments = [commitment_id(home) for home in (1, 2, 3)]
    market.go_to(3)
    gas["reportDeliveries, 3 commitments"] = market.report(2, dict.fromkeys(commitments, 900)).gas_used
    market.close(2)
    claims = [market.claim(commitment).gas_used for commitment in commitments]
    gas["claim"] = max(claims)
    gas["withdrawCollateral"] = market.profile.withdrawCollateral(
        2, 10**17, market.owners[1], sender=market.owners[1]
    ).gas_used
    return gas


def _closing(market) -> dict[str, int]:
    """Close an interval of 2 commitments and one of 1,000, of two homes."""
    crowd = load("Crowd").deploy(market.pool, sender=market.stranger, value=10**18)
    homes = crowd.producer(), crowd.consumer()
    crowd.commit(10, 6, 1, sender=market.stranger)
    for _ in range(MANY // BATCH):
        crowd.commit(10, 8, BATCH // 2, sender=market.stranger)
    few = [commitment_id(home, 0) for home in homes]
    many = [commitment_id(home, number) for number in range(1, MANY // 2 + 1) for home in homes]
    market.go_to(9)
    market.report(6, dict.fromkeys(few, 9))
    reports = [market.report(8, dict.fromkeys(many[i : i + BATCH], 9)) for i in range(0, MANY, BATCH)]
    gas = {f"reportDeliveries, {BATCH} commitments": reports[-1].gas_used}
    gas["closeInterval, 2 commitments"] = market.close(6).gas_used
    gas[f"closeInterval, {MANY} commitments"] = market.close(8).gas_used
    one = market.claim(many[0]).gas_used
    several = market.market.claimMany(many[2:22:2], sender=market.stranger).gas_used
    gas["claimMany, 10 commitments"] = several
    gas["claim, each of several commitments"] = (several - one) // 9
    return gas


def _several_intervals(market) -> dict[str, int]:
    gas = {}
    one, day = (market.promise(3, CONSUMPTION, 10, start=10, duration=duration) for duration in (1, 24))
    market.go_to(34)
    market.refresh()
    for interval in range(10, 34):
        market.report(interval, {one: 9, day: 9} if interval == 10 else {day: 9})
        market.close(interval)
    alone = market.claim(one).gas_used
    gas["claim, 24 intervals"] = market.claim(day).gas_used
    gas["claim, each of several intervals"] = (gas["claim, 24 intervals"] - alone) // 23
    return gas


@pytest.mark.parametrize("operation", GOALS)
def test_gas__goal__is_reached(measured, operation):
    assert measured[operation] <= GOALS[operation]


def test_gas__closing__does_not_grow_with_the_commitments(measured):
    assert abs(measured[f"closeInterval, {MANY} commitments"] - measured["closeInterval, 2 commitments"]) < 500


def test_gas__snapshot__is_unchanged(measured):
    if os.environ.get("DEM_UPDATE_GAS_SNAPSHOT"):
        SNAPSHOT.write_text(json.dumps(measured, indent=2) + "\n")
    assert measured == json.loads(SNAPSHOT.read_text())


@pytest.mark.parametrize("operation", GOALS)
def test_readme__gas_table__is_the_snapshot(operation):
    assert f"| {json.loads(SNAPSHOT.read_text())[operation]:,} |" in README.read_text()
