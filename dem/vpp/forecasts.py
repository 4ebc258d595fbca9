"""What the plant knows when an interval's gate closes: everything measured before it begins, and published prices.

A forecast of the gate has the interval itself at lead 0 and the day after it behind. No forecaster but ``perfect``,
the limit, sees a load or a yield of the interval that it forecasts or of a later one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from dem import data
from dem.agents import Foresight
from dem.agents.foresight import PAIRING, Forecast
from dem.forecast import LSTM, Boosting, Neural, NeuralConfig, Target, Transformer
from dem.vpp.config import Forecaster
from dem.vpp.neighbourhood import Neighbourhood

NETWORK = NeuralConfig(hidden=32, layers=1, updates=200, batch_size=64)
"""Small enough to be trained in seconds whenever a plant is opened."""
NETWORKS: dict[str, type[Neural]] = {"lstm": LSTM, "transformer": Transformer}
CASES = tuple((case + 0.5) / len(PAIRING) for case in range(len(PAIRING)))
"""Quantiles that stand for equally likely cases."""
LEVELS = tuple(sorted((*CASES, 0.5)))
OF_CASES = [LEVELS.index(case) for case in CASES]
_CERTAIN = np.ones(1)
_COLUMNS = ("load_kwh", "pv_kwh", "import_price", "export_price")


@dataclass(frozen=True)
class Outlook:
    """What is expected at the gate of every interval.

    Attributes:
        load: (T, H) kWh of the interval itself.
        pv: (T, H) kWh.
        ahead: the intervals after it, for agents to plan over.
    """

    load: np.ndarray
    pv: np.ndarray
    ahead: "Ahead"

    def at(self, number: int) -> np.ndarray:
        """Load and PV, shape (2, leads, H) in kWh, that the gate of interval ``number`` expects from then on."""
        later = self.ahead.made
        return np.stack(
            [np.vstack([now[number], then[number]]) for now, then in ((self.load, later.load), (self.pv, later.pv))]
        )


class Ahead(Foresight):
    """Forecasts made at the gate, one interval earlier than those of `Foresight`, for the times of one table.

    Args:
        made: (T, horizon, H) of the intervals after each of the T.
        load_factors, pv_factors: as of `Foresight`.
    """

    def __init__(self, made: Forecast, load_factors: np.ndarray, pv_factors: np.ndarray) -> None:
        super().__init__(made.load.shape[1])
        self.made = made
        self.load_factors, self.pv_factors = load_factors, pv_factors

    def dearer(self, surcharge: np.ndarray) -> Self:
        """The same where all homes pay so much more, (T, horizon) EUR/kWh, for imports."""
        price = self.made.import_price + surcharge[:, :, None].astype(np.float32)
        return type(self)(replace(self.made, import_price=price), self.load_factors, self.pv_factors)

    def forecast(self, table: pd.DataFrame) -> Forecast:
        """What was said for each of the table's times, which must be those that it was made for."""
        if len(data.wide(table, "load_kwh")) != len(self.made.load):
            raise ValueError(f"these forecasts are for {len(self.made.load)} intervals")
        return self.made


def look_out(homes: Neighbourhood, forecaster: Forecaster, seed: int = 0) -> Outlook:
    """Forecast the whole window, every interval and the day that it begins with what is known at its gate.

    Args:
        homes: the neighbourhood.
        forecaster: who forecasts.
        seed: of a learned model's training.
    """
    if forecaster in ("yesterday", "perfect"):
        target = np.arange(len(homes.times))[:, None] + np.arange(homes.per_day)
        return _outlook(_looked_up(homes, target if forecaster == "perfect" else target - homes.per_day))
    model = Foresight(homes.per_day).fit(homes.history)
    gate = _ridge(homes, model)
    if forecaster == "ridge":
        return _outlook(gate, model.load_factors, model.pv_factors)
    load, load_factors = _learned(homes, _model(forecaster, "load_kwh", seed))
    pv, pv_factors = _learned(homes, _model(forecaster, "pv_kwh", seed))
    # Prices are left to the ridge, which knows the published ones.
    return _outlook(replace(gate, load=load, pv=pv), load_factors, pv_factors[list(PAIRING)])


def _ridge(homes: Neighbourhood, model: Foresight) -> Forecast:
    rows = model.forecast(_whole(homes))
    # Row t knows interval t; the gate of interval t stands one row earlier.
    return _each(rows, lambda values: values[-len(homes.times) - 1 : -1])


def _model(forecaster: Forecaster, target: Target, seed: int) -> Boosting | Neural:
    if forecaster == "boosting":
        return Boosting(target, quantiles=LEVELS, seed=seed)
    return NETWORKS[forecaster](target, quantiles=LEVELS, config=NETWORK, seed=seed)


def _learned(homes: Neighbourhood, model: Boosting | Neural) -> tuple[np.ndarray, np.ndarray]:
    """What a learned model expects, (T, leads, H), and its cases (S,) in multiples of that.

    Expected is the mean of the cases: medians of loads that come in bursts add up to too little. The cases' spread is
    that of the day before the start, over all homes and leads.
    """
    model.fit(homes.history)
    last_day = data.wide(homes.history, "load_kwh").index[-homes.per_day :]
    spread = model.predict_each(homes.history, last_day, homes.per_day)[..., OF_CASES].sum(axis=(0, 1, 2))
    factors = spread / spread.mean() if spread.any() else np.ones(len(CASES))
    quantiles = model.predict_each(_whole(homes), homes.times, homes.per_day).swapaxes(1, 2)
    return quantiles[..., OF_CASES].mean(axis=-1), factors


def _looked_up(homes: Neighbourhood, target: np.ndarray) -> Forecast:
    """Values at the positions ``target`` (T, leads), counted from the start; past the end those of a day before."""
    past = len(data.wide(homes.history, "load_kwh"))
    last = len(homes.times) - 1
    target = np.where(target > last, target - homes.per_day * -(-(target - last) // homes.per_day), target)
    whole = _whole(homes)
    return Forecast(*(data.wide(whole, column).to_numpy(np.float32)[past + target] for column in _COLUMNS))


def _outlook(gate: Forecast, load_factors: np.ndarray = _CERTAIN, pv_factors: np.ndarray = _CERTAIN) -> Outlook:
    ahead = Ahead(_each(gate, lambda values: values[:, 1:]), load_factors, pv_factors)
    return Outlook(gate.load[:, 0].astype(float), gate.pv[:, 0].astype(float), ahead)


def _each(forecast: Forecast, cut: Callable[[np.ndarray], np.ndarray]) -> Forecast:
    return Forecast(*(cut(values) for values in vars(forecast).values()))


def _whole(homes: Neighbourhood) -> pd.DataFrame:
    """History and window as one table."""
    table = pd.concat([homes.history, homes.window])
    return table.iloc[np.lexsort((table.index.asi8, table["home"].to_numpy(dtype=str)))]
