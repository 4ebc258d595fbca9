"""What the agent did, proved on chain: what rounding its network costs, and what each way of checking it costs."""

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from dem import borrowed, paths, units
from dem.agents import Agent, Foresight, evaluate, imitation, optimum
from dem.agents.imitation import ImitationConfig
from dem.chain import connect
from dem.chain.gas import total_gas
from dem.homes import Battery, Home
from dem.proofs import Circuit, IntegerAgent, IntegerNetwork, Outlook, ProofError, available, train
from dem.proofs.agent import SMALL
from dem.studies import battery_control, verified_gas
from dem.studies.config import StudyConfig
from dem.studies.verified_gas import Scene

DAY_ACTIONS = 48
LABELS = {
    "imitation": "imitation, 77 inputs",
    "small": "small, floating point",
    "integer": "small, whole numbers",
}


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
        table: one row a circuit: ``actions``, ``rows``, ``log_rows``, ``setup_s``, ``proof_s``, ``processor_s`` (of
            all cores, for the proof), ``proof_bytes``, ``verifier_bytes``, ``deploy_gas``, ``check_gas`` (a transaction
            that asks the verifier and no more), ``gas`` (the whole transaction), ``gas_per_action``, ``memory_gb`` (of
            this process, at most, up to here).
    """

    table: pd.DataFrame


@borrowed.one_thread()
def run(config: Config) -> Result:
    """Train, round, judge; then check one home's actions on the test chain in every way that needs no proof."""
    frame, agent, states, limit_wh = judge(config)
    with connect("test") as connection:
        scene = Scene.deploy(connection, agent.network, states, limit_wh)
        gas = verified_gas.measure(scene)
        sizes = verified_gas.by_size(scene, config.hidden, config.seed)
    return Result(frame, gas, sizes, agent.network, states, limit_wh)


def judge(config: Config) -> tuple[pd.DataFrame, IntegerAgent, np.ndarray, int]:
    """Train, round and judge.

    Returns:
        `Result.value`, the rounded agent of the first seed, `Result.states` and `Result.limit_wh`.
    """
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


def _captured(agent: Agent, test: pd.DataFrame, start: pd.Timestamp, optimal: pd.DataFrame) -> float:
    return float(evaluate(agent, test, start=start, optimal=optimal)["captured"].mean())


def _day(agent: IntegerAgent, test: pd.DataFrame, start: pd.Timestamp) -> tuple[np.ndarray, int]:
    """48 states of the first judged home, from the first on in which it acts; and the limit in Wh."""
    judged = test[test.index >= start]
    features = {name: frame.loc[start:] for name, frame in agent.features(test).items()}
    home = Home(judged, features=features)
    policy, states = agent.policy(home), []
    observation = home.reset()
    limit_wh = units.kwh_to_wh(units.kw_to_kwh(Battery().power_kw, home.step_hours))
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
    started, processor = time.monotonic(), time.process_time()
    proof = circuit.prove(states)
    proof_s, processor_s = time.monotonic() - started, time.process_time() - processor
    if not np.array_equal(proof.outputs, scene.network.outputs(states)):
        raise ProofError("the circuit's outputs are not the network's")
    verifier, receipts = scene.proof_verifier(circuit, circuit.verifier_source())
    play = scene.commit if actions == 1 else scene.attest
    play(verifier, proof.proof)
    used = total_gas(play(verifier, proof.proof))
    return {
        "actions": actions,
        "rows": circuit.rows,
        "log_rows": circuit.log_rows,
        "setup_s": setup_s,
        "proof_s": proof_s,
        "processor_s": processor_s,
        "proof_bytes": len(proof.proof),
        "verifier_bytes": scene.connection.code_size(scene.connection.read(verifier.halo2)),
        "deploy_gas": total_gas(receipts),
        "check_gas": scene.check_gas(verifier, states, proof.proof),
        "gas": used,
        "gas_per_action": used / actions,
        "memory_gb": _memory_gb(),
    }


def _memory_gb() -> float:
    """Most memory that this process has held; Linux counts in KiB, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1_024) / 1e9
