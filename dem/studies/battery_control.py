"""How much of what a battery could save each kind of agent does save, on homes and weeks that it has not seen."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pydantic import Field, field_validator

from dem import borrowed, data, plots
from dem.agents import (
    MPC,
    Agent,
    Foresight,
    Policy,
    PriceThreshold,
    SACConfig,
    SelfConsumption,
    discrete_sac,
    evaluate,
    imitation,
    library,
    optimum,
    value_iteration,
)
from dem.agents.foresight import Clairvoyance, Forecast
from dem.homes import Battery, Home, simulate
from dem.studies.config import StudyConfig
from dem.studies.home_learner import HOME_LEARNER
from dem.units import HOURS_PER_WEEK

SYNTHETIC_START = "2022-01-03"
HISTORY_WEEKS = 2
"""Weeks before the judged ones that forecasts may look back on."""
LABELS = {
    "clairvoyant": "planning, load and sun known",
    "planning": "planning over forecasts (MPC)",
    "value": "value iteration",
    "imitation": "imitation of the optimum",
    "PPO": "PPO",
    "SAC": "SAC (continuous)",
    "discrete SAC": "SAC (discrete, our own)",
    "DQN": "DQN",
    "self-consumption": "self-consumption rule",
    "price threshold": "price threshold rule",
}
LEARNING = ("value", "imitation", "PPO", "SAC", "discrete SAC", "DQN")
"""Agents that differ from seed to seed."""
RULES = ("self-consumption", "price threshold")
SHOWN = ("value", "planning")
"""Agents whose week is drawn beside the optimum's."""


class Config(StudyConfig):
    """Settings of the study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {},
        "full": {
            "train_homes": 10,
            "test_homes": 5,
            "train_weeks": 52,
            "test_weeks": 26,
            "seeds": 3,
            "updates": 3_000,
            "library_steps": 60_000,
        },
    }

    train_homes: int = Field(default=3, ge=1, description="homes that agents are trained on")
    test_homes: int = Field(default=2, ge=1, description="other homes, on which they are judged")
    train_weeks: int = Field(default=12, ge=6, description="weeks that agents are trained on")
    test_weeks: int = Field(default=3, ge=1, description="the weeks after them, on which they are judged")
    seeds: int = Field(default=2, ge=1, description="independent trainings of each learning agent")
    agents: tuple[str, ...] = Field(default=tuple(LABELS), min_length=1, description="who is judged, see LABELS")
    updates: int = Field(default=400, ge=1, description="gradient steps of a fit of value iteration or imitation")
    hidden: int = Field(default=64, ge=1, description="units in the hidden layers of the discrete SAC")
    library_steps: int = Field(default=2_500, ge=1, description="home-steps that PPO, DQN and both SACs train for")
    library_seconds: float = Field(default=600.0, gt=0, description="after which their training is cut short")

    @field_validator("agents")
    @classmethod
    def _known(cls, agents: tuple[str, ...]) -> tuple[str, ...]:
        for name in agents:
            if name not in LABELS:
                raise ValueError(f"unknown agent {name!r}, there are {', '.join(LABELS)}")
        return agents


@dataclass(frozen=True)
class Result:
    """What was measured.

    Attributes:
        runs: one row per agent, seed and test home, with everything that ``evaluate`` measures, and ``training_s``,
            processor seconds of its training, forecasts not counted.
        summary: one row per agent, in the order of ``LABELS``: mean and 95 % interval over seeds of ``captured``,
            and means of the rest; EUR and kgCO2e are a home and week.
        week: the first judged week of one home, one row per agent and interval; the optimum is an agent here.
        limits: one row per test home: bills in EUR a week without battery and at the optimum.
    """

    runs: pd.DataFrame
    summary: pd.DataFrame
    week: pd.DataFrame
    limits: pd.DataFrame


@borrowed.one_thread()
def run(config: Config) -> Result:
    """Train every agent and judge it against the limit on other homes and later weeks."""
    train, test, start = tables(config)
    judged = test[test.index >= start]
    home = Home(judged)
    optimal = optimum(home)
    foresight = _Remembering.day_ahead(train)
    runs, weeks = [], [_week("optimum", optimal, judged)]
    makers = _makers(config, train, home, foresight)
    for name, seed in _trainings(config):
        begun = time.process_time()
        agent = makers[name](seed)
        training_s = time.process_time() - begun
        measured = evaluate(agent, test, start=start, optimal=optimal)
        runs.append(measured.reset_index().assign(agent=name, seed=seed, training_s=training_s))
        if name in SHOWN and seed == config.seed:
            weeks.append(_week(name, _play(agent, test, judged), judged))
    table = pd.concat(runs, ignore_index=True)
    weeks_judged = len(home.times) * home.step_hours / HOURS_PER_WEEK
    limits = table.groupby("home")[["bill_without_eur", "bill_optimal_eur"]].first() / weeks_judged
    return Result(table, _summary(table, weeks_judged), pd.concat(weeks, ignore_index=True), limits.reset_index())


class _Remembering(Foresight):
    """Forecasts that every agent shares: those of a table are made once."""

    def forecast(self, table: pd.DataFrame) -> Forecast:
        """As ``Foresight.forecast``."""
        # The table is kept too, so that no other can come to bear its identity.
        made = vars(self).setdefault("_made", {})
        if id(table) not in made:
            made[id(table)] = (table, super().forecast(table))
        return made[id(table)][1]


def tables(config: Config) -> tuple[pd.DataFrame, pd.DataFrame, pd.Timestamp]:
    """Homes and weeks to train on; other homes in later weeks, with some history; and when judging begins.

    A source with one building is cut into households. One that is shorter than asked for is split three to one.

    Raises:
        ValueError: if the source has neither one building nor at least two homes.
    """
    weeks = config.train_weeks + config.test_weeks
    table = _source(config, weeks)
    length = data.intervals(table, HOURS_PER_WEEK)
    present = len(table) // table["home"].nunique() // length
    test_weeks = config.test_weeks if present >= weeks else max(1, present // 4)
    times = table.index.unique()[-min(weeks, present) * length :]
    start = times[-test_weeks * length]
    past = start - pd.Timedelta(weeks=HISTORY_WEEKS)
    before = table[(table.index >= times[0]) & (table.index < start)]
    after = table[table.index >= past]
    names = data.home_names(table)
    if len(names) == 1:
        return data.households(before, config.train_homes), data.households(after, config.test_homes), start
    count = min(config.train_homes, max(1, len(names) - config.test_homes))
    train, test = names[:count], names[count : count + config.test_homes]
    return before[before["home"].isin(train)], after[after["home"].isin(test)], start


def draw_captured(result: Result) -> Figure:
    """Captured value of each agent: bars with the interval over seeds, dots for single homes, the limit at 1."""
    summary = result.summary
    figure, axis = plt.subplots(figsize=(9, 4.6))
    learned = summary["seeds"] > 1
    colors = np.where(learned, plots.PALETTE["ours"], plots.PALETTE["neutral"])
    axis.barh(summary["label"], summary["captured"], xerr=summary["interval"].fillna(0), color=colors, capsize=3)
    homes = result.runs.groupby(["agent", "home"], sort=False)["captured"].mean().reset_index()
    axis.plot(homes["captured"], homes["agent"].map(LABELS), "o", color="black", markersize=3, label="single homes")
    axis.axvline(1, color=plots.PALETTE["paper"], linestyle="--", label="limit: perfect foresight")
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set(xlabel="captured value (share of the saving that is possible)", ylabel="")
    axis.invert_yaxis()
    axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.16), ncols=2, fontsize=9)
    return figure


def draw_week(result: Result) -> Figure:
    """What is in store over one week, the optimum's beside the agents', under the prices of that week."""
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(10, 5.6), sharex=True, height_ratios=(1, 2))
    first = result.week[result.week["agent"] == "optimum"]
    top.step(first["time"], first["import_price"], where="post", color=plots.PALETTE["price"], label="import")
    top.step(first["time"], first["export_price"], where="post", color=plots.PALETTE["neutral"], label="export")
    top.set(ylabel="price (EUR/kWh)")
    top.legend(loc="upper right", ncols=2, fontsize=8)
    styles = {
        "optimum": ("limit: perfect foresight", plots.PALETTE["paper"], 2.4),
        "value": (LABELS["value"], plots.PALETTE["ours"], 1.4),
        "planning": (LABELS["planning"], plots.PALETTE["good"], 1.4),
    }
    for agent, rows in result.week.groupby("agent", sort=False):
        label, color, width = styles[agent]
        bottom.plot(rows["time"], rows["stored_kwh"], color=color, linewidth=width, label=label, alpha=0.85)
    bottom.set(ylabel="in store (kWh)", xlabel="day (UTC)")
    bottom.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=3, fontsize=9)
    bottom.xaxis.set_major_formatter(mdates.DateFormatter("%a %d %b"))
    return figure


def draw_bills(result: Result) -> Figure:
    """Mean bill of a home and week with each agent, between no battery and the optimum."""
    summary = result.summary
    without, best = result.limits[["bill_without_eur", "bill_optimal_eur"]].mean()
    figure, axis = plt.subplots(figsize=(9, 4.2))
    axis.plot(summary["bill_eur"], summary["label"], "o", color=plots.PALETTE["ours"], markersize=8)
    axis.hlines(summary["label"], summary["bill_eur"], without, color=plots.PALETTE["ours"], linewidth=2)
    axis.axvline(without, color=plots.PALETTE["neutral"], linestyle="--", label=f"no battery: {without:.2f} EUR")
    axis.axvline(best, color=plots.PALETTE["paper"], linestyle="--", label=f"limit: {best:.2f} EUR")
    axis.set(xlabel="bill (EUR a home and week)", ylabel="")
    axis.invert_yaxis()
    axis.legend(loc="upper center", bbox_to_anchor=(0.4, -0.16), ncols=2, fontsize=9)
    return figure


def verdict(result: Result) -> str:
    """The outcome in words."""
    agents = result.summary.set_index("agent")
    known = agents.loc["clairvoyant"]
    rules = agents.loc[list(RULES), "captured"]
    planned, learned = agents.loc["planning"], agents.loc["value"]
    saved = (result.limits["bill_without_eur"] - result.limits["bill_optimal_eur"]).mean()
    interval = "" if np.isnan(learned["interval"]) else f" ± {learned['interval']:.3f}"
    forecasts = (known["captured"] - planned["captured"]) / (1 - planned["captured"])
    return (
        f"A home could save {saved:.2f} EUR a week at most. Planning saves {planned['captured']:.3f} of that, value "
        f"iteration, which plans nothing when it acts, {learned['captured']:.3f}{interval}; the rule that most "
        f"batteries are sold with, self-consumption, {rules['self-consumption']:.3f}, and the price threshold "
        f"{rules['price threshold']:.3f}. Had planning known load and sun a day "
        f"ahead, it would have saved {known['captured']:.3f}: {forecasts:.0%} of what it misses is lost to its "
        f"forecasts of the home."
    )


def summary_table(result: Result) -> pd.DataFrame:
    """Every agent as a reader wants it; money, emissions and energy through the battery are a home's."""
    summary = result.summary
    captured = plots.plus_minus_column(summary["captured"], summary["interval"], digits=3)
    return pd.DataFrame(
        {
            "agent": summary["label"],
            "captured value": captured,
            "bill (EUR/week)": summary["bill_eur"].map("{:.2f}".format),
            "emissions (kgCO2e/week)": summary["emissions_kg"].map("{:.2f}".format),
            "full cycles a day": summary["cycles"].map("{:.2f}".format),
            "self-consumption (%)": summary["self_consumption"]
            .map("{:.0%}".format)
            .str.rstrip("%")
            .replace("nan", "–"),
            "peak (kW)": summary["peak_kw"].map("{:.1f}".format),
        }
    )


def _source(config: Config, weeks: int) -> pd.DataFrame:
    if config.data != "synthetic":
        return data.load(config.data, tariff="time_of_use")
    end = pd.Timestamp(SYNTHETIC_START) + pd.Timedelta(weeks=weeks)
    homes = config.train_homes + config.test_homes
    return data.load(homes=homes, start=SYNTHETIC_START, end=end, tariff="time_of_use", seed=config.seed)


def _trainings(config: Config) -> list[tuple[str, int]]:
    """Agent and seed of every training; agents that learn nothing have nothing to draw, and come once."""
    return [(name, config.seed + k) for name in config.agents for k in range(config.seeds if name in LEARNING else 1)]


def _makers(
    config: Config, train: pd.DataFrame, home: Home, foresight: Foresight
) -> dict[str, Callable[[int], Policy | Agent]]:
    """What makes each agent from a seed."""
    values = value_iteration.ValueConfig(updates=config.updates)
    copies = imitation.ImitationConfig(updates=config.updates)
    soft = SACConfig(hidden=config.hidden, **HOME_LEARNER)
    budget: dict[str, Any] = {"steps": config.library_steps, "seconds": config.library_seconds, "foresight": foresight}

    def of_library(algorithm: str) -> Callable[[int], Agent]:
        return lambda seed: library.train(algorithm, train, seed=seed, **budget)

    return {
        "clairvoyant": lambda _: MPC(Clairvoyance(foresight), Battery()),
        "planning": lambda _: MPC(foresight, Battery()),
        "value": lambda seed: value_iteration.train(train, config=values, foresight=foresight, seed=seed),
        "imitation": lambda seed: imitation.train(train, config=copies, foresight=foresight, seed=seed),
        "discrete SAC": lambda seed: discrete_sac.train(train, config=soft, seed=seed, **budget),
        **{algorithm: of_library(algorithm) for algorithm in library.ALGORITHMS},
        "self-consumption": lambda _: SelfConsumption(home),
        "price threshold": lambda _: PriceThreshold.from_prices(home, train["import_price"].to_numpy()),
    }


def _play(agent: Agent, test: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    features = {name: values.loc[judged.index[0] :] for name, values in agent.features(test).items()}
    home = Home(judged, features=features)
    return simulate(agent.policy(home), home)


def _week(name: str, dispatch: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """The first home's first week."""
    home = dispatch["home"].iloc[0]
    end = dispatch.index[0] + pd.Timedelta(weeks=1)
    mine = dispatch[(dispatch["home"] == home) & (dispatch.index < end)]
    prices = judged.loc[(judged["home"] == home).to_numpy() & (judged.index < end), ["import_price", "export_price"]]
    stored = mine["soc"] * Battery().capacity_kwh
    return prices.assign(agent=name, stored_kwh=stored, battery_kwh=mine["battery_kwh"]).reset_index()


def _summary(runs: pd.DataFrame, weeks: float) -> pd.DataFrame:
    rows = []
    for agent, mine in runs.groupby("agent"):
        per_seed = mine.groupby("seed").mean(numeric_only=True)
        mean, interval = plots.mean_interval(per_seed["captured"].to_numpy())
        rest = per_seed[["bill_eur", "emissions_kg", "cycles", "self_consumption", "peak_kw"]].mean()
        rest[["bill_eur", "emissions_kg"]] /= weeks
        row = {"agent": agent, "label": LABELS[agent], "seeds": len(per_seed)}
        rows.append({**row, "captured": float(mean), "interval": float(interval), **rest})
    return pd.DataFrame(rows).sort_values("agent", key=lambda names: names.map(list(LABELS).index), ignore_index=True)
