import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.forecast import LSTM, Boosting, Linear, NeuralConfig, SeasonalNaive, Transformer
from dem.forecast.protocol import Forecast

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


class Oracle:
    """Knows what comes, and says so with a band of given width about it."""

    target, scope, quantiles = "load_kwh", "home", (0.1, 0.5, 0.9)

    def __init__(self, width=0.0, shift=0.0):
        self.band = shift + width * np.array([-1.0, 0.0, 1.0])

    def fit(self, table):
        return self

    def predict(self, table, origin, horizon):
        origins = pd.DatetimeIndex([origin])
        times = pd.date_range(origin, periods=horizon, freq="30min")
        names = tuple(data.home_names(table))
        return Forecast(self.target, self.predict_each(table, origins, horizon)[0], self.quantiles, times, names)

    def predict_each(self, table, origins, horizon):
        wide = data.wide(table, "load_kwh")
        rows = wide.index.searchsorted(origins)[:, None] + np.arange(horizon)
        return wide.to_numpy()[rows].transpose(0, 2, 1)[..., None] + self.band


class Noiseless(Oracle):
    """Knows what comes but for the noise, of which it thinks too little."""

    def __init__(self, quiet):
        super().__init__(width=0.01)
        self.quiet = quiet

    def predict_each(self, table, origins, horizon):
        return super().predict_each(self.quiet, origins, horizon)


@pytest.fixture(scope="session")
def oracle():
    return Oracle


@pytest.fixture(scope="session")
def noiseless():
    return Noiseless
