"""What the server does with a round: average the houses' networks, pull them together, or leave them alone.

Flower's own `FedAvg` and `FedProx` do the averaging. Two things are added. Every house takes part in every round, in
the order of the houses, so that a run does not depend on which node connected first; and a house that fails or stays
silent stops the run, where Flower would quietly average the rest.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from flwr.app import ArrayRecord, ConfigRecord, Message, MessageType, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg, FedProx

from dem.federated.config import FederatedConfig
from dem.federated.history import Ledger
from dem.federated.records import to_arrays


class HouseFailedError(RuntimeError):
    """A house answered with an error, or not at all."""


class HouseAveraging(FedAvg):
    """Federated averaging (McMahan et al. 2017, https://arxiv.org/abs/1602.05629) over a fixed list of houses.

    Each house's networks carry the experiment's seeds along the leading axis, so their mean averages seed by seed.
    """

    nodes: Sequence[int]
    config: FederatedConfig
    ledger: Ledger

    @classmethod
    def over(cls, nodes: Sequence[int], config: FederatedConfig, ledger: Ledger, **settings: Any) -> "HouseAveraging":
        """A strategy for these node identifiers, in the order of the houses; ``settings`` are Flower's."""
        everyone = dict.fromkeys(("min_train_nodes", "min_evaluate_nodes", "min_available_nodes"), len(nodes))
        strategy = cls(**everyone, **settings)
        strategy.nodes, strategy.config, strategy.ledger = nodes, config, ledger
        return strategy

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Send the shared networks to every house."""
        messages = self._messages(server_round, arrays, config, MessageType.TRAIN)
        self.ledger.training_sent(messages)
        return messages

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Average the houses' networks."""
        complete = self._complete(server_round, replies)
        self.ledger.training_received(complete)
        arrays, metrics = super().aggregate_train(server_round, complete)
        if server_round == self.config.rounds:
            self.ledger.model_shared(to_arrays(arrays))
        return arrays, metrics

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Have every house try the networks of this round, where the settings ask for it."""
        if not self.config.evaluates_after(server_round):
            return []
        return self._messages(server_round, arrays, config, MessageType.EVALUATE)

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        """Note how the houses fared."""
        if self.config.evaluates_after(server_round):
            self.ledger.evaluation_received(server_round, self._complete(server_round, replies))
        return None

    def _messages(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, message_type: str
    ) -> list[Message]:
        config["server-round"] = server_round
        content = RecordDict({"arrays": arrays, "config": config})
        return [Message(content, dst_node_id=node, message_type=message_type) for node in self.nodes]

    def _complete(self, server_round: int, replies: Iterable[Message]) -> list[Message]:
        by_node = {reply.metadata.src_node_id: reply for reply in replies}
        for house, node in enumerate(self.nodes):
            if node not in by_node:
                raise HouseFailedError(f"house {house} did not answer in round {server_round}")
            if by_node[node].has_error():
                reason = by_node[node].error.reason
                raise HouseFailedError(f"house {house} failed in round {server_round}: {reason}")
        return [by_node[node] for node in self.nodes]


class ProximalAveraging(FedProx, HouseAveraging):
    """Averaging, with the clients held near the shared networks while they train (FedProx, Li et al. 2020).

    Flower's `FedProx` only tells the clients μ; `client_app` applies the pull.
    """


class Independent(HouseAveraging):
    """No averaging: all clients start from the same networks, then each keeps its own.

    Networks travel twice in all: out before the first round, and back after the last one, for the record.
    """

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Send the networks once; later rounds only say "go on"."""
        config["return-model"] = server_round == self.config.rounds
        sent = arrays if server_round == 1 else ArrayRecord()
        return super().configure_train(server_round, sent, config, grid)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Note the rewards; keep what each client ends with."""
        complete = self._complete(server_round, replies)
        self.ledger.training_received(complete)
        if server_round == self.config.rounds:
            self.ledger.models_received(complete)
        return None, None

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Have every client try its own networks."""
        return super().configure_evaluate(server_round, ArrayRecord(), config, grid)


def strategy_for(config: FederatedConfig, nodes: Sequence[int], ledger: Ledger) -> HouseAveraging:
    """The strategy that ``config.method`` names, over these nodes."""
    if config.method == "fedprox":
        return ProximalAveraging.over(nodes, config, ledger, proximal_mu=config.mu)
    kind = HouseAveraging if config.method == "fedavg" else Independent
    return kind.over(nodes, config, ledger)
