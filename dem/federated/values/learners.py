"""Two learners of water values, both as named arrays that can be averaged over homes.

What a federated learner sends is what makes the difference. The mean of networks that were trained on different weeks
is not the network of all weeks. The mean of *sufficient statistics* is: a ridge regression knows its data only through
the products of features with each other and with the targets, and those of all homes are the mean of each home's. So
what homes exchange is enough for the very fit that pooled data would give.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from dem.federated.records import NamedArrays
from dem.federated.values.config import ValuesConfig
from dem.federated.values.outlook import INPUTS
from dem.federated.values.perceptron import HEAD, Adam, Perceptron
from dem.federated.values.week import LEVELS, Excess, Week

Shared = Mapping[str, np.ndarray]


class Learner(Protocol):
    """How water values are learned from a week; keeps nothing between two calls."""

    def initial(self) -> NamedArrays:
        """What all homes start from."""
        ...

    def learn(self, week: Week, shared: Shared, server_round: int, generator: np.random.Generator) -> NamedArrays:
        """The home's arrays after ``server_round`` (from 1), of the names and shapes of the ``shared`` ones."""
        ...

    def personal(self, week: Week, shared: Shared) -> NamedArrays:
        """What a home makes of the shared arrays with its own week, for itself alone."""
        ...

    def excess(self, arrays: Shared) -> Excess:
        """The water values that arrays stand for."""
        ...


def learner_for(config: ValuesConfig) -> Learner:
    """The learner that ``config`` names."""
    return {"statistics": StatisticsLearner, "network": NetworkLearner}[config.learner](config)


class StatisticsLearner:
    """Ridge regression on the inputs and random rectified mixtures of them, by its sufficient statistics.

    Its arrays are means over intervals: ``products`` (F (F + 1) / 2) of features with each other, the upper triangle
    row by row, and ``moments`` (F, LEVELS) of features with targets. Round 1 learns from hindsight; every later one is
    a step of fitted value iteration, whose targets trust the fit of the last (D. Ernst et al., JMLR 6, 2005). Random
    features: A. Rahimi & B. Recht, NIPS 2008.

    Args:
        config: penalty, number of features, and the seed that they are drawn from, the same for all homes.
    """

    def __init__(self, config: ValuesConfig) -> None:
        generator = np.random.default_rng(config.seed)
        self._penalty, self._own = config.penalty, config.own
        self._directions = generator.normal(size=(INPUTS, config.features)) / np.sqrt(INPUTS)
        self._offsets = generator.uniform(-1.0, 1.0, config.features)
        self._size = config.feature_count

    def initial(self) -> NamedArrays:
        """No data."""
        return {"products": np.zeros(self._size * (self._size + 1) // 2), "moments": np.zeros((self._size, LEVELS))}

    def learn(self, week: Week, shared: Shared, server_round: int, generator: np.random.Generator) -> NamedArrays:
        """The statistics of a week; nothing in them is random."""
        return self._statistics(week, week.targets(self.excess(shared) if server_round > 1 else None))

    def personal(self, week: Week, shared: Shared) -> NamedArrays:
        """A mean of the home's own statistics and everyone's."""
        mine = self._statistics(week, week.targets(self.excess(shared)))
        return {name: (1 - self._own) * shared[name] + self._own * mine[name] for name in mine}

    def excess(self, arrays: Shared) -> Excess:
        """Those of the regression with these statistics."""
        products = np.zeros((self._size, self._size))
        products[np.triu_indices(self._size)] = arrays["products"]
        products += np.triu(products, 1).T
        # The constant is not held down: it is the mean of the targets.
        penalties = np.full(self._size, self._penalty)
        penalties[0] = 1e-9
        weights = np.linalg.solve(products + np.diag(penalties), arrays["moments"])
        return lambda inputs: self._features(inputs) @ weights

    def _statistics(self, week: Week, targets: np.ndarray) -> NamedArrays:
        features = self._features(week.inputs)
        products = features.T @ features / len(features)
        return {"products": products[np.triu_indices(self._size)], "moments": features.T @ targets / len(features)}

    def _features(self, inputs: np.ndarray) -> np.ndarray:
        """(N, F): one, the inputs, the random features."""
        mixed = np.maximum(inputs @ self._directions + self._offsets, 0.0)
        return np.concatenate([np.ones((len(inputs), 1)), inputs, mixed], axis=1)


class NetworkLearner:
    """A perceptron that is taught the water values of hindsight, by Adam on minibatches.

    Args:
        config: size and training of the network, and the seed of its initial weights, the same for all homes.
    """

    def __init__(self, config: ValuesConfig) -> None:
        self._config = config
        self._network = Perceptron(INPUTS, config.hidden, LEVELS)

    def initial(self) -> NamedArrays:
        """Random weights."""
        return self._network.draw(np.random.default_rng(self._config.seed))

    def learn(self, week: Week, shared: Shared, server_round: int, generator: np.random.Generator) -> NamedArrays:
        """The shared network after some steps on a week, pulled back towards the shared one after each by η μ.

        FedProx: Li et al. 2020, https://arxiv.org/abs/1812.06127, with the pull as a step of its own, since Adam would
        rescale it.
        """
        config, targets = self._config, week.targets().astype(np.float32)
        adam = Adam(shared, config.learning_rate)
        for _ in range(config.updates):
            rows = generator.integers(len(targets), size=config.batch_size)
            adam.step(self._network.gradient(adam.weights, week.inputs[rows], targets[rows]))
            adam.pull(shared, config.mu)
        return adam.weights

    def personal(self, week: Week, shared: Shared) -> NamedArrays:
        """The shared network with a last layer of the home's own: ridge regression towards the shared one.

        A local head on shared layers, as in FedRep (Collins et al. 2021, https://arxiv.org/abs/2102.07078).
        """
        *_, hidden, answers = self._network.layers(shared, week.inputs)
        products = hidden.T @ hidden / len(hidden)
        distance = (1 - self._config.own) / self._config.own
        missing = hidden.T @ (week.targets() - answers) / len(hidden)
        change = np.linalg.solve(products + distance * np.eye(len(products)), missing)
        return {**shared, HEAD: (shared[HEAD] + change).astype(np.float32)}

    def excess(self, arrays: Shared) -> Excess:
        """What the network answers."""
        return lambda inputs: self._network.answer(arrays, inputs)
