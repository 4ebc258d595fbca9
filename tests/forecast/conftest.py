import numpy as np
import pytest

from dem import data
from dem.forecast import LSTM, Boosting, Linear, NeuralConfig, SeasonalNaive, Transformer

SMALL = NeuralConfig(hidden=8, layers=1, updates=20, batch_size=32)
KINDS = {
    "naive": SeasonalNaive,
    "linear": Linear,
    "boosting": lambda *args, **kwargs: Boosting(*args, **kwargs, iterations=5, rows=2_000),
    "lstm": lambda *args, **kwargs: LSTM(*args, **kwargs, config=SMALL),
    "transformer": lambda *args, **kwargs: Transformer(*args, **kwargs, config=SMALL),
}


@pytest.fixture(scope="session")
def table():
    return data.load(homes=3, start="2023-04-03", end="2023-05-15")


@pytest.fixture(scope="session")
def fitted(table):
    """Every kind of forecaster, fitted once per column."""
    made = {}

    def fit(kind, target="load_kwh"):
        if (kind, target) not in made:
            made[kind, target] = KINDS[kind](target).fit(table)
        return made[kind, target]

    return fit


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def make(kind):
    return KINDS[kind]


@pytest.fixture
def spoilt(table):
    """The table with one column replaced from a time on."""

    def spoil(column, start, value=np.nan):
        copy = table.copy()
        copy.loc[copy.index >= start, column] = value
        return copy

    return spoil
