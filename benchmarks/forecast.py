"""What a forecaster costs, and whether it is worth it: training, forecasts for 1,000 homes, errors side by side.

    python -m benchmarks.forecast [--json]

Seconds are of the processor, one thread: of one training (the limit is ten minutes on two cores), and of the best of
three forecasts. Errors are of home loads a day ahead on three homes and eight weeks that no model has seen, after
36 weeks of ten other homes, in each of five neighbourhoods; intervals are of 95 % over the neighbourhoods. The
networks' goal is to lose a tenth less than the best other model; the bands' is to cover what they promise to within two
points. What no forecast can know is measured too: the loss of knowing everything about a home but chance.
"""

import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from benchmarks.report import Row, at_least, at_most, main
from dem import data, plots
from dem.forecast import LSTM, Boosting, Calibrated, Forecaster, Linear, SeasonalNaive, Transformer, evaluate
from dem.studies import forecast_limit

NEIGHBOURHOODS = range(2023, 2028)
HOMES, TRAIN_HOMES = 13, 10
FIRST, START, END = "2022-01-03", pd.Timestamp("2022-09-12", tz="UTC"), "2022-11-07"
MANY = 1_000
TRAINING_LIMIT_S, FORECAST_LIMIT_S = 600.0, 1.0
KINDS = {"naive": SeasonalNaive, "linear": Linear, "boosting": Boosting, "LSTM": LSTM, "Transformer": Transformer}
NETWORKS = ("LSTM", "Transformer")
LIMIT = "all known but chance"


def rows() -> Iterator[Row]:
    """Costs and errors of every model, then what networks gain and what could be gained."""
    torch.set_num_threads(1)
    scores = pd.concat([_neighbourhood(seed) for seed in NEIGHBOURHOODS])
    for name in KINDS:
        mine = scores.loc[name]
        yield at_most(f"{name}: training", mine["training_s"].max(), "s", TRAINING_LIMIT_S)
        yield at_most(f"{name}: a day for {MANY:,} homes", mine["forecast_s"].median(), "s", FORECAST_LIMIT_S)
        yield at_most(f"{name}: MASE", mine["mase"].mean(), "", 1.0, _spread(mine["mase"]))
        yield Row(f"{name}: scaled pinball loss", mine["scaled_pinball"].mean(), "", _spread(mine["scaled_pinball"]))
        missed = 100 * (mine["coverage_90"] - 0.9)
        yield at_most(f"{name}: 90 % band misses by", abs(missed.mean()), "points", 2.0, _spread(missed))
    yield from _gains(scores)


def _gains(scores: pd.DataFrame) -> Iterator[Row]:
    """The best network against the best other model, and what knowing all but chance would add to the latter."""
    loss = scores.pivot_table("scaled_pinball", "seed", "model")
    mean = loss.mean()
    network, other = mean[list(NETWORKS)].idxmin(), mean.drop([*NETWORKS, LIMIT]).idxmin()
    saved, most = (100 * (1 - loss[name] / loss[other]) for name in (network, LIMIT))
    yield at_least(f"{network} against {other}, pinball loss saved", saved.mean(), "%", 10.0, _spread(saved))
    yield Row(f"{LIMIT} against {other}, pinball loss saved", most.mean(), "%", _spread(most))
    yield Row(f"{LIMIT}: MASE", scores.loc[LIMIT, "mase"].mean(), "", _spread(scores.loc[LIMIT, "mase"]))


def _neighbourhood(seed: int) -> pd.DataFrame:
    """One row per model, then the limit: seed, seconds and mean scores."""
    table = data.load(homes=HOMES, start=FIRST, end=END, seed=seed)
    seen = table["home"].isin(data.home_names(table)[:TRAIN_HOMES])
    train = table[seen & (table.index < START)]
    judged = table[~seen & (table.index >= START - pd.Timedelta(weeks=6))]
    known = judged[judged.index < START]
    many = _copies(known[known.index >= START - pd.Timedelta(days=14)], MANY)
    found = {}
    for name, kind in KINDS.items():
        forecaster = Calibrated(kind("load_kwh"))
        began = time.process_time()
        forecaster.fit(train)
        seconds = {"training_s": time.process_time() - began, "forecast_s": _seconds(forecaster, many)}
        scores = evaluate(forecaster.follow(known), judged, START, horizon=48).mean(numeric_only=True)
        found[name] = pd.Series({**seconds, **scores})
    found[LIMIT] = forecast_limit.scores(judged, START, seed, ("home",)).mean(numeric_only=True)
    return pd.DataFrame(found).T.rename_axis("model").assign(seed=seed)


def _spread(values: pd.Series) -> str:
    return f"± {plots.mean_interval(values.to_numpy())[1]:.2g} ({len(values)} neighbourhoods)"


def _copies(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """The first home ``count`` times over, each with loads of its own size."""
    one = table[table["home"] == table["home"].iloc[0]]
    sizes = np.random.default_rng(0).uniform(0.5, 2.0, count)
    homes = [one.assign(home=f"home_{k:04d}", load_kwh=one["load_kwh"] * size) for k, size in enumerate(sizes)]
    return pd.concat(homes)


def _seconds(forecaster: Forecaster, table: pd.DataFrame) -> float:
    durations = []
    for _ in range(3):
        began = time.process_time()
        forecaster.predict(table, START, 48)
        durations.append(time.process_time() - began)
    return min(durations)


if __name__ == "__main__":
    main(rows)
