"""How well tomorrow can be known: six ways to forecast load, PV and price, on weeks that none has seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import Field

from dem import borrowed, data, plots
from dem.forecast import (
    LSTM,
    Boosting,
    Calibrated,
    Forecaster,
    Linear,
    NeuralConfig,
    Scope,
    SeasonalNaive,
    Target,
    Transformer,
    evaluate,
)
from dem.forecast.windows import Panel
from dem.studies import forecast_federation, forecast_limit
from dem.studies.battery_control import HISTORY_WEEKS, SYNTHETIC_START
from dem.studies.config import StudyConfig
from dem.units import HOURS_PER_DAY, HOURS_PER_WEEK

TASKS: dict[str, tuple[Target, Scope]] = {
    "load of a home": ("load_kwh", "home"),
    "PV of a home": ("pv_kwh", "home"),
    "load of all homes": ("load_kwh", "neighbourhood"),
    "price": ("wholesale_price", "neighbourhood"),
}
HORIZONS_HOURS = {"day ahead": 24, "4 hours": 4}
MODELS = ("naive", "linear", "boosting", "LSTM", "Transformer")
NEURAL = ("LSTM", "Transformer")
BANDS = (50, 80, 90)
"""Per cent that the bands between symmetric quantiles promise to cover."""
FOLLOWED_WEEKS = 4
"""Before the judged weeks, in which the corrections follow the judged homes."""
WEEK_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Config(StudyConfig):
    """Settings of the study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {},
        "full": {
            "train_homes": 10,
            "test_homes": 5,
            "train_weeks": 36,
            "test_weeks": 8,
            "calibration_weeks": 4,
            "seeds": 3,
            "network": NeuralConfig(updates=200),
            "trees": 40,
            "rounds": 10,
            "federated_network": NeuralConfig(hidden=32, updates=100, batch_size=64),
        },
    }

    train_homes: int = Field(default=3, ge=2, description="homes that forecasters are trained on")
    test_homes: int = Field(default=2, ge=1, description="other homes, on which they are judged")
    train_weeks: int = Field(default=16, ge=8, description="weeks that forecasters are trained and calibrated on")
    test_weeks: int = Field(default=3, ge=1, description="the weeks after them, on which they are judged")
    calibration_weeks: int = Field(default=4, ge=1, description="the last of the training weeks, kept for calibration")
    seeds: int = Field(default=2, ge=1, description="independent trainings of each network")
    network: NeuralConfig = Field(
        default=NeuralConfig(hidden=32, layers=1, updates=40, batch_size=64, learning_rate=5e-3),
        description="LSTM and Transformer",
    )
    trees: int = Field(default=15, ge=1, description="trees of the boosted median")
    home_weeks: int = Field(default=3, ge=3, description="weeks that each home of the federation has measured")
    rounds: int = Field(default=4, ge=1, description="rounds of federated averaging")
    federated_network: NeuralConfig = Field(
        default=NeuralConfig(hidden=16, layers=1, updates=24, batch_size=32, learning_rate=5e-3),
        description="the LSTM of the federation",
    )


@dataclass(frozen=True)
class Split:
    """Home tables to learn from and to be judged on.

    Attributes:
        others: other homes in earlier weeks: what forecasts of single homes learn from.
        own: the judged homes in earlier weeks: what forecasts of all of them together learn from.
        judged: the judged homes, from six weeks before ``start`` on.
        start: the first judged time.
    """

    others: pd.DataFrame
    own: pd.DataFrame
    judged: pd.DataFrame
    start: pd.Timestamp


@dataclass(frozen=True)
class Result:
    """What was measured.

    Attributes:
        scores: one row per task, horizon, model, seed, home and week, with everything that `evaluate` measures.
        summary: one row per task, horizon and model: mean and 95 % interval over seeds of ``mase`` and
            ``scaled_pinball``; means of the rest.
        gains: one row per task and horizon: the best network against the best other model, per cent of pinball loss,
            with a 95 % interval over homes and weeks; and what the limit would gain.
        week: the first judged week of one home (or all), day ahead, by the best model of each task.
        federation: one row per arm, seed, home and week.
        limit: what the best conceivable forecast of a synthetic home's load scores a day ahead, one row per task, home
            and week; empty for measured homes.
    """

    scores: pd.DataFrame
    summary: pd.DataFrame
    gains: pd.DataFrame
    week: pd.DataFrame
    federation: pd.DataFrame
    limit: pd.DataFrame


@borrowed.one_thread()
def run(config: Config) -> Result:
    """Train every model on every task, judge it on other homes and later weeks, and let homes train together."""
    tables = split(config)
    test, start = tables.judged, tables.start
    scores, weeks_shown = [], {}
    for task, model, seed, forecaster in _models(config):
        forecaster.fit(tables.others if forecaster.scope == "home" else tables.own).follow(test[test.index < start])
        labels = {"task": task, "model": model, "seed": seed}
        for horizon, hours in HORIZONS_HOURS.items():
            judged = evaluate(forecaster, test, start, horizon=data.intervals(test, hours))
            scores.append(judged.assign(horizon=horizon, **labels))
        if seed == config.seed:
            weeks_shown[task, model] = _week(forecaster, test, start)
    table = pd.concat(scores, ignore_index=True)
    summary = _summary(table)
    first = summary[summary["horizon"] == "day ahead"].sort_values("scaled_pinball").groupby("task", sort=False).first()
    shown = [
        weeks_shown[task, first.loc[task, "model"]].assign(task=task, model=first.loc[task, "model"]) for task in TASKS
    ]
    seeds = range(config.seed, config.seed + config.seeds)
    federation = forecast_federation.run(
        tables.others, config.federated_network, rounds=config.rounds, weeks=config.home_weeks, seeds=seeds
    )
    limit = _limit(config, tables)
    gains = _gains(table, summary, limit)
    return Result(table, summary, gains, pd.concat(shown, ignore_index=True), federation, limit)


def split(config: Config) -> Split:
    """Homes and weeks to learn from and to be judged on.

    A source with one building is cut into households, before and after on its own. One that is shorter than asked for
    is split three to one.

    Raises:
        ValueError: if the source has neither one building nor at least three homes.
    """
    table = _source(config)
    length = data.intervals(table, HOURS_PER_WEEK)
    present = len(table) // table["home"].nunique() // length
    weeks = min(config.train_weeks + config.test_weeks, present)
    judged = config.test_weeks if present >= config.train_weeks + config.test_weeks else max(1, present // 4)
    times = table.index.unique()[-weeks * length :]
    start = times[-judged * length]
    before = table[(table.index >= times[0]) & (table.index < start)]
    after = table[table.index >= start - pd.Timedelta(weeks=HISTORY_WEEKS + FOLLOWED_WEEKS)]
    names = data.home_names(table)
    if len(names) == 1:
        others, own = (data.households(before, count) for count in (config.train_homes, config.test_homes))
        return Split(others, own, data.households(after, config.test_homes), start)
    if len(names) < 3:
        raise ValueError(f"{config.data} has two homes: forecasts need one building to cut up, or three homes")
    count = min(config.train_homes, max(2, len(names) - config.test_homes))
    seen, unseen = names[:count], names[count : count + config.test_homes]
    own, judged_homes = (part[part["home"].isin(unseen)] for part in (before, after))
    return Split(before[before["home"].isin(seen)], own, judged_homes, start)


def draw_week(result: Result) -> Figure:
    """The first judged week, task by task: bands of 50 and 90 %, the median, and what came."""
    figure, axes = plt.subplots(len(TASKS), 1, figsize=(10, 10), sharex=True)
    for axis, task in zip(axes, TASKS, strict=True):
        rows = result.week[result.week["task"] == task]
        for low, high, alpha, label in (("q0.05", "q0.95", 0.2, "90 % band"), ("q0.25", "q0.75", 0.35, "50 % band")):
            axis.fill_between(
                rows["time"], rows[low], rows[high], color=plots.PALETTE["ours"], alpha=alpha, linewidth=0, label=label
            )
        axis.plot(rows["time"], rows["q0.5"], color=plots.PALETTE["ours"], linewidth=1.2, label="median")
        axis.plot(rows["time"], rows["truth"], color="black", linewidth=0.9, label="what came")
        axis.set_title(f"{task}, by {rows['model'].iloc[0]}", fontsize=11)
        axis.set(ylabel="EUR/kWh" if task == "price" else "kWh per interval")
    axes[-1].set(xlabel="day (UTC)")
    axes[-1].xaxis.set_major_formatter(mdates.DateFormatter("%a %d %b"))
    axes[-1].legend(loc="upper center", bbox_to_anchor=(0.5, -0.3), ncols=4, fontsize=9)
    return figure


def draw_scores(result: Result) -> Figure:
    """Both errors of every model, task by task and for both horizons; as yesterday is 1."""
    figure, axes = plt.subplots(2, len(TASKS), figsize=(13, 6.4), sharey=True, sharex="row")
    for row, (measure, label) in zip(
        axes, (("mase", "MASE (as yesterday = 1)"), ("scaled_pinball", "scaled pinball loss")), strict=True
    ):
        for axis, task in zip(row, TASKS, strict=True):
            _draw_measure(axis, result.summary[result.summary["task"] == task], measure)
            axis.set(xlabel=label, ylabel="")
        row[0].set_xlim(left=0)
    for row, measure in zip(axes, ("mase", "scaled_pinball"), strict=True):
        for task, least in result.limit.groupby("task")[measure].mean().items():
            label = "day ahead, knowing all but chance"
            row[list(TASKS).index(task)].axvline(least, color="black", linestyle=":", label=label)
    for axis, task in zip(axes[0], TASKS, strict=True):
        axis.set_title(task, fontsize=11)
        axis.axvline(1, color=plots.PALETTE["paper"], linestyle="--", linewidth=1)
    axes[0, 0].invert_yaxis()
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9)
    return figure


def draw_coverage(result: Result) -> Figure:
    """How far the share of truths inside each band is from what the band promises, day ahead."""
    figure, axes = plt.subplots(1, len(TASKS), figsize=(12, 4.2), sharey=True)
    ahead = result.summary[result.summary["horizon"] == "day ahead"]
    offsets = np.linspace(-2.5, 2.5, len(MODELS))
    for axis, task in zip(axes, TASKS, strict=True):
        axis.axhspan(-2, 2, color=plots.PALETTE["neutral"], alpha=0.2, label="within 2 points")
        for model, offset in zip(MODELS, offsets, strict=True):
            row = ahead[(ahead["task"] == task) & (ahead["model"] == model)].iloc[0]
            missed = [100 * row[f"coverage_{band}"] - band for band in BANDS]
            axis.plot(np.array(BANDS) + offset, missed, "o", markersize=5, label=model)
        axis.set_title(task, fontsize=11)
        axis.set(xlabel="band (%)", xticks=BANDS)
    axes[0].set(ylabel="covered − promised (points)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, fontsize=9)
    return figure


def verdict(result: Result) -> str:
    """The outcome in words: how many tasks beat yesterday, what networks add, and how well the bands hold."""
    best = result.summary.loc[result.summary.groupby(["task", "horizon"])["mase"].idxmin()]
    beaten = int((best["mase"] < 1).sum())
    ahead = result.gains[result.gains["horizon"] == "day ahead"]
    gains = "; ".join(
        f"{row['task']}: {row['network']} against {row['other']}, {row['gain']:+.1f} ± {row['interval']:.1f} %"
        for _, row in ahead.iterrows()
    )
    missed = _missed(result)
    better, worse = (int((sign * result.gains["gain"] > result.gains["interval"]).sum()) for sign in (1, -1))
    limits = "; ".join(f"{row['task']}, {row['limit']:.1f} %" for _, row in ahead.dropna(subset="limit").iterrows())
    most = f"Knowing everything but chance would save: {limits}. " if limits else ""
    return (
        f'The best model is better than "as yesterday" in {beaten} of {len(best)} cases (MASE {best["mase"].min():.2f} '
        f"to {best['mase'].max():.2f}). Pinball loss saved by the best network over the best other model, a day ahead: "
        f"{gains} (positive: the network is better; 95 % intervals over homes and weeks). At both lead times, networks "
        f"are clearly better in {better} of {len(result.gains)} cases and clearly worse in {worse}. {most}The 90 % "
        f"bands of the best models miss their promise by {missed.mean():.1f} points on average, {missed.max():.1f} at "
        f"most."
    )


def gains_table(result: Result) -> pd.DataFrame:
    """The best network beside the best other model, case by case, as a reader wants it."""
    gains = result.gains
    saved = plots.plus_minus_column(gains["gain"], gains["interval"], digits=1)
    names = {"task": "forecast of", "horizon": "lead time", "network": "best network", "other": "best other model"}
    table = gains[list(names)].rename(columns=names)
    limit = plots.plus_minus_column(gains["limit"], digits=1)
    return table.assign(**{"loss saved (%)": saved, "limit (%)": limit})


def _source(config: Config) -> pd.DataFrame:
    if config.data != "synthetic":
        return data.load(config.data)
    end = pd.Timestamp(SYNTHETIC_START) + pd.Timedelta(weeks=config.train_weeks + config.test_weeks)
    homes = config.train_homes + config.test_homes
    return data.load(homes=homes, start=SYNTHETIC_START, end=end, seed=config.seed)


def _models(config: Config) -> Iterator[tuple[str, str, int, Forecaster]]:
    """Task, model, seed and untrained forecaster; only networks are repeated."""
    for task, (target, scope) in TASKS.items():
        plain = {"naive": SeasonalNaive(target, scope), "linear": Linear(target, scope)}
        plain["boosting"] = Boosting(
            target, scope, iterations=config.trees, rows=1_000 * config.trees, seed=config.seed
        )
        for model, forecaster in plain.items():
            yield task, model, config.seed, Calibrated(forecaster, config.calibration_weeks)
        for seed in range(config.seed, config.seed + config.seeds):
            for model, kind in zip(NEURAL, (LSTM, Transformer), strict=True):
                network = kind(target, scope, config=config.network, seed=seed)
                yield task, model, seed, Calibrated(network, config.calibration_weeks)


def _week(forecaster: Forecaster, test: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """Seven forecasts of a day each for the first home, and what came."""
    day = data.intervals(test, HOURS_PER_DAY)
    origins = pd.date_range(start, periods=7, freq="D")
    predicted = forecaster.predict_each(test, origins, day)[:, 0].reshape(7 * day, -1)
    panel = Panel.from_table(test, forecaster.target, forecaster.scope)
    first = panel.times.searchsorted(start)
    columns = {f"q{level:g}": predicted[:, forecaster.quantiles.index(level)] for level in WEEK_QUANTILES}
    span = slice(first, first + 7 * day)
    return pd.DataFrame({"time": panel.times[span], "truth": panel.series[span, 0], **columns})


def _summary(scores: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (task, horizon, model), mine in scores.groupby(["task", "horizon", "model"], sort=False):
        per_seed = mine.groupby("seed").mean(numeric_only=True)
        row = {"task": task, "horizon": horizon, "model": model, "seeds": len(per_seed)}
        for measure in ("mase", "scaled_pinball"):
            mean, interval = plots.mean_interval(per_seed[measure].to_numpy())
            row |= {measure: float(mean), f"{measure}_interval": float(interval)}
        others = ["rmse", "pinball", *(f"coverage_{band}" for band in BANDS)]
        rows.append({**row, **per_seed[others].mean()})
    return pd.DataFrame(rows)


def _limit(config: Config, tables: Split) -> pd.DataFrame:
    if config.data != "synthetic":
        return pd.DataFrame(columns=["task", "horizon", "mase", "scaled_pinball"], dtype=float)
    task_of = {scope: task for task, (target, scope) in TASKS.items() if target == forecast_limit.Limit.target}
    scores = forecast_limit.scores(tables.judged, tables.start, config.seed, tuple(task_of))
    return scores.assign(task=scores["scope"].map(task_of), horizon="day ahead")


def _gains(scores: pd.DataFrame, summary: pd.DataFrame, limit: pd.DataFrame) -> pd.DataFrame:
    """The networks' best against the others' best, paired home by home and week by week."""
    least = limit.groupby(["task", "horizon"])["scaled_pinball"].mean()
    rows = []
    for (task, horizon), mine in summary.groupby(["task", "horizon"], sort=False):
        loss = mine.set_index("model")["scaled_pinball"]
        network, other = loss[list(NEURAL)].idxmin(), loss.drop(list(NEURAL)).idxmin()
        here = scores[(scores["task"] == task) & (scores["horizon"] == horizon)]
        paired = here.pivot_table("scaled_pinball", ["home", "week"], "model")
        saved = 100 * (paired[other] - paired[network]) / paired[other].mean()
        mean, interval = plots.mean_interval(saved.to_numpy())
        names = {"task": task, "horizon": horizon, "network": network, "other": other}
        most = 100 * (1 - least.get((task, horizon), np.nan) / loss[other])
        rows.append({**names, "gain": float(mean), "interval": float(interval), "limit": float(most)})
    return pd.DataFrame(rows)


def _missed(result: Result) -> pd.Series:
    """Distance in points of the 90 % band's coverage from 90 %, of the best model of each task and horizon."""
    best = result.summary.loc[result.summary.groupby(["task", "horizon"])["scaled_pinball"].idxmin()]
    return (100 * best["coverage_90"] - 90).abs()


def _draw_measure(axis: Axes, summary: pd.DataFrame, measure: str) -> None:
    place = {model: number for number, model in enumerate(MODELS)}
    colors = (plots.PALETTE["ours"], plots.PALETTE["supply"])
    for shift, color, (horizon, rows) in zip(
        (-0.18, 0.18), colors, summary.groupby("horizon", sort=False), strict=True
    ):
        at = rows["model"].map(place) + shift
        axis.barh(
            at, rows[measure], height=0.34, xerr=rows[f"{measure}_interval"], color=color, capsize=2, label=horizon
        )
    axis.set_yticks(range(len(MODELS)), MODELS)
