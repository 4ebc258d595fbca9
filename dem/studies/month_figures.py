"""Figures of a street's month: its costs, its energy and emissions, its thieves, its forecasts."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dem import plots, units
from dem.studies.config import EUR_PER_ETHER
from dem.studies.meters_and_carbon import Result
from dem.studies.settlement_costs import (
    BATCHED,
    DELIVERED,
    PAPER,
    RECORDED,
    ROOT_AND_CLAIM,
    ROOT_AND_NETTED,
    SLOTS_OF_MONTH,
)

CHEAP_GWEI = 0.01
PERCENT = 100
MILLION = 10**6
_WAYS = {
    RECORDED: {"color": plots.PALETTE["neutral"], "linestyle": ":"},
    BATCHED: {"color": plots.PALETTE["supply"], "linestyle": ":"},
    PAPER: {"color": plots.PALETTE["paper"], "linestyle": "--"},
    DELIVERED: {"color": plots.PALETTE["good"]},
    ROOT_AND_CLAIM: {"color": plots.PALETTE["price"]},
    ROOT_AND_NETTED: {"color": plots.PALETTE["ours"]},
}
_ENERGY = {"claimed": "good", "held": "supply", "credited": "ours", "unused": "neutral"}
_CARBON = {"offset": "ours", "paid": "paper", "owed": "neutral"}


def draw_costs(result: Result) -> Figure:
    """Gas of a home's month by the street's size, and what that is in money."""
    figure, axes = plt.subplots(figsize=(8.5, 4.6))
    for way, style in _WAYS.items():
        rows = result.costs[result.costs["way"] == way]
        axes.plot(rows["homes"], rows["gas"] * SLOTS_OF_MONTH / MILLION, marker="o", label=way, **style)
    axes.set(xscale="log", xlabel="homes in the street", ylabel="gas of a home's month (millions)")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    money = axes.secondary_yaxis("right", functions=(lambda gas: gas * _eur(MILLION), lambda eur: eur / _eur(MILLION)))
    money.set_ylabel(f"EUR at {CHEAP_GWEI:g} gwei, {EUR_PER_ETHER:,} EUR an ether")
    return figure


def draw_accounts(result: Result) -> Figure:
    """What became of each home's energy, and of its emissions."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4))
    _stack(left, result.accounts, _ENERGY)
    left.set(title="energy given to the network", xlabel="home", ylabel="kWh in the month")
    _stack(right, result.accounts, _CARBON)
    right.set(title="emissions of energy taken", xlabel="home", ylabel="kgCO2e in the month")
    return figure


def draw_anomalies(result: Result) -> Figure:
    """How well each theft and fault is told from honest homes, and how many raise an alarm."""
    table = result.kinds
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 4.4), sharey=True)
    rows = np.arange(len(table))
    for axes, name, label in ((left, "auc", "home beside its past and street"), (right, "found", "alarm raised")):
        axes.errorbar(
            table[name], rows, xerr=_within(table, name), fmt="o", color=plots.PALETTE["ours"], capsize=3, label=label
        )
    thefts = table["is_theft"]
    left.errorbar(
        table.loc[thefts, "balance_auc"],
        rows[thefts] + 0.2,
        xerr=_within(table[thefts], "balance_auc"),
        fmt="s",
        color=plots.PALETTE["supply"],
        capsize=3,
        label="meter at the feeder's head, one thief",
    )
    left.set_yticks(rows, table["kind"] + np.where(thefts, "", " (fault)"))
    left.invert_yaxis()
    left.set(xlabel="area under the ROC curve", title="told from honest homes", xlim=(None, 1.01))
    right.set(xlabel="share of thefts and faults", title="found at the threshold", xlim=(0, 1.05))
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16))
    right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16))
    return figure


def draw_stakes(result: Result) -> Figure:
    """Expected gain by how far a report is from what its home believes."""
    figure, axes = plt.subplots(figsize=(8, 4.2))
    for home, rows in result.gains.groupby("home"):
        axes.plot(PERCENT * rows["shift"], PERCENT * rows["gain"], label=f"home {home + 1}")
        best = rows.loc[rows["gain"].idxmax()]
        axes.plot(PERCENT * best["shift"], PERCENT * best["gain"], "o", color=axes.lines[-1].get_color())
    axes.axvline(0, color=plots.PALETTE["neutral"], linewidth=1)
    axes.set(xlabel="report less belief (% of the capacity)", ylabel="expected gain (% of the stake)")
    if result.gains["home"].nunique() <= len(plots.CYCLE):
        axes.legend(title="dot: best report")
    return figure


def _stack(axes: Axes, accounts: pd.DataFrame, parts: dict[str, str]) -> None:
    below = np.zeros(len(accounts))
    for part, color in parts.items():
        if not accounts[part].any():
            continue
        axes.bar(accounts["home"], accounts[part], bottom=below, color=plots.PALETTE[color], label=part)
        below += accounts[part].to_numpy()
    axes.set_xticks(accounts["home"])
    axes.set_ylim(0, 1.25 * below.max())
    axes.legend(ncols=2, loc="upper left")


def _within(table: pd.DataFrame, name: str) -> np.ndarray:
    """Interval's arms, shape (2, rows), cut at 1."""
    half_width = table[f"{name}_half_width"].fillna(0).to_numpy()
    return np.stack([half_width, np.minimum(half_width, 1 - table[name].to_numpy())])


def _eur(gas: float) -> float:
    return units.gas_to_eur(gas, CHEAP_GWEI, EUR_PER_ETHER)
