from pathlib import Path

import pytest

from dem import data
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


EVENTS = {"start": "2023-06-05 10:00", "response_share": 1, "ask": 0, "override": 0, "peak_charge": 5}
"""An event on the first day, early enough to be claimed at its end: everybody comes, and the peak is dear."""


def write_homes(path: Path, homes: int = 2) -> Path:
    """Homes with intervals of two hours, so that a day on the chain takes seconds."""
    table = data.load(homes=homes, start="2023-05-08", end="2023-06-08")
    ways = {column: "sum" if column.endswith("_kwh") else "mean" for column in table.columns.drop("home")}
    table.groupby("home").resample("2h").agg(ways).reset_index("home").to_csv(path)
    return path


@pytest.fixture
def small(tmp_path):
    """Settings of a small plant with a journal of its own; keywords replace single ones."""

    def make(**changes) -> Config:
        return Config(**{**SMALL, "journal": tmp_path / "journal.sqlite", **changes})

    return make


@pytest.fixture
def slow(small, tmp_path):
    """The same plant on the chain of this process, with intervals of two hours and an event."""
    return small(chain="test", data=str(write_homes(tmp_path / "homes.csv", small().homes)), **EVENTS)


@pytest.fixture
def calling(small):
    """Like ``small``, with an event on the first day and no journal."""

    def make(**changes) -> Config:
        return small(**{**EVENTS, "start": None, "journal": None, **changes})

    return make
