"""The pictures of notebook 06."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dem import plots
from dem.studies.when_federation_helps import WEEKS, Result

LEARNERS = {"FedAvg": ("network, FedAvg", plots.PALETTE["ours"]), "statistics": ("statistics", plots.PALETTE["good"])}
ALONE = {"FedAvg": "network, alone", "statistics": "regression, alone"}
CAPTURED = "captured value (share of the saving that is possible)"
LOWEST = -0.6
"""Where the axis ends: how much worse than no battery does not matter."""


def draw_captured(result: Result) -> Figure:
    """Captured value of each way of learning, and of single homes; one panel where weeks differ, one where not."""
    figure, axes = plt.subplots(1, 2, figsize=(12, 4.6), sharex=True, sharey=True)
    homes = result.runs.groupby(["weeks", "arm", "home"], sort=False)["captured"].mean().reset_index()
    for axis, (weeks, title) in zip(axes, WEEKS.items(), strict=True):
        rows = result.arms[result.arms["weeks"] == weeks]
        position = np.arange(len(rows))
        axis.barh(position, rows["captured"], xerr=rows["interval"].fillna(0), color=_colors(rows["arm"]), capsize=3)
        dots = homes[homes["weeks"] == weeks]
        place = dots["arm"].map(dict(zip(rows["arm"], position, strict=True)))
        axis.plot(dots["captured"], place, "o", color="black", markersize=3, label="single homes")
        axis.set(title=title, xlabel=CAPTURED, yticks=position, yticklabels=rows["arm"], xlim=(0, 1))
        axis.grid(axis="y", visible=False)
    axes[0].invert_yaxis()
    axes[0].legend(loc="upper center", bbox_to_anchor=(0.5, -0.16))
    return figure


def draw_gains(result: Result) -> Figure:
    """What each home gains over learning alone with the same learner, mean over seeds."""
    gains = result.runs[~result.runs["arm"].str.endswith("alone")]
    gains = gains.groupby(["weeks", "arm", "home"], sort=False)["gain"].mean().reset_index()
    arms = list(gains["arm"].unique())
    figure, axis = plt.subplots(figsize=(9, 4.4))
    colors = {"own": plots.PALETTE["ours"], "same": plots.PALETTE["supply"]}
    for shift, (weeks, title) in zip((-0.16, 0.16), WEEKS.items(), strict=True):
        mine = gains[gains["weeks"] == weeks]
        place = mine["arm"].map(arms.index) + shift
        axis.plot(mine["gain"], place, "o", color=colors[weeks], alpha=0.7, markersize=6, label=title)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set(xlabel="gain in captured value over learning alone, each dot a home", yticks=range(len(arms)))
    axis.set_yticklabels(arms)
    axis.invert_yaxis()
    axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.16), ncols=2, fontsize=10)
    return figure


def draw_troubles(result: Result) -> Figure:
    """Captured value when homes are missing or one is hostile."""
    figure, axes = plt.subplots(1, 2, figsize=(12, 4.4), sharex=True, sharey=True)
    for axis, (learner, (title, color)) in zip(axes, LEARNERS.items(), strict=True):
        rows = result.troubles[result.troubles["learner"] == learner]
        shown = rows["captured"].clip(lower=LOWEST)
        axis.barh(rows["trouble"], shown, xerr=rows["interval"].fillna(0), color=color, capsize=3)
        for place, (value, end) in enumerate(zip(rows["captured"], shown, strict=True)):
            if value < end:
                axis.annotate(f" {value:.2f}", (end, place), ha="left", va="center", fontsize=9, color="white")
        _alone_line(axis, result, learner)
        axis.set(title=title, xlabel=CAPTURED, ylabel="", xlim=(LOWEST, 1))
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16))
    axes[0].invert_yaxis()
    return figure


def draw_privacy(result: Result) -> Figure:
    """The price of privacy: captured value over the budget, from hardly private to very."""
    figure, axis = plt.subplots(figsize=(8.5, 4.6))
    for learner, (label, color) in LEARNERS.items():
        curve = result.privacy[result.privacy["learner"] == learner]
        axis.errorbar(
            curve["epsilon"], curve["captured"], curve["interval"], color=color, marker="o", capsize=3, label=label
        )
        axis.axhline(result.captured(ALONE[learner]), color=color, linestyle=":", label=f"{ALONE[learner]}: no message")
    axis.set(xscale="log", ylim=(LOWEST, 1), ylabel=CAPTURED.replace(" (", "\n("))
    axis.set_xlabel("privacy budget ε of a home, all its messages together (small: private)")
    axis.invert_xaxis()
    axis.legend(loc="upper center", bbox_to_anchor=(0.45, -0.16), ncols=2, fontsize=10)
    return figure


def draw_contributors(result: Result) -> Figure:
    """Captured value over the number of homes that send their statistics, in those homes and in the others."""
    figure, axis = plt.subplots(figsize=(8, 4.2))
    styles = {True: ("homes that take part", plots.PALETTE["good"], "o"), False: ("homes that do not", "#6E6E6E", "s")}
    for contributes, (label, color, marker) in styles.items():
        rows = result.contributors[result.contributors["contributes"] == contributes]
        shift = 0.06 if contributes else -0.06
        axis.errorbar(
            rows["homes"] + shift,
            rows["captured"],
            rows["interval"],
            color=color,
            marker=marker,
            capsize=3,
            label=label,
        )
    axis.set(xlabel="homes that send statistics, one week each", ylabel=CAPTURED.replace(" (", "\n("), ylim=(0.4, 1))
    axis.set_xticks(sorted(result.contributors["homes"].unique()))
    axis.legend(loc="lower right")
    return figure


def _colors(arms: pd.Series) -> list[str]:
    by_end = {"alone": plots.PALETTE["neutral"], "pooled data": plots.PALETTE["paper"]}
    return [by_end.get(arm.split(", ")[1], plots.PALETTE["ours"]) for arm in arms]


def _alone_line(axis: Axes, result: Result, learner: str) -> None:
    alone = result.captured(ALONE[learner])
    axis.axvline(alone, color=plots.PALETTE["paper"], linestyle="--", label=f"{ALONE[learner]}: {alone:.2f}")
