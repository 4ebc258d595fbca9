"""The client's half of FedProx: a learner that is pulled back towards the shared networks as it trains."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dem.agents import DiscreteSAC
from dem.agents.replay import Batch
from dem.federated.records import NamedArrays

_COPIES = "target_"


class ProximalLearner:
    """A `DiscreteSAC` whose every update ends with w ← w − η μ (w − w_shared) on actor and critics.

    FedProx (Li et al. 2020, https://arxiv.org/abs/1812.06127) adds μ/2 ‖w − w_shared‖² to the client's loss. Adam
    would rescale the gradient of that term by the size of the rewards' gradients, and the strength of the pull would
    depend on the tariff; taken as a step of its own with the learning rate η it does not. (AdamW takes weight decay out
    of the loss for the same reason: https://arxiv.org/abs/1711.05101.) The target critics follow their critics.

    Args:
        learner: whose updates to follow; everything else of it is reached through this object unchanged.
        shared: the networks that the server sent, named and shaped as ``learner.weights()``.
        mu: μ ≥ 0.
    """

    def __init__(self, learner: DiscreteSAC, shared: Mapping[str, np.ndarray], mu: float) -> None:
        self._learner = learner
        self._shared = shared
        self._step = np.float32(learner.config.learning_rate * mu)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._learner, name)

    def update(self, batch: Batch) -> None:
        """One gradient step of the learner, then the pull."""
        self._learner.update(batch)
        self._learner.load_weights(self._pulled(self._learner.weights()))

    def _pulled(self, weights: NamedArrays) -> NamedArrays:
        return {
            name: array if name.startswith(_COPIES) else array - self._step * (array - self._shared[name])
            for name, array in weights.items()
        }
