"""Notebook 06: homes that know one week each, and what they gain by learning together.

All learn what stored energy is worth (`dem.federated.values`) and are judged by captured value in weeks that nobody
learned from. Settings of the learners were chosen on another synthetic neighbourhood (seed 77).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from dem import data, plots
from dem.federated.values import Neighbourhood, Trained, Troubles, ValuesConfig, judge, train
from dem.studies.config import StudyConfig
from dem.units import HOURS_PER_WEEK

NETWORK = {"learner": "network"}
ALONE, POOLED = {"sharing": "alone"}, {"sharing": "pooled"}
ALONE_PENALTY = 0.1
"""Ridge penalty of a home that learns alone: one week needs more than ten do."""
ARMS: dict[str, dict[str, Any]] = {
    "network, alone": NETWORK | ALONE,
    "network, FedAvg": NETWORK,
    "network, FedProx": NETWORK | {"mu": 20.0},
    "network, local head": NETWORK | {"own": 0.5},
    "network, pooled data": NETWORK | POOLED,
    "regression, alone": ALONE | {"penalty": ALONE_PENALTY},
    "regression, statistics": {},
    "regression, own week first": {"own": 0.2},
    "regression, pooled data": POOLED,
}
WEEKS = {"own": "each home knows another week", "same": "all homes know the same week"}
AGGREGATIONS = ("mean", "median", "trimmed mean", "Krum", "multi-Krum")
TROUBLED = {"FedAvg": NETWORK, "statistics": {}}
CLIPPING_NORM = {"FedAvg": 0.5, "statistics": 10.0}


class Config(StudyConfig):
    """Settings of the study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {},
        "full": {
            "network_rounds": 15,
            "homes": 10,
            "data_weeks": 52,
            "trial_weeks": 8,
            "seeds": 5,
            "epsilons": (10.0, 100.0, 1e3, 3e3, 1e4, 1e5, 1e6),
        },
    }

    homes: int = Field(default=5, ge=4, description="homes that learn; fewer where the source has fewer")
    data_weeks: int = Field(default=16, ge=2, description="length of the table, weeks")
    trial_weeks: int = Field(default=3, ge=1, description="weeks in it that nobody learns from")
    seeds: int = Field(default=3, ge=1, description="repetitions: other weeks known, other networks")
    network_rounds: int = Field(default=8, ge=1, description="rounds in which networks are exchanged")
    epsilons: tuple[float, ...] = Field(default=(10.0, 1e3, 1e4, 1e6), description="privacy budgets of a home")

    def values(self, seed: int, weeks: str = "own", **settings: Any) -> ValuesConfig:
        """One training."""
        around = Neighbourhood(
            data=self.data,
            data_seed=self.seed,
            data_weeks=self.data_weeks,
            homes=self.homes,
            weeks=weeks,
            trial_weeks=self.trial_weeks,
            seed=seed,
        )
        rounds = {"rounds": self.network_rounds} if settings.get("learner") == "network" else {}
        return ValuesConfig(neighbourhood=around, seed=seed, **rounds | settings)


@dataclass(frozen=True)
class Result:
    """What the study found; intervals are half widths of 95 % Student-t intervals over seeds.

    Attributes:
        config: the settings, with the homes that there are.
        runs: weeks, arm, seed, home, ``captured``, and ``gain`` over learning alone with the same learner.
        arms: one row per weeks and arm: ``captured``, ``interval``, ``better`` (share of homes that gain, each by its
            mean over seeds), ``worst_gain``, ``kilobytes`` a home.
        troubles: learner, trouble, ``captured``, ``interval``.
        privacy: learner, ``epsilon`` of the whole training, ``captured``, ``interval``.
        contributors: ``homes`` that contribute, whether ``contributes`` (judged in those homes or in the others),
            ``captured``, ``interval``.
    """

    config: Config
    runs: pd.DataFrame
    arms: pd.DataFrame
    troubles: pd.DataFrame
    privacy: pd.DataFrame
    contributors: pd.DataFrame

    def captured(self, arm: str, weeks: str = "own") -> float:
        """Mean captured value of an arm."""
        rows = self.arms.set_index(["weeks", "arm"])
        return float(rows.loc[(weeks, arm), "captured"])


@dataclass(frozen=True)
class _Run:
    """One training and what it is called."""

    part: str
    name: tuple[Any, ...]
    seed: int
    trained: Trained


def run(config: Config) -> Result:
    """Train everything, then judge it all side by side."""
    config = with_homes_present(config)
    runs = [one for seed in range(config.seed, config.seed + config.seeds) for one in _trainings(config, seed)]
    judged = list(zip(runs, judge([one.trained for one in runs]), strict=True))
    parts = {name: [pair for pair in judged if pair[0].part == name] for name in dict.fromkeys(r.part for r in runs)}
    arms = _by_home(parts["arms"])
    return Result(
        config=config,
        runs=arms,
        arms=_arms(arms, parts["arms"]),
        troubles=_summary(parts["troubles"], ["learner", "trouble"]),
        privacy=_summary(parts["privacy"], ["learner", "epsilon"]),
        contributors=_contributors(config, parts["contributors"]),
    )


def verdict(result: Result) -> str:
    """The outcome in words."""
    own = result.arms[result.arms["weeks"] == "own"].set_index("arm")
    ours, pooled = own.loc["regression, statistics"], own.filter(like="pooled", axis=0)["captured"].max()
    network = own.loc["network, FedAvg"]
    return (
        f"- **Statistics** capture {ours['captured']:.3f} ± {ours['interval']:.3f} of what is possible, "
        f"{ours['captured'] / pooled:.1%} of the best that pooled data give ({pooled:.3f}); alone it is "
        f"{own.loc['regression, alone', 'captured']:.3f}. {ours['better']:.0%} of homes gain; the least gain is "
        f"{ours['worst_gain']:+.3f}.\n"
        f"- **FedAvg** of a network captures {network['captured']:.3f} ± {network['interval']:.3f}, "
        f"{network['captured'] / own.loc['network, pooled data', 'captured']:.1%} of the same network on pooled data; "
        f"alone it is {own.loc['network, alone', 'captured']:.3f}. {network['better']:.0%} of homes gain.\n"
        f"- **When all know the same week**, statistics capture "
        f"{result.captured('regression, statistics', 'same'):.3f} against "
        f"{result.captured('regression, alone', 'same'):.3f} alone."
    )


def arms_table(result: Result) -> pd.DataFrame:
    """Every way of learning as a reader wants it."""
    arms = result.arms
    captured = plots.plus_minus_column(arms["captured"], arms["interval"], digits=3)
    table = pd.DataFrame(
        {
            "": arms["weeks"].map(WEEKS),
            "way of learning": arms["arm"],
            "captured value": captured,
            "homes that gain (%)": arms["better"].map("{:.0%}".format).str.rstrip("%"),
            "least gain of a home": arms["worst_gain"].map("{:+.3f}".format),
            "sent and received (kB a home)": arms["kilobytes"].map("{:.0f}".format),
        }
    )
    alone = table["way of learning"].str.endswith("alone")
    table.loc[alone, list(table.columns[3:])] = "–"
    return table


def price_of_privacy(result: Result) -> str:
    """From which budget on it pays to take part, in words."""
    lines = []
    for learner, alone in (("statistics", "regression, alone"), ("FedAvg", "network, alone")):
        curve = result.privacy[result.privacy["learner"] == learner]
        pays = curve.loc[curve["captured"] > result.captured(alone), "epsilon"]
        found = f"at ε = {pays.min():,.0f} and above" if len(pays) else "at none of these budgets"
        lines.append(f"- **{learner}**: taking part beats learning alone on average {found}.")
    return "\n".join(lines)


def with_homes_present(config: Config) -> Config:
    """No more homes and weeks than the source has; one building can be cut into any number of homes.

    Raises:
        ValueError: the source has no more weeks than those that nobody learns from.
    """
    if config.data == "synthetic":
        return config
    table = data.load(config.data, tariff="time_of_use")
    present = table["home"].nunique()
    weeks = int(len(table) / present * data.step_hours(table) // HOURS_PER_WEEK)
    if weeks <= config.trial_weeks:
        raise ValueError(f"{config.data} has {weeks} whole weeks, the study needs more than {config.trial_weeks}")
    homes = config.homes if present == 1 else min(config.homes, present)
    return config.model_copy(update={"homes": homes, "data_weeks": min(config.data_weeks, weeks)})


def _trainings(config: Config, seed: int) -> Iterator[_Run]:
    """Everything that is trained with one seed."""
    for weeks in WEEKS:
        for arm, settings in ARMS.items():
            yield _Run("arms", (weeks, arm), seed, train(config.values(seed, weeks, **settings)))
    for learner, settings in TROUBLED.items():
        for name, troubles in _troubles(config.homes).items():
            yield _Run("troubles", (learner, name), seed, train(config.values(seed, **settings), troubles))
        for epsilon in config.epsilons:
            yield _Run("privacy", (learner, epsilon), seed, _private(config, seed, learner, epsilon))
    for count in range(1, config.homes + 1):
        silent = Troubles(late=tuple(range(count, config.homes)))
        yield _Run("contributors", (count,), seed, train(config.values(seed), silent))


def _troubles(homes: int) -> dict[str, Troubles]:
    three = max(1, round(0.3 * homes))
    poisoned = {f"one poisoned: {name}": Troubles(aggregation=name, poisoned=(0,)) for name in AGGREGATIONS}
    return {
        "all well": Troubles(),
        "30 % absent": Troubles(absent=0.3),
        "30 % always late": Troubles(late=tuple(range(three))),
        **poisoned,
    }


def _private(config: Config, seed: int, learner: str, epsilon: float) -> Trained:
    """A training whose messages of one home all together are (ε, δ R)-private: each of R rounds has ε / R.

    Statistics need one round, and a ridge penalty that outweighs the noise: the norm of a symmetric matrix of noise
    σ / √homes, as in Y.-X. Wang, "Revisiting differentially private linear regression", UAI 2018. Fewer features mean
    less noise.
    """
    norm = CLIPPING_NORM[learner]
    if learner == "FedAvg":
        troubles = Troubles(epsilon=epsilon / config.network_rounds, clipping_norm=norm)
        return train(config.values(seed, **NETWORK), troubles)
    troubles = Troubles(epsilon=epsilon, clipping_norm=norm)
    plain = config.values(seed, rounds=1, features=0)
    blur = 2 * troubles.noise * np.sqrt(plain.feature_count / config.homes)
    return train(plain.model_copy(update={"penalty": plain.penalty + blur}), troubles)


_Judged = list[tuple[_Run, np.ndarray]]


def _by_home(judged: _Judged) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"weeks": one.name[0], "arm": one.name[1], "seed": one.seed, "home": range(1, len(captured) + 1)})
        .assign(captured=captured)
        .assign(learner=one.name[1].split(",")[0])
        for one, captured in judged
    ]
    runs = pd.concat(frames, ignore_index=True)
    keys = ["weeks", "learner", "seed", "home"]
    alone = runs[runs["arm"].str.endswith("alone")].set_index(keys)["captured"]
    return runs.assign(gain=runs["captured"] - alone.reindex(pd.MultiIndex.from_frame(runs[keys])).to_numpy())


def _arms(runs: pd.DataFrame, judged: _Judged) -> pd.DataFrame:
    sent = {one.name: one.trained.communicated_bytes / one.trained.config.homes / 1e3 for one, _ in judged}
    rows = []
    for (weeks, arm), mine in runs.groupby(["weeks", "arm"], sort=False):
        gains = mine.groupby("home")["gain"].mean()
        row = _estimate(mine.groupby("seed")["captured"].mean().to_numpy())
        row |= {"better": (gains > 0).mean(), "worst_gain": gains.min(), "kilobytes": sent[weeks, arm]}
        rows.append({"weeks": weeks, "arm": arm} | row)
    return pd.DataFrame(rows)


def _summary(judged: _Judged, names: list[str]) -> pd.DataFrame:
    by_name: dict[tuple[Any, ...], list[float]] = {}
    for one, captured in judged:
        by_name.setdefault(one.name, []).append(float(captured.mean()))
    return pd.DataFrame(
        [dict(zip(names, name, strict=True)) | _estimate(np.array(samples)) for name, samples in by_name.items()]
    )


def _contributors(config: Config, judged: _Judged) -> pd.DataFrame:
    rows = []
    for count in range(1, config.homes + 1):
        samples = np.array([captured for one, captured in judged if one.name == (count,)])
        for contributes, part in ((True, samples[:, :count]), (False, samples[:, count:])):
            if part.size:
                rows.append({"homes": count, "contributes": contributes} | _estimate(part.mean(axis=1)))
    return pd.DataFrame(rows)


def _estimate(samples: np.ndarray) -> Mapping[str, float]:
    mean, interval = plots.mean_interval(samples)
    return {"captured": float(mean), "interval": float(interval), "seeds": len(samples)}
