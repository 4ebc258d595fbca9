"""What can go wrong between homes, and what can be done about it, for experiments in one process."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from flwr.app import Context, Message, MessageType
from flwr.clientapp import ClientApp
from flwr.clientapp.mod import LocalDpMod
from flwr.clientapp.typing import ClientAppCallable

from dem.federated.inprocess import InProcessGrid
from dem.federated.partition import house_of
from dem.federated.records import to_arrays, to_record
from dem.federated.values.client import Mod

Aggregation = Literal["mean", "median", "trimmed mean", "Krum", "multi-Krum"]
EXAGGERATION = 10.0
"""A poisoned home sends so many times the opposite of what it learned."""
DELTA = 1e-5
"""Of (ε, δ) differential privacy."""


@dataclass(frozen=True)
class Troubles:
    """All is well by default.

    Attributes:
        aggregation: how the server joins what homes send.
        absent: share of the homes that each round misses, drawn anew every round.
        late: homes whose answers always come after the round has closed.
        poisoned: homes that send the opposite of what they learned, exaggerated.
        epsilon: differential privacy of each home's single message against the server; ``None`` for none.
        clipping_norm: with ``epsilon``, the longest change of the shared arrays that a home may send.
    """

    aggregation: Aggregation = "mean"
    absent: float = 0.0
    late: tuple[int, ...] = ()
    poisoned: tuple[int, ...] = ()
    epsilon: float | None = None
    clipping_norm: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.absent < 1:
            raise ValueError(f"absent must be in [0, 1), got {self.absent}")
        if self.epsilon is not None and self.epsilon <= 0:
            raise ValueError(f"epsilon must be positive, got {self.epsilon}")
        if not self.clipping_norm > 0:
            raise ValueError(f"clipping_norm must be positive, got {self.clipping_norm}")

    @property
    def noise(self) -> float:
        """Standard deviation that privacy adds to every number a home sends: the Gaussian mechanism's.

        One home can change its message by twice the clipping norm.
        """
        if self.epsilon is None:
            return 0.0
        return 2 * self.clipping_norm * float(np.sqrt(2 * np.log(1.25 / DELTA))) / self.epsilon

    def mods(self, seed: int) -> list[Mod]:
        """What stands around the clients' training, as Flower's mods."""
        mods: list[Mod] = []
        if self.epsilon is not None:
            mods.append(
                SeededPrivacy(LocalDpMod(self.clipping_norm, 2 * self.clipping_norm, self.epsilon, DELTA), seed)
            )
        if self.poisoned:
            mods.append(Poison(self.poisoned))
        return mods


class UnreliableGrid(InProcessGrid):
    """An in-process grid that loses training messages.

    Args:
        app: as for `InProcessGrid`.
        nodes: how many.
        troubles: who is absent, and who is late.
        seed: draws who is absent.
    """

    def __init__(self, app: ClientApp, nodes: int, troubles: Troubles, seed: int) -> None:
        super().__init__(app, nodes)
        self._generator = np.random.default_rng([seed, 2])
        self._absent = round(troubles.absent * nodes)
        # Nodes count from 1 here.
        self._late = {home + 1 for home in troubles.late}

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Replies of those homes that are there in time."""
        messages = list(messages)
        if any(message.metadata.message_type.startswith(MessageType.TRAIN) for message in messages):
            absent = self._generator.choice(len(messages), self._absent, replace=False)
            messages = [
                message
                for k, message in enumerate(messages)
                if k not in absent and message.metadata.dst_node_id not in self._late
            ]
        return super().send_and_receive(messages, timeout=timeout)


class Poison:
    """A mod: some homes send the opposite of what they learned.

    Args:
        homes: which.
    """

    def __init__(self, homes: Iterable[int]) -> None:
        self._homes = frozenset(homes)

    def __call__(self, message: Message, context: Context, call_next: ClientAppCallable) -> Message:
        """Have the home learn, and turn what it learned around."""
        shared = to_arrays(message.content["arrays"])
        reply = call_next(message, context)
        if house_of(context) in self._homes:
            learned = to_arrays(reply.content["arrays"])
            turned = {name: shared[name] - EXAGGERATION * (learned[name] - shared[name]) for name in learned}
            reply.content["arrays"] = to_record(turned)
        return reply


class SeededPrivacy:
    """A mod: Flower's local differential privacy, with noise that repeats.

    Flower draws from NumPy's global generator: it is seeded for each message and given back as it was.

    Args:
        mod: Flower's.
        seed: together with home and round, of the noise.
    """

    def __init__(self, mod: LocalDpMod, seed: int) -> None:
        self._mod, self._seed = mod, seed

    def __call__(self, message: Message, context: Context, call_next: ClientAppCallable) -> Message:
        """Clip and blur what the home sends."""
        entropy = [self._seed, house_of(context), int(message.content["config"]["server-round"])]
        kept = np.random.get_state()  # noqa: NPY002
        np.random.seed(np.random.SeedSequence(entropy).generate_state(4))  # noqa: NPY002
        try:
            return self._mod(message, context, call_next)
        finally:
            np.random.set_state(kept)  # noqa: NPY002
