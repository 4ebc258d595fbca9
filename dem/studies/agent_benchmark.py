"""The paper's four agents side by side, on its own formulation and on a home with a bill.

Every agent gets the same schedule (a fresh buffer with 1,000 random steps, then 100 steps with one update each, per
episode), the same rows of data and the same size of networks; several seeds of each.
"""

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from typing import Any, ClassVar

import gymnasium
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from pydantic import Field

from dem import data, paths, plots
from dem.agents import (
    DiscreteSAC,
    DoNothing,
    EpisodeConfig,
    EpisodeTrainer,
    Learner,
    Policy,
    PriceThreshold,
    Random,
    SACConfig,
    SelfConsumption,
)
from dem.agents.curves import normalise, settled_episode
from dem.agents.stable_baselines import LibraryAgents, LibraryConfig
from dem.homes import BatchedEnvironment, Home, PaperHome
from dem.homes.gym import HomeEnv, PaperHomeEnv
from dem.studies.config import StudyConfig
from dem.studies.home_learner import HOME_LEARNER
from dem.units import HOURS_PER_DAY, HOURS_PER_WEEK

ALGORITHMS = ("DQN", "DDPG", "DSAC", "DDQN")
COLORS = dict(zip(ALGORITHMS, ("#E69F00", "#CC79A7", "#0072B2", "#009E73"), strict=True))
PAPER_CLAIMS = paths.DATA / "reference" / "paper_agents.csv"


class Config(StudyConfig):
    """Settings of the study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {"seeds": 3, "episodes": 15, "home_seeds": 2, "home_episodes": 10},
        "full": {"seeds": 6, "episodes": 70, "home_seeds": 5, "home_episodes": 40},
    }

    seeds: int = Field(default=3, ge=1, description="independent runs of each agent on the paper's home")
    episodes: int = Field(default=15, ge=2, description="episodes of a run; the paper's figure has 70")
    home_seeds: int = Field(default=2, ge=1, description="independent runs of each agent on the home with a bill")
    home_episodes: int = Field(default=10, ge=1, description="episodes of such a run")
    random_steps: int = Field(default=1_000, ge=0, description="random steps that fill each episode's fresh buffer")
    steps: int = Field(default=100, ge=1, description="own steps of an episode, each with one update")
    batch_size: int = Field(default=256, ge=1, description="transitions in a minibatch")
    hidden: int = Field(default=256, ge=1, description="units in each hidden layer")
    play_steps: int = Field(default=1_000, ge=1, description="steps played after training to see what was learned")
    train_days: int = Field(default=56, ge=1, description="days that the agents of the home with a bill train on")
    test_days: int = Field(default=28, ge=1, description="the days after them, on which their savings are measured")
    workers: int = Field(default=min(2, os.cpu_count() or 1), ge=1, description="processes, one thread each")


@dataclass(frozen=True)
class Result:
    """What was measured.

    Attributes:
        rewards: one row per algorithm, seed and episode: ``reward`` (mean of the episode's own steps) and
            ``normalised`` (each run's own worst episode −1, best 1).
        claims: one row per algorithm: the paper's settled episode beside ours (mean over the runs that settle,
            interval, number of runs), on each run's whole scale and on that of all episodes but the first; and
            ``late_reward``, the mean of the last quarter of the episodes.
        actions: one row per algorithm, seed and action: its ``share`` after training.
        constants: one row per action: mean reward of always taking it.
        savings: one row per policy and seed on the home with a bill: ``eur_per_day`` against doing nothing.
        numbers: the curves as they are drawn.
    """

    rewards: pd.DataFrame
    claims: pd.DataFrame
    actions: pd.DataFrame
    constants: pd.DataFrame
    savings: pd.DataFrame
    numbers: pd.DataFrame


def run(config: Config) -> Result:
    """Train every agent on both formulations and collect what they earn and do."""
    jobs = list(_jobs(config))
    with ProcessPoolExecutor(config.workers, get_context("spawn"), _one_thread) as pool:
        paper = list(pool.map(_train_on_paper_home, *zip(*jobs, strict=True)))
        home = list(pool.map(_train_on_home, *zip(*_home_jobs(config), strict=True)))
        rules = pool.submit(_rules_on_home, config).result()
        constants = pool.submit(_constant_actions, config).result()
    rewards = pd.concat([rewards for rewards, _ in paper], ignore_index=True)
    rewards = _with_normalised(rewards)
    return Result(
        rewards=rewards,
        claims=_claims(rewards),
        actions=pd.concat([actions for _, actions in paper], ignore_index=True),
        constants=constants,
        savings=pd.concat([rules, *home], ignore_index=True),
        numbers=_curves(rewards),
    )


def draw_rewards(result: Result) -> Figure:
    """Normalised reward per episode, one panel an agent: every run thin, their mean with its 95 % interval."""
    figure, axes = plt.subplots(2, 2, figsize=(10, 6), sharex=True, sharey=True)
    claims = result.claims.set_index("agent")
    for axis, (agent, runs) in zip(axes.flat, result.rewards.groupby("agent", sort=False), strict=True):
        curves = runs.pivot_table(index="seed", columns="episode", values="normalised")
        axis.plot(curves.columns, curves.to_numpy().T, color=COLORS[agent], alpha=0.25, linewidth=0.8)
        plots.line_with_interval(axis, curves.columns.to_numpy(), curves.to_numpy(), label="mean", color=COLORS[agent])
        paper = claims.loc[agent, "paper_episode"]
        if np.isfinite(paper) and paper <= curves.columns.max():
            axis.axvline(paper, color=plots.PALETTE["paper"], linestyle="--", label="paper: settled from here")
        axis.set_title(f"{agent} (paper: {claims.loc[agent, 'paper_says']})", fontsize=10)
        axis.set_ylim(-1.1, 1.1)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.legend(loc="lower right", fontsize=8)
    figure.supxlabel("episode of 100 steps", fontsize=12)
    figure.supylabel("mean reward, each run's own range as −1 … 1", fontsize=12)
    return figure


def draw_actions(result: Result) -> Figure:
    """What the agents do after training, and what always doing one thing earns."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), width_ratios=(3, 2))
    shares = result.actions.pivot_table(index="agent", columns="action", values="share", sort=False)
    shares = shares.loc[list(ALGORITHMS), list(PaperHome.action_names)]
    shares.plot.barh(stacked=True, ax=left, width=0.7)
    left.set(xlabel="share of actions after training (mean of runs)", ylabel="", xlim=(0, 1))
    left.invert_yaxis()
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=5, fontsize=8, columnspacing=0.8)
    cost = -result.constants.set_index("action")["reward"]
    right.barh(cost.index, cost.clip(lower=0), color=plots.CYCLE[: len(cost)])
    right.set_xscale("symlog", linthresh=0.01)
    right.set(xlabel="mean penalty per step of always doing it (paper's unit)", ylabel="")
    right.invert_yaxis()
    return figure


def draw_savings(result: Result) -> Figure:
    """Saving on the home with a bill, EUR a day against leaving the battery alone; random would dwarf the others."""
    table = savings_table(result).query("policy != 'random'")
    figure, axis = plt.subplots(figsize=(8, 4))
    colors = [COLORS.get(policy, plots.PALETTE["neutral"]) for policy in table["policy"]]
    axis.barh(table["policy"], table["eur_per_day"], xerr=table["interval"].fillna(0), color=colors, capsize=3)
    for policy, runs in result.savings.query("policy != 'random'").groupby("policy"):
        axis.plot(runs["eur_per_day"], [policy] * len(runs), ".", color="black", markersize=4)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set(xlabel="saving on held-out days against doing nothing (EUR/day)", ylabel="")
    axis.invert_yaxis()
    return figure


def savings_table(result: Result) -> pd.DataFrame:
    """Mean saving in EUR a day and its 95 % interval, one row per policy, best first."""
    rows = []
    for policy, runs in result.savings.groupby("policy"):
        mean, interval = plots.mean_interval(runs["eur_per_day"].to_numpy())
        rows.append({"policy": policy, "runs": len(runs), "eur_per_day": float(mean), "interval": float(interval)})
    return pd.DataFrame(rows).sort_values("eur_per_day", ascending=False, ignore_index=True)


# The paper's home


def _jobs(config: Config) -> Iterator[tuple[Config, str, tuple[int, ...]]]:
    """Configuration, algorithm and seeds of each training job, the longest first."""
    seeds = _seeds(config, config.seeds)
    for algorithm, seed in itertools.product(("DDPG", "DDQN", "DQN"), seeds):
        yield config, algorithm, (seed,)
    yield config, "DSAC", seeds


def _home_jobs(config: Config) -> Iterator[tuple[Config, str, tuple[int, ...]]]:
    return _jobs(config.model_copy(update={"seeds": config.home_seeds}))


def _seeds(config: Config, count: int) -> tuple[int, ...]:
    return tuple(config.seed + k for k in range(count))


def _one_thread() -> None:
    """Networks this small gain nothing from a second thread, and two processes already fill two cores."""
    torch.set_num_threads(1)


def _learner(
    config: Config, algorithm: str, seeds: tuple[int, ...], face: gymnasium.Env, **dsac: float
) -> DiscreteSAC | LibraryAgents:
    """Agents of ``algorithm`` for an environment with the Gymnasium ``face``; ``dsac`` replaces settings of DSAC."""
    common = {"hidden": config.hidden, "batch_size": config.batch_size}
    if algorithm == "DSAC":
        settings = SACConfig(**common, precision="mixed", **dsac)
        return DiscreteSAC(face.observation_space.shape[0], int(face.action_space.n), settings, seeds)
    exploration = max(1, config.episodes * config.steps // 10)
    return LibraryAgents(algorithm, face, LibraryConfig(**common, exploration_updates=exploration), seeds)


def _trainer(config: Config, environment: BatchedEnvironment, learner: Learner) -> EpisodeTrainer:
    return EpisodeTrainer(environment, learner, EpisodeConfig(random_steps=config.random_steps, steps=config.steps))


@cache
def _table(source: str, seed: int, tariff: str) -> pd.DataFrame:
    return data.load(source, tariff=tariff, seed=seed)


def _paper_home(config: Config, copies: int) -> PaperHome:
    return PaperHome.from_table(_table(config.data, config.seed, "flat"), houses=1, copies=copies)


def _train_on_paper_home(config: Config, algorithm: str, seeds: tuple[int, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rewards per episode, and shares of actions afterwards, of the agents with these seeds."""
    environment = _paper_home(config, len(seeds))
    learner = _learner(config, algorithm, seeds, PaperHomeEnv(_paper_home(config, 1)))
    trainer = _trainer(config, environment, learner)
    reward = np.array([trainer.episode() for _ in range(config.episodes)])
    index = pd.MultiIndex.from_product([range(1, config.episodes + 1), seeds], names=["episode", "seed"])
    rewards = pd.DataFrame({"reward": reward.ravel()}, index=index).reset_index()
    return rewards.assign(agent=algorithm), _play(config, environment, learner, seeds).assign(agent=algorithm)


def _play(config: Config, environment: PaperHome, learner: Learner, seeds: tuple[int, ...]) -> pd.DataFrame:
    """Shares of each action, one row per seed and action, without exploration (a stochastic policy stays one)."""
    counts = np.zeros((environment.batch_size, environment.action_count))
    policy, observation = _Trained(learner), environment.reset()
    for _ in range(config.play_steps):
        action = policy.act(observation)
        counts[np.arange(len(action)), action] += 1
        observation = environment.step(action).observation
    shares = pd.DataFrame(counts / config.play_steps, columns=list(PaperHome.action_names)).assign(seed=seeds)
    return shares.melt("seed", var_name="action", value_name="share")


@dataclass(frozen=True)
class _Trained:
    """A learner that no longer explores. DSAC's policy is a distribution and is drawn from; the others' a choice."""

    learner: DiscreteSAC | LibraryAgents

    def act(self, observation: np.ndarray) -> np.ndarray:
        return self.learner.act(observation, greedy=not isinstance(self.learner, DiscreteSAC))


def _constant_actions(config: Config) -> pd.DataFrame:
    """Mean reward per step of always taking one action, over all rows of the data."""
    count = PaperHome.action_count
    environment = _paper_home(config, count)
    environment.reset()
    rows = len(_table(config.data, config.seed, "flat").index.unique())
    total = sum(environment.step(np.arange(count)).reward for _ in range(rows))
    return pd.DataFrame({"action": PaperHome.action_names, "reward": total / rows})


# The home with a bill


def _home_tables(config: Config) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One household for training and the days after them for testing, from the middle of the data."""
    table = _table(config.data, config.seed, "time_of_use")
    table = data.neighbourhood(table, 1)
    per_day = data.intervals(table, HOURS_PER_DAY)
    train, test = (min(days, len(table) // per_day // 3) * per_day for days in (config.train_days, config.test_days))
    start = (len(table) - train - test) // 2 // per_day * per_day
    return table.iloc[start : start + train], table.iloc[start + train : start + train + test]


def _train_on_home(config: Config, algorithm: str, seeds: tuple[int, ...]) -> pd.DataFrame:
    """Savings per day on held-out days of the agents with these seeds."""
    train, test = _home_tables(config)
    week = min(len(train), data.intervals(train, HOURS_PER_WEEK))
    environment = Home(train, copies=len(seeds), episode_steps=week, seed=seeds[0])
    learner = _learner(config, algorithm, seeds, HomeEnv(Home(train)), **HOME_LEARNER)
    trainer = _trainer(config, environment, learner)
    for _ in range(config.home_episodes):
        trainer.episode()
    saved = _saving(Home(test, copies=len(seeds)), _Trained(learner))
    return pd.DataFrame({"policy": algorithm, "seed": seeds, "eur_per_day": saved})


def _rules_on_home(config: Config) -> pd.DataFrame:
    """Savings per day of the rules on the same held-out days."""
    train, test = _home_tables(config)
    home = Home(test)
    rules = {
        "self-consumption": SelfConsumption(home),
        "price threshold": PriceThreshold.from_prices(home, train["import_price"].to_numpy()),
        "random": Random(home.action_count, np.random.default_rng(config.seed)),
    }
    saved = [float(_saving(home, rule)[0]) for rule in rules.values()]
    return pd.DataFrame({"policy": list(rules), "seed": config.seed, "eur_per_day": saved})


def _saving(home: Home, policy: Policy) -> np.ndarray:
    """EUR a day (B,) that a policy saves over the whole table of ``home`` against leaving the battery alone."""
    days = len(home.times) * home.step_hours / 24
    return (_bill(home, DoNothing()) - _bill(home, policy)) / days


def _bill(home: Home, policy: Policy) -> np.ndarray:
    """EUR (B,) that the homes pay in one pass over their table."""
    observation, bill = home.reset(), np.zeros(home.batch_size)
    for _ in range(home.episode_steps):
        action = policy.act(observation)
        step = home.step_power if action.dtype.kind == "f" else home.step
        observation = step(action).observation
        bill += home.settlement.bill_eur
    return bill


# Tables


def _with_normalised(rewards: pd.DataFrame) -> pd.DataFrame:
    """Rewards with every run's own scale, in the paper's order of agents."""
    rewards = rewards.assign(agent=pd.Categorical(rewards["agent"], ALGORITHMS))
    rewards = rewards.sort_values(["agent", "seed", "episode"], ignore_index=True)
    scaled = rewards.groupby(["agent", "seed"], observed=True)["reward"].transform(
        lambda run: normalise(run.to_numpy())
    )
    return rewards.assign(agent=rewards["agent"].astype(str), normalised=scaled)[
        ["agent", "seed", "episode", "reward", "normalised"]
    ]


def _claims(rewards: pd.DataFrame) -> pd.DataFrame:
    """The paper's words and episode beside ours, one row an agent."""
    paper = pd.read_csv(PAPER_CLAIMS, comment="#").set_index("agent")
    rows = []
    for agent, runs in rewards.groupby("agent", sort=False):
        reward = runs.pivot_table(index="seed", columns="episode", values="reward").to_numpy()
        row = {
            "agent": agent,
            "paper_says": paper.loc[agent, "claim"],
            "paper_episode": paper.loc[agent, "settled_episode"],
            **_settled(settled_episode(normalise(reward)), "our_episode"),
            # The first episode begins untrained and may set the scale all by itself; so once more without it.
            **_settled(settled_episode(normalise(reward[:, 1:])) + 1, "without_first"),
            "late_reward": reward[:, -(reward.shape[1] // 4 or 1) :].mean(),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _settled(episode: np.ndarray, name: str) -> dict[str, float | str]:
    """Mean episode of the runs that settle, its interval, and how many do."""
    settled = episode[np.isfinite(episode)]
    mean, interval = plots.mean_interval(settled) if len(settled) else (np.nan, np.nan)
    return {name: float(mean), f"{name}_interval": float(interval), f"{name}_runs": f"{len(settled)} of {len(episode)}"}


def _curves(rewards: pd.DataFrame) -> pd.DataFrame:
    """Mean and interval of reward and normalised reward, one row per agent and episode."""
    rows = []
    for (agent, episode), runs in rewards.groupby(["agent", "episode"], sort=False):
        mean, interval = plots.mean_interval(runs[["reward", "normalised"]].to_numpy())
        rows.append((agent, episode, len(runs), mean[0], interval[0], mean[1], interval[1]))
    columns = ["agent", "episode", "runs", "reward", "reward_interval", "normalised", "normalised_interval"]
    return pd.DataFrame(rows, columns=columns)
