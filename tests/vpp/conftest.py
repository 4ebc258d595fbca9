import pytest

from dem.vpp import Config

SMALL = {
    "homes": 3,
    "horizon_days": 1,
    "history_days": 23,
    "roof_share": 0.6,
    "battery_share": 0.6,
    "forecaster": "yesterday",
    "agent": "self_consumption",
    "feeder": False,
    "chain": None,
}


@pytest.fixture
def small(tmp_path):
    """Settings of a small plant with a journal of its own; keywords replace single ones."""

    def make(**changes) -> Config:
        return Config(**{**SMALL, "journal": tmp_path / "journal.sqlite", **changes})

    return make
