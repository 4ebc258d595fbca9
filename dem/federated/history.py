"""What a federated training leaves behind, and the ledger that collects it round by round."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from flwr.app import Message

from dem import files
from dem.federated.records import NamedArrays, payload_bytes, to_arrays

_WEIGHTS = "weights"


@dataclass(frozen=True)
class History:
    """One training run: R rounds, C clients (houses; one if pooled), S seeds, E evaluations, A actions.

    Attributes:
        rewards: (R, C, S) mean reward of each episode, as the clients saw it while they learned.
        weights: one entry a client: the networks it holds after the last round, every array with leading axis S.
        bytes_down: (R, C) bytes of network weights sent to each client in each training round.
        bytes_up: (R, C) bytes of network weights received from each client in each training round.
        evaluated_rounds: (E,) rounds (from 1) after which the networks were tried without exploration.
        evaluation_rewards: (E, C, S) mean reward a step of those trials.
        action_shares: (E, C, S, A) share of each action in those trials; sums to 1 over the last axis.
    """

    rewards: np.ndarray
    weights: tuple[NamedArrays, ...]
    bytes_down: np.ndarray
    bytes_up: np.ndarray
    evaluated_rounds: np.ndarray
    evaluation_rewards: np.ndarray
    action_shares: np.ndarray

    @property
    def communicated_bytes(self) -> int:
        """Bytes of network weights that travelled in all rounds together, both ways."""
        return int(self.bytes_down.sum() + self.bytes_up.sum())

    def save(self, path: Path) -> None:
        """Write everything into one ``.npz`` file, under a temporary name first."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        for client, weights in enumerate(self.weights):
            arrays |= {f"{_WEIGHTS}/{client}/{name}": array for name, array in weights.items()}
        files.save(path, arrays)

    @classmethod
    def load(cls, path: Path) -> "History":
        """Read what `save` wrote; raises as `dem.files.load`."""
        stored = files.load(path)
        weights: dict[int, NamedArrays] = defaultdict(dict)
        for key, array in stored.items():
            if key.startswith(f"{_WEIGHTS}/"):
                _, client, name = key.split("/", 2)
                weights[int(client)][name] = array
        arrays = {name: stored[name] for name in _ARRAYS}
        return cls(weights=tuple(weights[client] for client in sorted(weights)), **arrays)


_ARRAYS = tuple(name for name in History.__dataclass_fields__ if name != _WEIGHTS)


@dataclass
class Ledger:
    """Collects a run's replies; they must come in the order of the clients.

    Attributes:
        clients: how many clients take part.
        seeds: how many seeds each client holds.
        actions: how many actions a policy chooses from.
    """

    clients: int
    seeds: int
    actions: int
    _rewards: list[np.ndarray] = field(default_factory=list)
    _bytes_down: list[list[int]] = field(default_factory=list)
    _bytes_up: list[list[int]] = field(default_factory=list)
    _evaluated: list[int] = field(default_factory=list)
    _evaluations: list[np.ndarray] = field(default_factory=list)
    _shares: list[np.ndarray] = field(default_factory=list)
    _weights: tuple[NamedArrays, ...] = ()

    def training_sent(self, messages: Sequence[Message]) -> None:
        """Note what a training round sends to the clients."""
        self._bytes_down.append([payload_bytes(message.content["arrays"]) for message in messages])

    def training_received(self, replies: Sequence[Message]) -> None:
        """Note what a training round brings back."""
        self._bytes_up.append([payload_bytes(reply.content["arrays"]) for reply in replies])
        self._rewards.append(np.array([reply.content["metrics"]["reward"] for reply in replies]))

    def evaluation_received(self, server_round: int, replies: Sequence[Message]) -> None:
        """Note the trials after a round."""
        metrics = [reply.content["metrics"] for reply in replies]
        self._evaluated.append(server_round)
        self._evaluations.append(np.array([metric["reward"] for metric in metrics]))
        self._shares.append(np.array([metric["action-shares"] for metric in metrics]))

    def models_received(self, replies: Sequence[Message]) -> None:
        """Keep the networks in ``replies`` as each client's last ones."""
        self._weights = tuple(to_arrays(reply.content["arrays"]) for reply in replies)

    def model_shared(self, weights: NamedArrays) -> None:
        """Keep ``weights`` as the last networks of all clients."""
        self._weights = (weights,) * self.clients

    def history(self) -> History:
        """Everything noted so far."""
        each = (-1, self.clients, self.seeds)
        return History(
            rewards=np.array(self._rewards).reshape(each),
            weights=self._weights,
            bytes_down=np.array(self._bytes_down, dtype=np.int64),
            bytes_up=np.array(self._bytes_up, dtype=np.int64),
            evaluated_rounds=np.array(self._evaluated, dtype=np.int64),
            evaluation_rewards=np.array(self._evaluations).reshape(each),
            action_shares=np.array(self._shares).reshape(*each, self.actions),
        )
