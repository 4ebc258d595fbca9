"""Small home tables, built by hand so that these tests stand without any source of data."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from dem import data, paths

DRAHIX = paths.ROOT.parent / "shared" / "data" / "drahix"


def build_table(homes: int = 3, days: int = 4, seed: int = 0, freq: str = "30min") -> pd.DataFrame:
    """A valid home table with irregular but plausible values, PV above and below load, and a negative price."""
    generator = np.random.default_rng(seed)
    times = pd.date_range("2020-03-01", periods=days * pd.Timedelta("1D") // pd.Timedelta(freq), freq=freq, tz="UTC")
    times.name = "time"
    sun = np.maximum(0, -np.cos(2 * np.pi * (times.hour + times.minute / 60).to_numpy() / 24))
    blocks = []
    for k in range(homes):
        wholesale = generator.uniform(-0.05, 0.2, len(times))
        columns = {
            "home": f"home {k}",
            "load_kwh": generator.uniform(0.0, 1.0, len(times)),
            "pv_kwh": sun * generator.uniform(0.5, 1.5),
            "import_price": wholesale + 0.1,
            "export_price": wholesale,
            "wholesale_price": wholesale,
            "carbon_intensity": generator.uniform(0.05, 0.4, len(times)),
            "temperature": 10.0,
        }
        blocks.append(pd.DataFrame(columns, index=times))
    return pd.concat(blocks)


@pytest.fixture(scope="session")
def make_table() -> Callable[..., pd.DataFrame]:
    return build_table


@pytest.fixture(scope="session")
def table() -> pd.DataFrame:
    return build_table()


@pytest.fixture(scope="session")
def one_home(table) -> pd.DataFrame:
    return table[table["home"] == "home 0"]


@pytest.fixture(scope="session")
def drahix() -> pd.DataFrame:
    if not DRAHIX.exists():
        pytest.skip(f"the paper's data is not at {DRAHIX}")
    return data.load(DRAHIX)
