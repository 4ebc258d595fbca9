import pandas as pd
import pytest

from dem.grid import Feeder


@pytest.fixture(scope="session")
def homes():
    """Three homes, two of them on the same bus and phase."""
    return pd.DataFrame({"home": ["ana", "ben", "cleo"], "bus": ["671", "675", "671"], "phase": ["B", "C", "B"]})


@pytest.fixture
def feeder(homes):
    return Feeder.ieee13(homes)
