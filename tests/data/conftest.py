import numpy as np
import pandas as pd
import pytest

from dem import data, paths

REAL = paths.ROOT.parent / "shared" / "data"
PAPER = REAL / "drahix"
CITYLEARN = REAL / "citylearn_2022_phase_1"


def home_table(homes: int = 2, steps: int = 96, freq: str = "30min") -> pd.DataFrame:
    """A small valid table: `homes` homes, smooth load, PV by day, prices of a few cents."""
    times = pd.date_range("2023-05-01", periods=steps, freq=freq, tz="UTC", name="time")
    hour = times.hour + times.minute / 60
    blocks = []
    for home in range(homes):
        wholesale = 0.05 + 0.01 * np.cos(2 * np.pi * hour / 24)
        blocks.append(
            pd.DataFrame(
                {
                    "home": np.full(steps, f"home_{home + 1:03d}", dtype=object),
                    "load_kwh": 0.2 + 0.1 * home + 0.05 * np.sin(np.arange(steps)),
                    "pv_kwh": np.maximum(np.sin(np.pi * (hour - 6) / 12), 0) * 0.8,
                    "import_price": (wholesale + 0.1) * 1.1,
                    "export_price": wholesale,
                    "wholesale_price": wholesale,
                    "carbon_intensity": 0.06,
                    "temperature": 15.0 + np.cos(2 * np.pi * hour / 24),
                },
                index=times,
            )
        )
    return pd.concat(blocks)


@pytest.fixture(scope="session")
def make_table():
    return home_table


@pytest.fixture
def table() -> pd.DataFrame:
    return home_table()


@pytest.fixture(scope="session")
def synthetic() -> pd.DataFrame:
    """Four homes, one year; shared, never changed."""
    return data.load("synthetic", homes=4)


@pytest.fixture(scope="session")
def paper() -> pd.DataFrame:
    if not PAPER.is_dir():
        pytest.skip("the paper's building data are not here (dem.data.download('paper') fetches them)")
    return data.load(PAPER)


@pytest.fixture(scope="session")
def citylearn() -> pd.DataFrame:
    if not CITYLEARN.is_dir():
        pytest.skip("the CityLearn homes are not here (dem.data.download('citylearn_2022') fetches them)")
    return data.load(CITYLEARN)
