"""What a client works on: the data of its house, an environment over it, a learner, and the trial of what was learned.

Everything here follows from the `FederatedConfig` and the number of the house alone, so that any process on any
machine builds the same.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from dem import borrowed
from dem.agents import DiscreteSAC, EpisodeTrainer
from dem.federated import houses
from dem.federated.config import FederatedConfig
from dem.federated.pooled import PooledTrainer
from dem.federated.proximal import ProximalLearner
from dem.federated.records import NamedArrays
from dem.homes import BatchedEnvironment

Trainer = EpisodeTrainer | PooledTrainer


def trainer(config: FederatedConfig, client: int) -> Trainer:
    """A fresh trainer for one client: one house's, or that of all houses if ``config`` pools their data."""
    environments = [houses.environment(config, house) for house in _houses_of(config, client)]
    learner = _learner(config, environments[0], [_client_seed(seed, client) for seed in config.seeds])
    if config.method == "pooled":
        return PooledTrainer(environments, learner, config.episode)
    return EpisodeTrainer(environments[0], learner, config.episode)


def initial_weights(config: FederatedConfig) -> NamedArrays:
    """The networks that all clients start from: those of ``config.seeds`` themselves."""
    return _learner(config, houses.environment(config, 0), config.seeds).weights()


def steps_per_round(config: FederatedConfig) -> int:
    """Decisions a client takes in one round on its own policy: what its networks weigh in the average."""
    return config.episode.steps * (config.houses if config.method == "pooled" else 1)


def action_count(config: FederatedConfig) -> int:
    """How many actions a policy chooses from."""
    return houses.environment(config, 0).action_count


def learn_one_episode(trainer: Trainer, shared: Mapping[str, np.ndarray], mu: float) -> np.ndarray:
    """One episode, near the ``shared`` networks if ``mu`` is positive; mean reward of each seed (S,)."""
    learner = trainer.learner
    if mu > 0:
        trainer.learner = ProximalLearner(learner, shared, mu)
    try:
        with borrowed.one_thread():
            return trainer.episode()
    finally:
        trainer.learner = learner


def evaluate(config: FederatedConfig, client: int, learner: DiscreteSAC) -> tuple[np.ndarray, np.ndarray]:
    """Let ``learner`` decide without exploration in the houses of a client.

    Returns:
        Mean reward a step (S,) and share of each action (S, A), both over all houses of the client.
    """
    with borrowed.one_thread():
        trials = [_try(learner, *houses.trial(config, house)) for house in _houses_of(config, client)]
    rewards, shares = zip(*trials, strict=True)
    return np.mean(rewards, axis=0), np.mean(shares, axis=0)


def _houses_of(config: FederatedConfig, client: int) -> Sequence[int]:
    return range(config.houses) if config.method == "pooled" else (client,)


def _try(learner: DiscreteSAC, environment: BatchedEnvironment, steps: int) -> tuple[np.ndarray, np.ndarray]:
    agents = np.arange(learner.agents)
    total, chosen = np.zeros(learner.agents), np.zeros((learner.agents, environment.action_count))
    observation = environment.reset()
    for _ in range(steps):
        action = learner.act(observation, greedy=True)
        chosen[agents, action] += 1
        step = environment.step(action)
        total += step.reward
        observation = step.observation
    return total / steps, chosen / steps


def _learner(config: FederatedConfig, environment: BatchedEnvironment, seeds: Sequence[int]) -> DiscreteSAC:
    return DiscreteSAC(environment.observation_size, environment.action_count, config.learner, seeds)


def _client_seed(seed: int, client: int) -> int:
    """Clients of one seed share their first networks, not their exploration."""
    return int(np.random.SeedSequence([seed, client]).generate_state(1)[0])
