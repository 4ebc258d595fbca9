"""Gradient steps per second of the paper's agents: all in one batched call against one after the other in plain torch.

    python -m benchmarks.training [--json]

Both train the networks of notebook 04 (4 → 256 → 256 → 5, minibatches of 256) by the same algorithm on the same
schedule. The plain version is what a researcher writes: one ``nn.Module`` and one ``torch.optim.Adam`` per network,
autograd, one ``zero_grad``/``backward``/``step`` per loss, torch's default threads. The versions are timed in turns and
medians are compared, because other work on the machine disturbs them all. Mixed precision changes rounding, so the last
rows ask whether learning is still the same.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import torch
from scipy import stats
from torch import nn
from torch.nn.functional import log_softmax, mse_loss

from benchmarks.report import Row, at_least, main
from dem import data
from dem.agents import Batch, DiscreteSAC, EpisodeTrainer, SACConfig
from dem.homes import PaperHome

OBSERVATION_SIZE, ACTION_COUNT, BATCH_SIZE = 4, 5, 256
AGENTS = 20
UPDATE_ROUNDS, TRAINING_ROUNDS = 9, 3
TURN_S = 0.25
GOAL = 5.0
CURVE_SEEDS, CURVE_EPISODES = 10, 4


class PlainSAC:
    """One discrete soft actor-critic with a conservative term, as one writes it first."""

    agents, observation_size, action_count = 1, OBSERVATION_SIZE, ACTION_COUNT
    device = torch.device("cpu")

    def __init__(self, config: SACConfig) -> None:
        self.config = config
        self.generator = np.random.default_rng(0)
        self.minibatch_generators = [self.generator]
        self.actor, self.critic1, self.critic2, self.target1, self.target2 = (_network(config) for _ in range(5))
        self.target1.load_state_dict(self.critic1.state_dict())
        self.target2.load_state_dict(self.critic2.state_dict())
        self.log_temperature = torch.zeros(1, requires_grad=True)
        learned = (
            self.actor.parameters(),
            self.critic1.parameters(),
            self.critic2.parameters(),
            [self.log_temperature],
        )
        self.optimisers = [torch.optim.Adam(parameters, lr=config.learning_rate) for parameters in learned]

    def act(self, observation: np.ndarray) -> np.ndarray:
        """One action drawn from the policy, for observations (1, O)."""
        with torch.no_grad():
            logits = self.actor(torch.from_numpy(observation))
        return torch.distributions.Categorical(logits=logits).sample().numpy()

    def act_randomly(self) -> np.ndarray:
        """One action drawn uniformly."""
        return self.generator.integers(ACTION_COUNT, size=1)

    def update(self, minibatch: Batch) -> None:
        """One step on each of the four losses, then the targets."""
        batch = Batch(**{name: value[0] for name, value in vars(minibatch).items()})
        config, temperature = self.config, self.log_temperature.exp().detach()
        action, reward, terminated = (value.unsqueeze(1) for value in (batch.action, batch.reward, batch.terminated))
        with torch.no_grad():
            log_policy = log_softmax(self.actor(batch.next_observation), dim=1)
            ahead = torch.min(self.target1(batch.next_observation), self.target2(batch.next_observation))
            value = (log_policy.exp() * (ahead - temperature * log_policy)).sum(1, keepdim=True)
            target = reward + config.discount * (1 - terminated) * value
            here = torch.min(self.critic1(batch.observation), self.critic2(batch.observation))

        log_policy = log_softmax(self.actor(batch.observation), dim=1)
        policy = log_policy.exp()
        self._step(0, (policy * (temperature * log_policy - here)).sum(1).mean())
        entropy = -(policy * log_policy).sum(1).detach()
        self._step(3, (-self.log_temperature.exp() * (config.target_entropy - entropy)).mean())
        for index, critic in ((1, self.critic1), (2, self.critic2)):
            values = critic(batch.observation)
            chosen = values.gather(1, action)
            conservative = (values.logsumexp(1, keepdim=True) - chosen).mean()
            self._step(index, 0.5 * mse_loss(chosen, target) + config.cql_weight * conservative)

        with torch.no_grad():
            for critic, target_critic in ((self.critic1, self.target1), (self.critic2, self.target2)):
                for source, lagging in zip(critic.parameters(), target_critic.parameters(), strict=True):
                    lagging.lerp_(source, config.target_rate)

    def _step(self, index: int, loss: torch.Tensor) -> None:
        self.optimisers[index].zero_grad()
        loss.backward()
        self.optimisers[index].step()


def rows() -> Iterator[Row]:
    """Gradient steps per second, batched and one agent at a time; whether mixed precision learns the same."""
    yield from _compare("updates", [_updates(learner) for learner in _learners()], UPDATE_ROUNDS)
    table = data.load("synthetic")
    yield from _compare("training", [_episodes(learner, table) for learner in _learners()], TRAINING_ROUNDS, GOAL)
    yield from _curve_rows(table)


def _compare(what: str, works: list[Callable[[], int]], rounds: int, goal: float | None = None) -> Iterator[Row]:
    """Rows of one comparison: plain, then batched in both precisions; the goal is for the last."""
    plain, single, mixed = (1 / seconds for seconds in _interleaved(works, rounds))
    yield Row(f"{what}: plain torch, {torch.get_num_threads()} threads", plain, "gradient steps/s")
    yield Row(f"{what}: {AGENTS} agents at once, float32", single, "gradient steps/s", plain)
    yield Row(f"{what}: {AGENTS} agents at once, mixed", mixed, "gradient steps/s", plain)
    yield Row(f"{what}: speed-up, float32", single / plain, "×")
    if goal is None:
        yield Row(f"{what}: speed-up, mixed", mixed / plain, "×")
    else:
        yield at_least(f"{what}: speed-up, mixed", mixed / plain, "×", goal)


def _learners() -> list[PlainSAC | DiscreteSAC]:
    batched = [
        DiscreteSAC(OBSERVATION_SIZE, ACTION_COUNT, SACConfig(precision=precision), seeds=range(AGENTS))
        for precision in ("float32", "mixed")
    ]
    return [PlainSAC(SACConfig()), *batched]


def _network(config: SACConfig) -> nn.Module:
    return nn.Sequential(
        nn.Linear(OBSERVATION_SIZE, config.hidden),
        nn.ReLU(),
        nn.Linear(config.hidden, config.hidden),
        nn.ReLU(),
        nn.Linear(config.hidden, ACTION_COUNT),
    )


def _updates(learner: PlainSAC | DiscreteSAC) -> Callable[[], int]:
    """Updates alone; each call returns the number of gradient steps."""
    batch = _batch(learner.agents)

    def work() -> int:
        learner.update(batch)
        return learner.agents

    return work


def _episodes(learner: PlainSAC | DiscreteSAC, table: pd.DataFrame) -> Callable[[], int]:
    """Whole episodes of the paper's schedule: acting, environment, replay and updates."""
    trainer = EpisodeTrainer(PaperHome.from_table(table, houses=1, copies=learner.agents), learner)

    def work() -> int:
        trainer.episode()
        return learner.agents * trainer.config.steps

    return work


def _batch(agents: int) -> Batch:
    shape = (agents, BATCH_SIZE)
    return Batch(
        observation=torch.randn(*shape, OBSERVATION_SIZE),
        next_observation=torch.randn(*shape, OBSERVATION_SIZE),
        action=torch.randint(ACTION_COUNT, shape),
        reward=torch.randn(shape),
        terminated=torch.zeros(shape),
    )


def _interleaved(works: list[Callable[[], int]], rounds: int) -> list[float]:
    """Median seconds per gradient step of each, timed in turns."""
    seconds: list[list[float]] = [[] for _ in works]
    for round_ in range(rounds + 1):
        for work, measured in zip(works, seconds, strict=True):
            start, steps = time.perf_counter(), 0
            while time.perf_counter() - start < TURN_S:
                steps += work()
            if round_:  # the first warms up
                measured.append((time.perf_counter() - start) / steps)
    return [float(np.median(measured)) for measured in seconds]


def _curve_rows(table: pd.DataFrame) -> Iterator[Row]:
    """Whether rewards on the paper's home have the same distribution over seeds in both precisions."""
    curves = {precision: _curves(table, precision) for precision in ("float32", "mixed")}
    for name, episodes in (("first", slice(0, 1)), ("last", slice(-1, None))):
        samples = [np.log10(1e-3 - curve[episodes]).ravel() for curve in curves.values()]
        p_value = float(stats.ks_2samp(*samples).pvalue)
        yield at_least(
            f"{name} episode, {CURVE_SEEDS} seeds each: Kolmogorov–Smirnov p, mixed against float32",
            p_value,
            "",
            0.01,
        )


def _curves(table: pd.DataFrame, precision: str) -> np.ndarray:
    """Mean rewards (episodes, seeds); other seeds for each precision, so that the samples are independent."""
    first = 0 if precision == "float32" else CURVE_SEEDS
    seeds = range(first, first + CURVE_SEEDS)
    learner = DiscreteSAC(OBSERVATION_SIZE, ACTION_COUNT, SACConfig(precision=precision), seeds)
    trainer = EpisodeTrainer(PaperHome.from_table(table, copies=CURVE_SEEDS, houses=1), learner)
    return np.array([trainer.episode() for _ in range(CURVE_EPISODES)])


if __name__ == "__main__":
    main(rows)
