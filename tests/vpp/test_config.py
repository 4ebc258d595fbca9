import pytest
from pydantic import ValidationError

from dem.vpp import Config


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mechanism", "barter"),
        ("retail", "free"),
        ("elasticity", 0.1),
        ("response_share", 2),
        ("forecaster", "oracle"),
        ("agent", "wizard"),
        ("homes", 0),
        ("horizon_days", 0),
        ("battery_share", 1.5),
        ("peak_limit", 0),
        ("carbon_price", -0.1),
        ("start", "someday"),
        ("colour", "blue"),
    ],
)
def test_config__wrong_value__names_the_field(field, value):
    with pytest.raises(ValidationError, match=field):
        Config(**{field: value})


def test_config__journal_in_no_folder__names_the_folder(tmp_path):
    with pytest.raises(ValidationError, match="nowhere"):
        Config(journal=tmp_path / "nowhere" / "journal.sqlite")
