"""Notebook 11: a feeder that agrees with the published solution, and who keeps its voltages while homes trade.

The feeder is compared node by node with the solution that IEEE publishes. Then streets of homes trade on it: what the
feeder cannot carry at fixed taps is found and cut at the least loss of value, and the same days are run under every
controller of the taps, between the baseline that utilities use and two limits that know more than anybody can.
"""

import itertools
from dataclasses import dataclass
from typing import Any, ClassVar

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pydantic import Field

from dem import data, paths, plots
from dem.grid import Feeder
from dem.grid.feeder import HIGH_PU, LOW_PU, streets
from dem.grid.one_line_diagram import draw_feeders
from dem.grid.voltage_control import Operation
from dem.studies import voltage_contest as contest
from dem.studies.config import StudyConfig
from dem.studies.feeder_trades import carry
from dem.studies.trading_days import INTENSITIES, STEP_MINUTES, TradingDay, trading_day

PUBLISHED = paths.DATA / "reference" / "ieee13_voltages.csv"
PUBLISHED_LOSSES_KW = 111.063
GOAL_PU, GOAL_DEGREES = 0.0005, 0.05
SHOWN = "heavy"
DRAWN = (contest.NO_CONTROL, contest.BASELINE, contest.TWIN)
COLORS = {
    contest.NO_CONTROL: plots.PALETTE["neutral"],
    contest.BASELINE: plots.PALETTE["paper"],
    contest.LEARNED: plots.PALETTE["price"],
    contest.BLIND: "#56B4E9",
    contest.HOUR: "#3A8FC7",
    contest.TWIN: plots.PALETTE["ours"],
    contest.EXHAUSTIVE: plots.PALETTE["supply"],
    contest.FORESIGHT: plots.PALETTE["good"],
}


class Config(StudyConfig):
    """Settings of this study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {"days": 3, "models": 1, "training_steps": 6_000, "training_days": 1, "hour_ahead": False},
        "full": {"days": 5, "models": 2, "training_steps": 20_000, "training_days": 2, "hour_ahead": True},
    }

    days: int = Field(default=3, ge=2, description="days that are counted, each at every intensity of trading")
    models: int = Field(default=1, ge=1, description="DQNs trained from different seeds; they take turns at the days")
    training_days: int = Field(default=1, ge=1, description="days of each intensity that each DQN trains on")
    training_steps: int = Field(default=6_000, ge=10, description="five-minute steps that each DQN trains for")
    hour_ahead: bool = Field(default=False, description="also a twin that knows the schedule an hour ahead only")

    @property
    def controllers(self) -> tuple[str, ...]:
        """The controllers that take part."""
        return tuple(name for name in contest.CONTROLLERS if self.hour_ahead or name != contest.HOUR)


@dataclass(frozen=True)
class Result:
    """What was found.

    Attributes:
        validation: one row per node and phase: published and solved magnitude and angle, and their differences.
        losses_kw: losses of the published case, solved.
        scores: one row per intensity, day and controller: ``operations``, ``outside_percent``, ``avoidable``.
        numbers: mean and interval of the scores, as they are drawn.
        day: the day that is drawn, ``SHOWN`` intensity.
        operations: that day under each controller.
        nodes: rows of the feeder's nodes, in the order of voltages.
        carried: one row per market interval of that day at fixed taps, see ``feeder_trades.carry``.
        course: voltages and taps of that day as they are drawn, one row per step and controller drawn.
    """

    validation: pd.DataFrame
    losses_kw: float
    scores: pd.DataFrame
    numbers: pd.DataFrame
    day: TradingDay
    operations: dict[str, Operation]
    nodes: pd.DataFrame
    carried: pd.DataFrame
    course: pd.DataFrame


def run(config: Config) -> Result:
    """Validate the feeder, trade on it, and run the days under every controller."""
    table, feeder = data.load(config.data, seed=config.seed), Feeder.ieee13(streets())
    validation, losses = validate()
    scores, played = compete(config, feeder, table)
    shown = trading_day(table, SHOWN, config.seed)
    return Result(
        validation=validation,
        losses_kw=losses,
        scores=scores,
        numbers=summary(scores),
        day=shown,
        operations=played[SHOWN],
        nodes=feeder.nodes,
        carried=carry(feeder, shown),
        course=course(played[SHOWN]),
    )


def compete(
    config: Config, feeder: Feeder, table: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, dict[str, Operation]]]:
    """Run every day at every intensity under every controller.

    Returns:
        The scores (see ``Result``), and how the first day went: intensity → controller → operation.
    """
    policies = [
        contest.train(feeder, table, days=config.training_days, steps=config.training_steps, seed=config.seed + k)
        for k in range(config.models)
    ]
    scores, first_day = [], {}
    for number, intensity in itertools.product(range(config.days), INTENSITIES):
        day = trading_day(table, intensity, config.seed + number)
        played = contest.play(feeder, day, policies[number % len(policies)], config.controllers)
        scores.append(contest.score(played).assign(intensity=intensity, day=number))
        first_day.setdefault(intensity, played)
    return pd.concat(scores, ignore_index=True), first_day


def validate() -> tuple[pd.DataFrame, float]:
    """The published voltages beside the solved ones, and the solved losses in kW."""
    feeder = Feeder.ieee13()
    feeder.solve("published case")
    published = pd.read_csv(PUBLISHED, comment="#", dtype={"node": str}).drop(columns="source")
    both = published.merge(feeder.voltages(), on=["node", "phase"], suffixes=("_published", ""), validate="1:1")
    angle = (both["angle_deg"] - both["angle_deg_published"] + 180) % 360 - 180
    error = {"error_pu": both["magnitude_pu"] - both["magnitude_pu_published"], "error_deg": angle}
    return both.assign(**error), feeder.losses


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean and 95 % interval over the days: one row per intensity and controller."""
    rows = []
    for (intensity, controller), days in scores.groupby(["intensity", "controller"], sort=False):
        row = {"intensity": intensity, "controller": controller, "days": len(days)}
        for column in ("operations", "outside_percent", "avoidable"):
            mean, interval = plots.mean_interval(days[column].to_numpy(dtype=float))
            row |= {column: float(mean), f"{column}_interval": float(interval)}
        rows.append(row)
    return pd.DataFrame(rows)


def draw_validation(result: Result) -> Figure:
    """Published and solved magnitudes of every node and phase, and the differences beside the goal."""
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(11, 5.5), sharex=True, height_ratios=(3, 2))
    table = result.validation
    x, labels = np.arange(len(table)), table["node"] + "." + table["phase"]
    top.plot(x, table["magnitude_pu_published"], "o", mfc="none", ms=9, color=plots.PALETTE["paper"], label="published")
    top.plot(x, table["magnitude_pu"], "x", color=plots.PALETTE["ours"], label="ours")
    top.axhspan(LOW_PU, HIGH_PU, color=plots.PALETTE["good"], alpha=0.08, label=f"{LOW_PU}–{HIGH_PU} pu")
    top.set_ylabel("voltage (pu)")
    top.legend(ncols=3, loc="lower left", fontsize=9)
    bottom.bar(x, 1e3 * table["error_pu"], color=plots.PALETTE["ours"])
    for sign in (-1, 1):
        bottom.axhline(sign * 1e3 * GOAL_PU, color="black", linestyle="--", linewidth=0.8)
    bottom.set_ylabel("ours − published\n(0.001 pu)")
    bottom.set_xticks(x, labels, rotation=90, fontsize=8)
    bottom.set_xlabel("node and phase; dashed: the largest difference allowed")
    return figure


def draw_states(result: Result) -> Figure:
    """The feeder at the step of the drawn day that is worst without control, without and with the twin."""
    worst = _worst_step(result)
    panels = {
        name: result.nodes[["node", "phase"]].assign(magnitude_pu=result.operations[name].voltage[worst])
        for name in DRAWN
    }
    return draw_feeders(panels, f"{SHOWN.capitalize()} trading, {_clock(worst)}.")


def draw_day(result: Result) -> Figure:
    """Lowest and highest voltage on the feeder over the drawn day, and the taps, for three controllers."""
    figure, axes = plt.subplots(2, len(DRAWN), figsize=(12, 5.5), sharex=True, sharey="row", height_ratios=(3, 2))
    for column, name in enumerate(DRAWN):
        operation = result.operations[name]
        hours = np.arange(len(operation.taps)) * STEP_MINUTES / 60
        low, high = operation.voltage.min(axis=1), operation.voltage.max(axis=1)
        top, bottom = axes[:, column]
        top.fill_between(hours, low, high, color=COLORS[name], alpha=0.35, linewidth=0)
        for edge in (low, high):
            top.plot(hours, edge, color=COLORS[name], linewidth=0.8)
        for limit in (LOW_PU, HIGH_PU):
            top.axhline(limit, color="black", linestyle="--", linewidth=0.8)
        out = 100 * operation.violations().sum() / operation.voltage.size
        top.set_title(f"{name}: {out:.2g} % outside", fontsize=11)
        for phase, taps in zip("ABC", operation.taps.T, strict=True):
            bottom.step(hours, taps, where="post", label=phase)
        bottom.set_title(f"{operation.operations} operations", fontsize=11)
        bottom.set(xlabel="hour of the day (UTC)", xlim=(0, 24), xticks=range(0, 25, 6))
    axes[0, 0].set_ylabel("lowest to highest\nvoltage (pu)")
    axes[1, 0].set_ylabel("tap position")
    axes[1, 0].legend(title="phase", ncols=3, fontsize=8, title_fontsize=8)
    return figure


def draw_controllers(result: Result) -> Figure:
    """Share of node-time out of band and tap operations a day of every controller, by intensity of trading."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), sharey=True)
    names = list(result.numbers["controller"].unique())
    height = 0.8 / len(INTENSITIES)
    for k, intensity in enumerate(INTENSITIES):
        rows = result.numbers[result.numbers["intensity"] == intensity].set_index("controller").loc[names]
        y = np.arange(len(names)) + (k - 1) * height
        shade = {"height": height, "color": plt.get_cmap("viridis")(0.8 - 0.35 * k), "label": intensity}
        whiskers = {"ecolor": "0.35", "capsize": 2, "error_kw": {"linewidth": 1}}
        for axis, column in ((left, "outside_percent"), (right, "operations")):
            axis.barh(y, rows[column], xerr=rows[f"{column}_interval"].fillna(0), **shade, **whiskers)
    left.set_yticks(range(len(names)), names)
    left.invert_yaxis()
    left.set(xlabel=f"node-time outside {LOW_PU}–{HIGH_PU} pu (%)")
    right.set_xscale("symlog", linthresh=10)
    right.set(xlabel="tap operations a day")
    for axis in (left, right):
        axis.set_xlim(left=0)
    left.legend(title="trading", loc="lower right", frameon=True)
    return figure


def validation_words(result: Result) -> str:
    """How far the solved feeder is from the published solution, in a sentence."""
    pu, degrees = result.validation["error_pu"].abs().max(), result.validation["error_deg"].abs().max()
    verdict = "inside" if pu <= GOAL_PU and degrees <= GOAL_DEGREES else "**outside**"
    return (
        f"Over {len(result.validation)} nodes and phases the largest difference is {pu:.5f} pu and {degrees:.3f}°, "
        f"{verdict} the {GOAL_PU} pu and {GOAL_DEGREES}° that we allow. "
        f"Losses are {result.losses_kw:.2f} kW; published are {PUBLISHED_LOSSES_KW:.2f} kW."
    )


def verdict(result: Result) -> str:
    """Who keeps the voltages and at how many moves, beside the baseline and the limits."""
    rows = []
    table = result.numbers.set_index(["intensity", "controller"])
    for intensity in INTENSITIES:
        twin, base, limit = (
            table.loc[(intensity, name)] for name in (contest.TWIN, contest.BASELINE, contest.FORESIGHT)
        )
        rows.append(
            f"- **{intensity}** trading: {twin['operations']:.1f} operations a day, {twin['outside_percent']:.3f} % of "
            f"node-time outside; line-drop compensation {base['operations']:.1f} and {base['outside_percent']:.3f} %; "
            f"perfect foresight {limit['operations']:.1f} and {limit['outside_percent']:.3f} %."
        )
    total = result.scores.groupby("controller")[["operations", "avoidable"]].sum()
    twin, blind = total.loc[contest.TWIN], total.loc[contest.BLIND]
    return (
        f"The twin that knows the day's schedule, over {result.scores['day'].nunique()} days:\n\n"
        + "\n".join(rows)
        + f"\n\nNode-steps out of band in steps in which exhaustive search has none: {twin['avoidable']:.0f}. The twin "
        f"that does not know the trades makes {blind['operations']:.0f} operations on all these days where the one "
        f"that does makes {twin['operations']:.0f}, and has {blind['avoidable']:.0f} such node-steps."
    )


def score_table(result: Result) -> pd.DataFrame:
    """Mean operations a day and percent of node-time outside the band: controllers down, intensities across."""
    titles = {"outside_percent": "node-time outside (%)", "operations": "tap operations a day"}
    table = result.numbers.pivot_table(index="controller", columns="intensity", values=list(titles), sort=False)
    columns = pd.MultiIndex.from_product([list(titles), list(INTENSITIES)])
    return table.reindex(columns=columns).rename(columns=titles)


def course(played: dict[str, Operation]) -> pd.DataFrame:
    """Taps and lowest and highest voltage as they are drawn: one row per step and controller."""
    rows = []
    for name in DRAWN:
        operation = played[name]
        taps = pd.DataFrame(operation.taps, columns=["tap_a", "tap_b", "tap_c"])
        low, high = operation.voltage.min(axis=1), operation.voltage.max(axis=1)
        hours = np.arange(len(taps)) * STEP_MINUTES / 60
        rows.append(taps.assign(controller=name, hour=hours, lowest_pu=low, highest_pu=high))
    return pd.concat(rows, ignore_index=True)


def _worst_step(result: Result) -> int:
    """The step with the most nodes out of band without control; of equals the one farthest from 1 pu."""
    operation = result.operations[contest.NO_CONTROL]
    return int((operation.violations() + np.abs(operation.voltage - 1).max(axis=1)).argmax())


def _clock(step: int) -> str:
    minutes = step * STEP_MINUTES
    return f"{minutes // 60:02d}:{minutes % 60:02d} UTC"


def state_numbers(result: Result) -> pd.DataFrame:
    """Voltages behind the one-line diagrams: one row per node, phase and controller."""
    worst = _worst_step(result)
    return pd.concat(
        [
            result.nodes[["node", "phase"]].assign(
                controller=name, magnitude_pu=result.operations[name].voltage[worst], step=worst
            )
            for name in DRAWN
        ],
        ignore_index=True,
    )
