"""Notebook 04: do the paper's agents learn earlier together, and what is it worth on a sound home?

Two experiments with the same Flower app. The first is the paper's: its environment, its agents, two houses, with and
without averaging the houses' networks after every episode. The second asks the same of homes whose reward is the bill.
Arms differ in nothing but how networks (or data) are shared, so their differences are taken seed by seed.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, ClassVar

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pydantic import Field

from dem import data, paths, plots
from dem.agents import SACConfig
from dem.agents.curves import NEAR_BEST, normalise, settled_episode
from dem.federated import FederatedConfig, History, houses, train
from dem.homes import PaperHome, bill_without_battery
from dem.studies.config import StudyConfig
from dem.studies.home_learner import HOME_LEARNER
from dem.units import HOURS_PER_DAY

ARMS = {"not federated": "local", "federated": "fedavg"}
METHODS = {"alone": "local", "FedAvg": "fedavg", "FedProx": "fedprox", "pooled data": "pooled"}
SCALES = {"all episodes": 0, "without the first": 1}
AS_THE_PAPER = "all episodes"
COLORS = {
    "not federated": plots.PALETTE["paper"],
    "federated": plots.PALETTE["ours"],
    "alone": plots.PALETTE["paper"],
    "FedAvg": plots.PALETTE["ours"],
    "FedProx": plots.PALETTE["price"],
    "pooled data": plots.PALETTE["good"],
}
PAPER_EPISODES = paths.DATA / "reference" / "paper_federated.csv"
BYTES_PER_MB = 1e6


class Config(StudyConfig):
    """Settings of this study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {"seeds": 3, "episodes": 20, "hidden": 64, "home_seeds": 3, "home_episodes": 12},
        "full": {"seeds": 10, "episodes": 70, "hidden": 256, "home_seeds": 10, "home_episodes": 70},
    }

    seeds: int = Field(default=3, ge=2, description="repetitions of the paper's experiment")
    episodes: int = Field(default=20, ge=2, description="its episodes, each followed by averaging; the paper has 70")
    hidden: int = Field(default=64, ge=1, description="units in each hidden layer of its networks; the paper has 256")
    home_seeds: int = Field(default=3, ge=2, description="repetitions of the experiment with a bill")
    home_episodes: int = Field(default=12, ge=1, description="its episodes")
    home_hidden: int = Field(default=64, ge=1, description="units in each hidden layer of its networks")
    houses: int = Field(default=2, ge=2, description="houses that learn, in both experiments")
    mu: float = Field(default=5.0, gt=0, description="FedProx: pull towards the shared networks")
    workers: int = Field(default=min(2, os.cpu_count() or 1), ge=1, description="arms trained at once, one thread each")

    def paper(self, arm: str) -> FederatedConfig:
        """The paper's experiment, one arm."""
        return FederatedConfig(
            method=ARMS[arm],
            environment="paper",
            rounds=self.episodes,
            seeds=self._seeds(self.seeds),
            evaluate_every=self.episodes,
            learner=SACConfig(hidden=self.hidden),
            **self._neighbourhood(),
        )

    def home(self, method: str) -> FederatedConfig:
        """The experiment with a bill, one way of sharing."""
        return FederatedConfig(
            method=METHODS[method],
            environment="home",
            rounds=self.home_episodes,
            seeds=self._seeds(self.home_seeds),
            mu=self.mu if method == "FedProx" else 0.0,
            evaluate_every=max(1, self.home_episodes // 12),
            learner=SACConfig(hidden=self.home_hidden, **HOME_LEARNER),
            **self._neighbourhood(),
        )

    def _seeds(self, count: int) -> tuple[int, ...]:
        return tuple(self.seed + k for k in range(count))

    def _neighbourhood(self) -> dict[str, Any]:
        return {"data": self.data, "data_seed": self.seed, "houses": self.houses}


@dataclass(frozen=True)
class Result:
    """What the study found; every interval is the half width of a 95 % Student-t interval over seeds.

    Attributes:
        config: the settings.
        rewards: arm, seed, episode, ``reward`` (mean of the houses, the paper's unit) and ``normalised`` (each run's
            own worst episode −1, best 1).
        settled: scale, arm, seed, ``episode`` from which the run's normalised reward stays at 0.9 or above; NaN if
            never. The scale is set by all episodes, as the paper's, or by all but the first, which starts untrained.
        claims: one row a scale and arm: the paper's episode, and that of its published code run again, beside ours.
        earlier: one row a scale: by how many episodes federated runs settle earlier, paired by seed.
        actions: arm, house, action and its mean ``share`` after training, without exploration.
        savings: method, seed, episode, ``eur_per_day`` (saved a home and day on held-out weeks against no battery).
        outcome: one row a method: savings at the end, their difference to learning alone, megabytes communicated.
        numbers: the reward curves as drawn.
        home_numbers: the savings curves as drawn.
    """

    config: Config
    rewards: pd.DataFrame
    settled: pd.DataFrame
    claims: pd.DataFrame
    earlier: pd.DataFrame
    actions: pd.DataFrame
    savings: pd.DataFrame
    outcome: pd.DataFrame
    numbers: pd.DataFrame
    home_numbers: pd.DataFrame


def run(config: Config) -> Result:
    """Train every arm of both experiments; arms run in ``config.workers`` processes, and depend on none of them."""
    jobs = [config.paper(arm) for arm in ARMS] + [config.home(method) for method in METHODS]
    with ProcessPoolExecutor(config.workers, get_context("spawn")) as pool:
        histories = list(pool.map(train, jobs))
    paper = dict(zip(ARMS, histories[: len(ARMS)], strict=True))
    home = dict(zip(METHODS, histories[len(ARMS) :], strict=True))
    rewards = pd.concat([_rewards(config, arm, history) for arm, history in paper.items()], ignore_index=True)
    savings = pd.concat([_savings(config, method, history) for method, history in home.items()], ignore_index=True)
    settled = settled_runs(rewards)
    return Result(
        config=config,
        rewards=rewards,
        settled=settled,
        claims=_claims(settled, config.episodes),
        earlier=paired_difference(settled, config.episodes),
        actions=pd.concat([_actions(arm, history) for arm, history in paper.items()], ignore_index=True),
        savings=savings,
        outcome=_outcome(savings, home),
        numbers=_curves(rewards, "arm", ["reward", "normalised"]),
        home_numbers=_curves(savings, "method", ["eur_per_day"]),
    )


# Pictures


def draw_rewards(result: Result) -> Figure:
    """Average reward per episode: normalised as the paper does, one panel an arm, and both arms as penalties."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4.2), sharex=True)
    middle.sharey(left)
    paper = _paper_episodes()
    for axis, (arm, runs) in zip((left, middle), result.rewards.groupby("arm", sort=False), strict=True):
        curves = runs.pivot_table(index="seed", columns="episode", values="normalised")
        axis.plot(curves.columns, curves.to_numpy().T, color=COLORS[arm], alpha=0.25, linewidth=0.8)
        plots.line_with_interval(axis, curves.columns.to_numpy(), curves.to_numpy(), label="mean", color=COLORS[arm])
        if paper[arm] <= result.config.episodes:
            axis.axvline(paper[arm], color="black", linestyle="--", linewidth=1, label="paper: near 1 from here")
        axis.set(title=arm, xlabel="episode of 100 steps", ylim=(-1.1, 1.1))
        axis.legend(loc="lower right", fontsize=9)
        for run in curves.index:
            penalty = -runs[runs["seed"] == run].set_index("episode")["reward"]
            label = arm if run == curves.index[0] else None
            right.plot(penalty.index, penalty, color=COLORS[arm], alpha=0.5, linewidth=0.8, label=label)
    left.set_ylabel("average reward, each run's own\nworst episode −1, best 1")
    right.set(title="the same, not normalised", xlabel="episode of 100 steps", yscale="log")
    right.set_ylabel("mean penalty a step (paper's unit)")
    right.legend(fontsize=9)
    return figure


def draw_settling(result: Result) -> Figure:
    """The episode from which each run stays near its best, the two arms of a seed joined by a line."""
    figure, axis = plt.subplots(figsize=(8, 3.4))
    ends = _censored(_at_scale(result.settled, AS_THE_PAPER), result.config.episodes)
    axis.plot(ends.to_numpy().T, [[0], [1]] * np.ones((1, len(ends))), color=plots.PALETTE["neutral"], alpha=0.4)
    for row, (arm, claim) in enumerate(_at_scale(result.claims, AS_THE_PAPER).set_index("arm").iterrows()):
        axis.plot(ends[arm], np.full(len(ends), row), "o", color=COLORS[arm], alpha=0.6)
        axis.errorbar(claim["episode"], row - 0.22, xerr=claim["interval"], fmt="s", color=COLORS[arm], capsize=4)
        axis.plot(claim["paper_episode"], row + 0.22, "D", color="black", label="the paper's run" if row == 0 else None)
    axis.set(yticks=[0, 1], yticklabels=list(ARMS), ylim=(-0.6, 1.6))
    axis.set_xlabel(f"episode from which the normalised reward stays ≥ {NEAR_BEST} (squares: mean and 95 % interval)")
    axis.legend(loc="upper right")
    return figure


def draw_actions(result: Result) -> Figure:
    """What the trained agents do."""
    figure, axis = plt.subplots(figsize=(8, 3))
    shares = result.actions.pivot_table(index="arm", columns="action", values="share", sort=False)
    shares.loc[list(ARMS), list(PaperHome.action_names)].plot.barh(stacked=True, ax=axis, width=0.6)
    axis.set(xlabel="share of decisions after training (mean of houses and seeds)", ylabel="", xlim=(0, 1))
    axis.invert_yaxis()
    axis.legend(loc="upper center", bbox_to_anchor=(0.45, -0.25), ncols=5, fontsize=9, columnspacing=0.8)
    return figure


def draw_savings(result: Result) -> Figure:
    """Savings on held-out weeks over the episodes, per way of sharing."""
    figure, axis = plt.subplots(figsize=(8, 4.5))
    for method, runs in result.savings.groupby("method", sort=False):
        curves = runs.pivot_table(index="seed", columns="episode", values="eur_per_day")
        plots.line_with_interval(axis, curves.columns.to_numpy(), curves.to_numpy(), label=method, color=COLORS[method])
    axis.axhline(0, color="black", linewidth=0.8)
    axis.set(xlabel="episode of 100 steps", ylabel="saving against no battery, held-out weeks\n(EUR per home and day)")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=4)
    return figure


# Words, with every figure computed


def verdict(result: Result) -> str:
    """What came out of the paper's experiment, in Markdown."""
    claims = _at_scale(result.claims, AS_THE_PAPER).set_index("arm")
    lines = [_arm_in_words(arm, claim) for arm, claim in claims.iterrows()]
    lines += [_difference_in_words(scale, row) for scale, row in result.earlier.set_index("scale").iterrows()]
    return "\n".join([*lines, *_what_is_learned(result)])


def home_verdict(result: Result) -> str:
    """What came out of the experiment with a bill, in Markdown."""
    lines = []
    for row in result.outcome.itertuples():
        against = f"; against alone {_signed(row.difference, 3)} ± {row.difference_interval:.3f}"
        lines.append(
            f"- **{row.method}**: {_signed(row.eur_per_day, 3)} ± {row.interval:.3f} EUR per home and day"
            f"{'' if row.method == 'alone' else against}; "
            f"{row.megabytes:.1f} MB of networks exchanged"
        )
    return "\n".join(lines)


def claims_table(result: Result) -> pd.DataFrame:
    """From which episode runs stay near their best, the paper's beside ours, as a reader wants it."""
    claims = result.claims
    ours = plots.plus_minus_column(claims["episode"], claims["interval"], digits=1)
    return pd.DataFrame(
        {
            "scale": claims["scale"],
            "arm": claims["arm"],
            "runs": claims["seeds"],
            "our episode": ours,
            "earliest run": claims["first"].map("{:.0f}".format),
            "latest run": claims["last"].map("{:.0f}".format),
            "runs never near": claims["never"],
            "paper's episode": claims["paper_episode"].map("{:.0f}".format),
            "its code run again": claims["code_episode"].map("{:.1f}".format),
        }
    )


def _signed(value: float, digits: int) -> str:
    """With its sign, and none for zero."""
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}" if rounded else f"{0:.{digits}f}"


def _arm_in_words(arm: str, claim: pd.Series) -> str:
    never = f", {claim['never']} never" if claim["never"] else ""
    return (
        f"- **{arm}**: near its best to stay from episode {claim['episode']:.1f} ± {claim['interval']:.1f} "
        f"(mean of {claim['seeds']} runs{never}; single runs from {claim['first']:.0f} to {claim['last']:.0f}); "
        f"the paper's run: about {claim['paper_episode']:.0f}; its code run again: {claim['code_episode']:.1f}."
    )


def _difference_in_words(scale: str, row: pd.Series) -> str:
    clear = abs(row["episodes"]) > row["interval"]
    direction = "earlier" if row["episodes"] > 0 else "later"
    judgement = f"federated runs settle {direction}" if clear else "no difference beyond chance"
    return (
        f"- **Scale “{scale}”: {judgement}**. Federated minus not, seed by seed: {_signed(-row['episodes'], 1)} ± "
        f"{row['interval']:.1f} episodes (the paper's two runs: {_signed(-row['paper_episodes'], 0)})."
    )


def _what_is_learned(result: Result) -> list[str]:
    shares = result.actions.groupby("action")["share"].mean().sort_values(ascending=False)
    (first, second), rest = shares.index[:2], shares.iloc[2:].sum()
    last = result.rewards[result.rewards["episode"] == result.config.episodes]["reward"].mean()
    return [
        f"- **What is learned**: “{first}” ({shares[first]:.0%} of decisions) and “{second}” ({shares[second]:.0%}); "
        f"all else {rest:.0%}. The last episode's mean reward is {last:.3f}; no action can earn more than 0."
    ]


# Tables


def settled_runs(rewards: pd.DataFrame) -> pd.DataFrame:
    """scale, arm, seed and the episode from which the run stays near its best; NaN if it never does."""
    rows = []
    for scale, skipped in SCALES.items():
        for (arm, seed), run in rewards.groupby(["arm", "seed"], sort=False):
            reward = run.sort_values("episode")["reward"].to_numpy()[skipped:]
            rows.append((scale, arm, seed, float(settled_episode(normalise(reward))) + skipped))
    return pd.DataFrame(rows, columns=["scale", "arm", "seed", "episode"])


def paired_difference(settled: pd.DataFrame, episodes: int) -> pd.DataFrame:
    """By how many episodes the federated run of a seed settles before the other one, with its 95 % interval.

    A run that never settles counts as settling just after the last episode: the least it can have needed.
    """
    paper, rows = _paper_episodes(), []
    for scale in SCALES:
        ends = _censored(_at_scale(settled, scale), episodes)
        difference = (ends["not federated"] - ends["federated"]).to_numpy()
        mean, interval = plots.mean_interval(difference)
        rows.append(
            {
                "scale": scale,
                "seeds": len(difference),
                "episodes": float(mean),
                "interval": float(interval),
                "paper_episodes": paper["not federated"] - paper["federated"],
            }
        )
    return pd.DataFrame(rows)


def _at_scale(table: pd.DataFrame, scale: str) -> pd.DataFrame:
    return table[table["scale"] == scale]


def _censored(settled: pd.DataFrame, episodes: int) -> pd.DataFrame:
    """Seeds as rows, arms as columns; runs that never settle at ``episodes`` + 1."""
    return settled.pivot_table(index="seed", columns="arm", values="episode", dropna=False).fillna(episodes + 1.0)[
        list(ARMS)
    ]


def _claims(settled: pd.DataFrame, episodes: int) -> pd.DataFrame:
    paper, code, rows = _paper_episodes(), _paper_episodes("published code"), []
    for scale in SCALES:
        ends = _censored(_at_scale(settled, scale), episodes)
        for arm in ARMS:
            mean, interval = plots.mean_interval(ends[arm].to_numpy())
            row = {"scale": scale, "arm": arm, "seeds": len(ends), "episode": float(mean), "interval": float(interval)}
            row |= {"first": ends[arm].min(), "last": ends[arm].max(), "never": int((ends[arm] > episodes).sum())}
            rows.append(row | {"paper_episode": paper[arm], "code_episode": code[arm]})
    return pd.DataFrame(rows)


def _paper_episodes(source: str = "paper") -> pd.Series:
    """The episode by arm: read off the paper's figure, or of its ``"published code"`` run again over seeds."""
    table = pd.read_csv(PAPER_EPISODES, comment="#")
    return table[table["source"] == source].set_index("arm")["episode"]


def _rewards(config: Config, arm: str, history: History) -> pd.DataFrame:
    reward = history.rewards.mean(axis=1).T
    frame = _long(reward, config.paper(arm).seeds, range(1, config.episodes + 1), "reward")
    return frame.assign(arm=arm, normalised=normalise(reward).ravel())[
        ["arm", "seed", "episode", "reward", "normalised"]
    ]


def _actions(arm: str, history: History) -> pd.DataFrame:
    shares = history.action_shares[-1].mean(axis=1)
    frame = pd.DataFrame(shares, columns=list(PaperHome.action_names)).rename_axis("house").reset_index()
    return frame.melt("house", var_name="action", value_name="share").assign(arm=arm)


def _savings(config: Config, method: str, history: History) -> pd.DataFrame:
    """EUR per home and day: the trial's mean reward a step is minus its bill."""
    settings = config.home(method)
    tables = [houses.trial_table(settings, house) for house in range(settings.houses)]
    steps_per_day = data.intervals(tables[0], HOURS_PER_DAY)
    bill = np.mean([bill_without_battery(table).sum() / len(table) for table in tables])
    saved = (history.evaluation_rewards.mean(axis=1).T + bill) * steps_per_day
    return _long(saved, settings.seeds, history.evaluated_rounds, "eur_per_day").assign(method=method)


def _long(values: np.ndarray, seeds: Sequence[int], episodes: Sequence[int], name: str) -> pd.DataFrame:
    """(seeds, episodes) values as rows of seed, episode and ``name``."""
    index = pd.MultiIndex.from_product([seeds, episodes], names=["seed", "episode"])
    return pd.DataFrame({name: values.ravel()}, index=index).reset_index()


def _outcome(savings: pd.DataFrame, histories: dict[str, History]) -> pd.DataFrame:
    last = savings[savings["episode"] == savings["episode"].max()]
    by_seed = last.pivot_table(index="seed", columns="method", values="eur_per_day")
    rows = []
    for method, history in histories.items():
        mean, interval = plots.mean_interval(by_seed[method].to_numpy())
        difference, difference_interval = plots.mean_interval((by_seed[method] - by_seed["alone"]).to_numpy())
        rows.append(
            {
                "method": method,
                "seeds": len(by_seed),
                "eur_per_day": float(mean),
                "interval": float(interval),
                "difference": float(difference),
                "difference_interval": float(difference_interval),
                "megabytes": history.communicated_bytes / BYTES_PER_MB,
            }
        )
    return pd.DataFrame(rows)


def _curves(frame: pd.DataFrame, group: str, names: list[str]) -> pd.DataFrame:
    """Mean and interval of ``names`` over seeds, one row per group and episode."""
    rows = []
    for (key, episode), runs in frame.groupby([group, "episode"], sort=False):
        mean, interval = plots.mean_interval(runs[names].to_numpy())
        row = {group: key, "episode": episode, "seeds": len(runs)}
        for k, name in enumerate(names):
            row |= {name: mean[k], f"{name}_interval": interval[k]}
        rows.append(row)
    return pd.DataFrame(rows)
