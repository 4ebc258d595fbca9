"""One call that trains: alone, together over Flower in this process, or from pooled data."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from dem.federated.quiet import quiet
from dem.federated.values import neighbourhood
from dem.federated.values.client import client_app, generator_for
from dem.federated.values.config import ValuesConfig
from dem.federated.values.learners import learner_for
from dem.federated.values.server import serve
from dem.federated.values.trained import Trained
from dem.federated.values.troubles import Troubles, UnreliableGrid
from dem.federated.values.week import Week

SERIES_SENT = 2
"""Load and PV; prices are public."""


def train(config: ValuesConfig, troubles: Troubles | None = None, checkpoint: Path | None = None) -> Trained:
    """Train ``config``.

    Args:
        config: the experiment.
        troubles: what goes wrong, and what is done about it; federated homes only.
        checkpoint: file that a federated training writes after each round, and goes on from if it is there.

    Raises:
        ValueError: if ``troubles`` or ``checkpoint`` are given for homes that are not federated, or ``troubles`` befall
            a home that is not there.
        dem.agents.CheckpointError: if the checkpoint is of another training.
    """
    if config.sharing != "federated":
        if troubles is not None or checkpoint is not None:
            raise ValueError(f"troubles and checkpoints are for federated homes, sharing is {config.sharing!r}")
        return _pooled(config) if config.sharing == "pooled" else _alone(config)
    troubles = troubles or Troubles()
    strangers = [home for home in (*troubles.late, *troubles.poisoned) if home not in range(config.homes)]
    if strangers:
        raise ValueError(f"troubles befall home {strangers[0]}, the homes are 0 to {config.homes - 1}")
    with quiet():
        grid = UnreliableGrid(client_app(troubles.mods(config.seed)), config.homes, troubles, config.seed)
        trained = serve(grid, config, troubles.aggregation, checkpoint)
    return _personal(trained) if config.own > 0 else trained


def _personal(trained: Trained) -> Trained:
    """Every home adapts what it was sent; no message is needed for that."""
    config = trained.config
    learner, weeks = learner_for(config), (neighbourhood.week(config.neighbourhood, k) for k in range(config.homes))
    models = (learner.personal(week, shared) for week, shared in zip(weeks, trained.models, strict=True))
    return replace(trained, models=tuple(models))


def _alone(config: ValuesConfig) -> Trained:
    weeks = [neighbourhood.week(config.neighbourhood, home) for home in range(config.homes)]
    nothing = np.zeros((1, config.homes), dtype=np.int64)
    return Trained(config, tuple(_learned(config, home, week) for home, week in enumerate(weeks)), nothing, nothing)


def _pooled(config: ValuesConfig) -> Trained:
    week = neighbourhood.pooled(config.neighbourhood)
    arrays = _learned(config, 0, week)
    sent = SERIES_SENT * week.net.nbytes // config.homes
    down = sum(array.nbytes for array in arrays.values())
    return Trained(config, (arrays,) * config.homes, _each(config, down), _each(config, sent))


def _each(config: ValuesConfig, count: int) -> np.ndarray:
    return np.full((1, config.homes), count, dtype=np.int64)


def _learned(config: ValuesConfig, client: int, week: Week) -> dict[str, np.ndarray]:
    """As many rounds as the federated homes have."""
    learner = learner_for(config)
    arrays = learner.initial()
    for server_round in range(1, config.rounds + 1):
        arrays = learner.learn(week, arrays, server_round, generator_for(config, client, server_round))
    return arrays
