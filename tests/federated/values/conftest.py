import pytest

from dem.federated.values import Neighbourhood, ValuesConfig


@pytest.fixture(scope="session")
def small():
    """Settings of a training that takes a fraction of a second; overrides by keyword, ``around`` for the homes."""

    def settings(around=None, **overrides):
        homes = Neighbourhood(**{"homes": 3, "data_weeks": 5, "trial_weeks": 1, "data_seed": 5, **(around or {})})
        few = {"features": 4, "hidden": 4, "updates": 2, "rounds": 2}
        return ValuesConfig(neighbourhood=homes, **{**few, **overrides})

    return settings
