"""Homes that forecast their load from a few weeks of their own: alone, by averaging networks, by pooling data."""

from collections.abc import Iterator, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dem import data, plots
from dem.federated.forecasting import train_forecaster
from dem.forecast import LSTM, Forecaster, Linear, NeuralConfig, evaluate
from dem.units import HOURS_PER_DAY

TARGET = "load_kwh"
JUDGED_WEEKS = 2
HISTORY_WEEKS = 2
ARMS = {
    "alone": "LSTM, each home alone",
    "federated": "LSTM, federated",
    "pooled": "LSTM, pooled data",
    "linear": "linear, pooled data",
}


def run(table: pd.DataFrame, config: NeuralConfig, *, rounds: int, weeks: int, seeds: Sequence[int]) -> pd.DataFrame:
    """Train every arm on the same ``weeks`` of the same homes and judge it on their last two weeks.

    A home alone, a home in the federation and the pooled learner make the same number of updates each.

    Args:
        table: home table of at least ``weeks`` + 2 weeks; its last two are judged, the ``weeks`` before them learned.
        config: the network.
        rounds: of federated averaging.
        weeks: at least three.
        seeds: one independent training each; the linear model has none and is repeated for none.

    Returns:
        One row per arm, seed, home and week: arm, seed, and the columns of `dem.forecast.evaluate`.
    """
    end = table.index.max() + pd.Timedelta(hours=data.step_hours(table))
    start = end - pd.Timedelta(weeks=JUDGED_WEEKS)
    own = table[(table.index >= start - pd.Timedelta(weeks=weeks)) & (table.index < start)]
    judged = table[table.index >= start - pd.Timedelta(weeks=HISTORY_WEEKS)]
    day = data.intervals(table, HOURS_PER_DAY)
    rows = []
    for arm, seed, forecaster, homes in _trained(own, config, rounds, seeds):
        mine = judged[judged["home"].isin(homes)]
        rows.append(evaluate(forecaster, mine, start, horizon=day).assign(arm=arm, seed=seed))
    return pd.concat(rows, ignore_index=True)


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per arm: label, seeds, mean ``scaled_pinball`` with its 95 % interval over seeds, the worst home's."""
    rows = []
    for arm, label in ARMS.items():
        mine = scores[scores["arm"] == arm]
        per_seed = mine.groupby("seed")["scaled_pinball"].mean().to_numpy()
        mean, interval = plots.mean_interval(per_seed)
        worst = mine.groupby("home")["scaled_pinball"].mean().max()
        row = {"arm": arm, "label": label, "seeds": len(per_seed), "scaled_pinball": float(mean)}
        rows.append({**row, "interval": float(interval), "worst_home": worst})
    return pd.DataFrame(rows)


def draw(scores: pd.DataFrame) -> Figure:
    """Scaled pinball loss of each arm: bars with the interval over seeds, dots for single homes."""
    table = summary(scores)
    figure, axis = plt.subplots(figsize=(9, 3.4))
    own = table["arm"].isin(["alone", "federated"])
    colors = np.where(own, plots.PALETTE["ours"], plots.PALETTE["neutral"])
    axis.barh(table["label"], table["scaled_pinball"], xerr=table["interval"], color=colors, capsize=3)
    homes = scores.groupby(["arm", "home"])["scaled_pinball"].mean().reset_index()
    axis.plot(homes["scaled_pinball"], homes["arm"].map(ARMS), "o", color="black", markersize=3, label="single homes")
    axis.set(xlabel="scaled pinball loss, day ahead (less is better)", ylabel="")
    axis.invert_yaxis()
    axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.2), fontsize=9)
    return figure


def verdict(scores: pd.DataFrame) -> str:
    """The outcome in words; differences are paired by seed."""
    per_seed = scores.pivot_table("scaled_pinball", "seed", "arm")
    alone, federated, pooled = (per_seed[arm].dropna() for arm in ("alone", "federated", "pooled"))
    saved, saved_interval = plots.mean_interval((100 * (alone - federated) / alone).to_numpy())
    short, short_interval = plots.mean_interval((100 * (federated - pooled) / pooled).to_numpy())
    return (
        f"Averaging networks changes the loss of learning alone by {-saved:+.1f} ± {saved_interval:.1f} %, and leaves "
        f"it {short:+.1f} ± {short_interval:.1f} % from what pooled data reach ({len(alone)} seeds, 95 % intervals). "
        f"A linear model on pooled data: {per_seed['linear'].mean():.3f}; the federation: {federated.mean():.3f}."
    )


def _trained(
    own: pd.DataFrame, config: NeuralConfig, rounds: int, seeds: Sequence[int]
) -> Iterator[tuple[str, int, Forecaster, list[str]]]:
    """Arm, seed, trained forecaster, and the homes that it forecasts for."""
    homes = data.home_names(own)
    yield "linear", seeds[0], Linear(TARGET).fit(own), homes
    for seed in seeds:
        network = LSTM(TARGET, config=config, seed=seed)
        yield "federated", seed, train_forecaster(network, own, rounds=rounds).forecaster, homes
        yield "pooled", seed, network.fit(own), homes
        for home in homes:
            yield "alone", seed, LSTM(TARGET, config=config, seed=seed).fit(own[own["home"] == home]), [home]
