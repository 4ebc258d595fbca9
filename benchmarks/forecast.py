"""What a forecaster costs, and whether it is worth it: training, forecasts for 1,000 homes, errors side by side.

    python -m benchmarks.forecast [--json]

Seconds are of the processor for training (one thread; the limit is ten minutes on two cores) and of the clock, best of
three, for forecasts. Errors are of home loads a day ahead on three homes and eight weeks that no model has seen, after
36 weeks of five other homes. The networks' goal is to lose a tenth less than the best other model; the bands' is to
cover what they promise to within two points.
"""

import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from benchmarks.report import Row, at_least, at_most, main
from dem import data
from dem.forecast import LSTM, Boosting, Calibrated, Forecaster, Linear, SeasonalNaive, Transformer, evaluate

HOMES, TRAIN_HOMES = 8, 5
FIRST, START, END = "2022-01-03", pd.Timestamp("2022-09-12", tz="UTC"), "2022-11-07"
MANY = 1_000
TRAINING_LIMIT_S, FORECAST_LIMIT_S = 600.0, 1.0
KINDS = {"naive": SeasonalNaive, "linear": Linear, "boosting": Boosting, "LSTM": LSTM, "Transformer": Transformer}
NETWORKS = ("LSTM", "Transformer")


def rows() -> Iterator[Row]:
    """Costs and errors of every model, then what networks gain."""
    torch.set_num_threads(1)
    table = data.load(homes=HOMES, start=FIRST, end=END)
    seen = table["home"].isin(data.home_names(table)[:TRAIN_HOMES])
    train = table[seen & (table.index < START)]
    judged = table[~seen & (table.index >= START - pd.Timedelta(weeks=3))]
    many = _copies(judged[judged.index < START + pd.Timedelta(days=1)], MANY)
    loss = {}
    for name, kind in KINDS.items():
        forecaster = Calibrated(kind("load_kwh"))
        began = time.process_time()
        forecaster.fit(train)
        yield at_most(f"{name}: training", time.process_time() - began, "s", TRAINING_LIMIT_S)
        yield at_most(f"{name}: a day for {MANY:,} homes", _seconds(forecaster, many), "s", FORECAST_LIMIT_S)
        scores = evaluate(forecaster, judged, START, horizon=48).mean(numeric_only=True)
        loss[name] = scores["scaled_pinball"]
        yield at_most(f"{name}: MASE", scores["mase"], "", 1.0)
        yield Row(f"{name}: scaled pinball loss", loss[name], "")
        yield at_most(f"{name}: 90 % band misses by", 100 * abs(scores["coverage_90"] - 0.9), "points", 2.0)
    best = min(loss[name] for name in NETWORKS)
    other = min(value for name, value in loss.items() if name not in NETWORKS)
    yield at_least("best network against best other model, pinball loss saved", 100 * (1 - best / other), "%", 10.0)


def _copies(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """The first home ``count`` times over, each with loads of its own size."""
    one = table[table["home"] == table["home"].iloc[0]]
    sizes = np.random.default_rng(0).uniform(0.5, 2.0, count)
    homes = [one.assign(home=f"home_{k:04d}", load_kwh=one["load_kwh"] * size) for k, size in enumerate(sizes)]
    return pd.concat(homes)


def _seconds(forecaster: Forecaster, table: pd.DataFrame) -> float:
    durations = []
    for _ in range(3):
        began = time.perf_counter()
        forecaster.predict(table, START, 48)
        durations.append(time.perf_counter() - began)
    return min(durations)


if __name__ == "__main__":
    main(rows)
