"""What the agent did, proved on chain: what rounding its network costs, and what each way of checking it costs."""

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from pydantic import Field

from dem import paths, plots
from dem.agents import Agent, Foresight, evaluate, imitation, optimum
from dem.agents.imitation import ImitationConfig
from dem.chain import connect
from dem.homes import Battery, Home
from dem.proofs import HOW_TO_INSTALL, Circuit, IntegerAgent, IntegerNetwork, Outlook, available, train
from dem.proofs.agent import SMALL
from dem.studies import battery_control, verified_gas
from dem.studies.config import StudyConfig
from dem.studies.verified_gas import PROVED, Scene

DAY_ACTIONS = 48
LABELS = {
    "imitation": "imitation, 77 inputs",
    "small": "small, floating point",
    "integer": "small, whole numbers",
}
ONE_TRANSACTION_GAS = 21_000


class Config(StudyConfig):
    """Settings of the study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {},
        "full": {
            "train_homes": 10,
            "test_homes": 5,
            "train_weeks": 52,
            "test_weeks": 13,
            "seeds": 5,
            "updates": 3_000,
            "proved_actions": (1, DAY_ACTIONS),
        },
    }

    train_homes: int = Field(default=3, ge=1, description="homes that the policies are trained on")
    test_homes: int = Field(default=2, ge=1, description="other homes, on which they are judged")
    train_weeks: int = Field(default=8, ge=6, description="weeks that they are trained on")
    test_weeks: int = Field(default=2, ge=1, description="the weeks after them, on which they are judged")
    seeds: int = Field(default=2, ge=1, description="independent trainings")
    updates: int = Field(default=500, ge=1, description="gradient steps of a training")
    hidden: tuple[int, ...] = Field(default=(8, 16, 32, 48), description="sizes of network computed on chain")
    proved_actions: tuple[int, ...] = Field(
        default=(1,), description="actions of a proof, where the extra is installed"
    )


@dataclass(frozen=True)
class Result:
    """What was measured without a proof.

    Attributes:
        value: columns ``agent``, ``label``, ``seed``, ``captured`` (mean over test homes).
        gas: see `verified_gas.measure`.
        sizes: see `verified_gas.by_size`.
        network: the network of the first seed.
        states: (48, I) int8, a day of a test home as that network sees it, its first interval one in which it acts.
        limit_wh: Wh that full power comes to in an interval.
    """

    value: pd.DataFrame
    gas: pd.DataFrame
    sizes: pd.DataFrame
    network: IntegerNetwork
    states: np.ndarray
    limit_wh: int

    @property
    def loss(self) -> pd.Series:
        """Share of the captured value that rounding costs, by seed; negative where it gains."""
        captured = self.value.set_index(["agent", "seed"])["captured"]
        return 1 - captured["integer"] / captured["small"]


@dataclass(frozen=True)
class Proofs:
    """What was measured of proofs.

    Attributes:
        table: one row a circuit: ``actions``, ``rows``, ``log_rows``, ``setup_s``, ``proof_s``, ``proof_bytes``,
            ``deploy_gas``, ``check_gas`` (a transaction that asks the verifier and no more), ``gas`` (the whole
            transaction), ``gas_per_action``, ``memory_gb`` (of this process, at most, up to here).
    """

    table: pd.DataFrame


def run(config: Config) -> Result:
    """Train, round, judge; then check one home's actions on the test chain in every way that needs no proof."""
    torch.set_num_threads(1)
    frame, agent, states, limit_wh = _value(config)
    with connect("test") as connection:
        scene = Scene.deploy(connection, agent.network, states, limit_wh)
        gas = verified_gas.measure(scene)
        sizes = verified_gas.by_size(scene, config.hidden, config.seed)
    return Result(frame, gas, sizes, agent.network, states, limit_wh)


def prove(config: Config, result: Result, folder: Path = paths.ROOT / "build" / "proofs") -> Proofs | None:
    """Prove actions of the same day and verify the proofs on the test chain; ``None`` without the extra ``zk``.

    Args:
        config: names the sizes of proof.
        result: whose network and day.
        folder: for keys and reference strings, which are generated there and used again.
    """
    if not available():
        return None
    with connect("test") as connection:
        scene = Scene.deploy(connection, result.network, result.states, result.limit_wh)
        rows = [_proved(scene, actions, folder) for actions in config.proved_actions]
    return Proofs(pd.DataFrame(rows))


def draw_value(result: Result) -> Figure:
    """Captured value of the three networks: bars with the interval over trainings, dots for trainings."""
    figure, axis = plt.subplots(figsize=(8, 3.0))
    for position, (agent, label) in enumerate(LABELS.items()):
        samples = result.value.loc[result.value["agent"] == agent, "captured"].to_numpy()
        mean, interval = plots.mean_interval(samples)
        color = plots.PALETTE["neutral" if agent == "imitation" else "ours"]
        axis.barh(label, mean, xerr=np.nan_to_num(interval), color=color, capsize=3)
        axis.plot(samples, [position] * len(samples), "o", color="black", markersize=3)
    axis.axvline(1, color=plots.PALETTE["paper"], linestyle="--", label="limit: perfect foresight")
    axis.set(xlabel="captured value (share of the saving that is possible)", ylabel="")
    axis.invert_yaxis()
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), fontsize=9)
    return figure


def draw_gas(result: Result, proofs: Proofs | None = None) -> Figure:
    """Gas of an action in every way, on a logarithmic axis."""
    table = result.gas if proofs is None else pd.concat([result.gas, proofs.table.assign(way=PROVED)])
    labels = [_way(row.way, row.actions) for row in table.itertuples()]
    colors = [plots.PALETTE["paper" if way == PROVED else "ours"] for way in table["way"]]
    figure, axis = plt.subplots(figsize=(8.5, 0.5 * len(table) + 1.2))
    bars = axis.barh(labels, table["gas_per_action"], color=colors)
    axis.bar_label(bars, [f"{gas:,.0f}" for gas in table["gas_per_action"]], padding=4, fontsize=9)
    axis.set(xscale="log", xlabel="gas per action", ylabel="", xlim=(1_000, 3 * table["gas_per_action"].max()))
    axis.invert_yaxis()
    return figure


def draw_sizes(result: Result, proofs: Proofs | None = None) -> Figure:
    """Gas of computing a network on chain over its size, the transaction itself left out; beside it a proof's."""
    figure, axis = plt.subplots(figsize=(8, 3.6))
    computed = result.sizes["check_gas"] - ONE_TRANSACTION_GAS
    axis.plot(result.sizes["products"], computed, "o-", color=plots.PALETTE["ours"], label="computed on chain")
    if proofs is not None:
        gas = proofs.table.loc[proofs.table["actions"] == 1, "check_gas"].iloc[0] - ONE_TRANSACTION_GAS
        axis.plot(result.network.products, gas, "D", color=plots.PALETTE["paper"], label="proof of one action")
    axis.axvline(result.network.products, color=plots.PALETTE["neutral"], linestyle="--", label="the policy here")
    axis.set(xlabel="multiplications of the network", ylabel="gas to check one action", ylim=(0, None))
    axis.legend(fontsize=9)
    return figure


def show_proofs(config: Config, result: Result, proofs: Proofs | None) -> Figure | None:
    """Every way beside the proofs. Saved with the profile ``full`` only: the quick figures are those of any machine."""
    if proofs is None:
        return None
    figure = draw_gas(result, proofs)
    if config.profile == "full":
        plots.save(figure, "16_verified_agent_proofs", proofs.table, config.figures)
    return figure


def value_words(result: Result) -> str:
    """What the small network and its rounding cost, in words."""
    means = result.value.groupby("agent")["captured"].mean()
    mean, interval = plots.mean_interval(result.loss.to_numpy())
    spread = "" if np.isnan(interval) else f" ± {100 * interval:.2f}"
    return (
        f"The small network captures {means['small']:.3f} of the limit, the imitation of 77 inputs "
        f"{means['imitation']:.3f}. Rounding it to 8 bits changes that to {means['integer']:.3f}: it costs "
        f"{100 * mean:.2f}{spread} % of what was captured."
    )


def gas_words(result: Result) -> str:
    """Which way costs what, in words."""
    single = result.gas[result.gas["actions"] == 1].set_index("way")["gas"]
    day = result.gas.loc[result.gas["actions"] > 1, "gas_per_action"].iloc[0]
    plain = single[verified_gas.NOT_CHECKED]
    check = result.sizes.set_index("hidden")["check_gas"].get(result.network.hidden)
    alone = "" if check is None else f" ({check - ONE_TRANSACTION_GAS:,} of it for the network itself)"
    more = {way: _more(gas - plain) for way, gas in single.items()}
    return (
        f"A commitment that nobody checks costs {plain:,} gas in two transactions. Computing the policy's "
        f"{result.network.products:,} multiplications on chain makes one transaction of it, for "
        f"{more[verified_gas.COMPUTED]} gas{alone}. Believing the home until somebody objects takes "
        f"{more[verified_gas.BELIEVED]}; a dispute, which makes no commitment, {single[verified_gas.DISPUTED]:,}. "
        f"A day's actions checked afterwards cost {day:,.0f} each."
    )


def proof_words(result: Result, proofs: Proofs | None) -> str:
    """What proofs cost, in words; without the extra, how to get it."""
    if proofs is None:
        return f"*No proof was made here: {HOW_TO_INSTALL}, and this page then computes what follows.*"
    sentences = []
    for row in proofs.table.itertuples():
        sentences.append(
            f"A proof of {row.actions} action{'s' if row.actions > 1 else ''} took {row.proof_s:.1f} s "
            f"({row.rows:,} rows, {row.proof_bytes:,} bytes); the chain checks it for {row.check_gas:,} gas, "
            f"{row.check_gas / row.actions:,.0f} an action, and the whole transaction is {row.gas:,}."
        )
    computed = result.sizes["check_gas"] - ONE_TRANSACTION_GAS
    slope = np.polyfit(result.sizes["products"], computed, 1)[0]
    one = proofs.table.loc[proofs.table["actions"] == 1, "check_gas"].iloc[0] - ONE_TRANSACTION_GAS
    sentences.append(
        f"At {slope:.1f} gas a multiplication on chain, a single proof pays from {one / slope:,.0f} "
        f"multiplications on; the policy here has {result.network.products:,}."
    )
    return " ".join(sentences)


def _value(config: Config) -> tuple[pd.DataFrame, IntegerAgent, np.ndarray, int]:
    training, test, start = battery_control.tables(config)
    optimal = optimum(Home(test[test.index >= start]))
    foresight, outlook = Foresight.day_ahead(training), Outlook.day_ahead(training)
    rows, first = [], None
    for seed in range(config.seed, config.seed + config.seeds):
        settings = {"updates": config.updates}
        original = imitation.train(training, config=ImitationConfig(**settings), foresight=foresight, seed=seed)
        small = train(training, config=ImitationConfig(**settings, **SMALL), outlook=outlook, seed=seed)
        integer = IntegerAgent(small)
        first = first or integer
        for name, agent in (("imitation", original), ("small", small), ("integer", integer)):
            rows.append((name, LABELS[name], seed, _captured(agent, test, start, optimal)))
    frame = pd.DataFrame(rows, columns=["agent", "label", "seed", "captured"])
    return frame, first, *_day(first, test, start)


def _captured(agent: Agent, test: pd.DataFrame, start: pd.Timestamp, optimal: pd.DataFrame) -> float:
    return float(evaluate(agent, test, start=start, optimal=optimal)["captured"].mean())


def _day(agent: IntegerAgent, test: pd.DataFrame, start: pd.Timestamp) -> tuple[np.ndarray, int]:
    """48 states of the first judged home, from the first on in which it acts; and the limit in Wh."""
    judged = test[test.index >= start]
    features = {name: frame.loc[start:] for name, frame in agent.features(test).items()}
    home = Home(judged, features=features)
    policy, states = agent.policy(home), []
    observation = home.reset()
    limit_wh = round(Battery().power_kw * home.step_hours * 1_000)
    least = agent.network.unit / limit_wh
    while len(states) < DAY_ACTIONS:
        state = agent.states(observation)[:1]
        if states or abs(agent.network.outputs(state)[0]) >= least:
            states.append(state)
        observation = home.step_power(policy.act(observation)).observation
    return np.concatenate(states), limit_wh


def _proved(scene: Scene, actions: int, folder: Path) -> dict[str, float]:
    started = time.monotonic()
    circuit = Circuit.build(scene.network, actions, folder / f"actions-{actions}")
    setup_s = time.monotonic() - started
    states = scene.states[:actions]
    started = time.monotonic()
    proof = circuit.prove(states)
    proof_s = time.monotonic() - started
    if not np.array_equal(proof.outputs, scene.network.outputs(states)):
        raise AssertionError("the circuit's outputs are not the network's")
    verifier, receipts = scene.proof_verifier(circuit, circuit.verifier_source())
    play = scene.commit if actions == 1 else scene.attest
    gas = verified_gas.total(play(verifier, proof.proof))
    return {
        "actions": actions,
        "rows": circuit.rows,
        "log_rows": circuit.log_rows,
        "setup_s": setup_s,
        "proof_s": proof_s,
        "proof_bytes": len(proof.proof),
        "deploy_gas": verified_gas.total(receipts),
        "check_gas": scene.check_gas(verifier, states, proof.proof),
        "gas": gas,
        "gas_per_action": gas / actions,
        "memory_gb": _memory_gb(),
    }


def _memory_gb() -> float:
    """Most memory that this process has held; Linux counts in KiB, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1_024) / 1e9


def _way(way: str, actions: int) -> str:
    return way if actions == 1 else f"{way}, a day at once"


def _more(gas: int) -> str:
    return f"{gas:,} more" if gas >= 0 else f"{-gas:,} less"
