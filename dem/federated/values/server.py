"""The server side: Flower's strategies over whichever homes are there, and a checkpoint after every round."""

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from flwr.app import ArrayRecord, ConfigRecord, Message, MessageType, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg, FedMedian, FedTrimmedAvg, Krum, MultiKrum, Strategy

from dem.federated.nodes import NODES_TIMEOUT_S, REPLY_TIMEOUT_S, Directory
from dem.federated.records import payload_bytes, to_arrays, to_record
from dem.federated.strategy import HouseFailedError
from dem.federated.values.client import ACTION
from dem.federated.values.config import ValuesConfig
from dem.federated.values.learners import learner_for
from dem.federated.values.progress import Progress
from dem.federated.values.trained import Trained
from dem.federated.values.troubles import Aggregation

MESSAGE_TYPE = f"{MessageType.TRAIN}.{ACTION}"


def serve(
    grid: Grid,
    config: ValuesConfig,
    aggregation: Aggregation = "mean",
    checkpoint: Path | None = None,
    nodes_timeout_s: float = NODES_TIMEOUT_S,
) -> Trained:
    """Train over the nodes of ``grid``; homes that are missing or fail in a round are left out of it.

    Args:
        grid: at least one of its nodes must stand for one of the homes.
        config: the training.
        aggregation: how the server joins what homes send.
        checkpoint: file to write after each round and, if it is there, to go on from.
        nodes_timeout_s: how long to wait until every home has a node.

    Raises:
        dem.agents.CheckpointError: if the checkpoint is of another training.
        TimeoutError: if no home has a node in time.
        HouseFailedError: if no home answers in a round.
    """
    learner = learner_for(config)
    progress = Progress.begin(config, learner.initial())
    if checkpoint is not None and checkpoint.exists():
        progress = Progress.load(checkpoint)
        progress.check(config, learner.initial())
    directory = Directory(grid, config.homes)
    directory.wait(nodes_timeout_s, needed=1)
    strategy = Rounds(flower_strategy(aggregation, config.homes), directory, progress, checkpoint)
    strategy.start(
        grid,
        initial_arrays=to_record(progress.shared),
        num_rounds=config.rounds - progress.rounds,
        timeout=REPLY_TIMEOUT_S,
        train_config=ConfigRecord({"experiment": config.model_dump_json()}),
    )
    progress = strategy.progress
    return Trained(config, (progress.shared,) * config.homes, progress.bytes_down, progress.bytes_up)


class Rounds(Strategy):
    """One of Flower's strategies, with the homes in their order, the bytes counted and every round kept.

    Args:
        joining: the strategy that aggregates.
        directory: knows the homes' nodes.
        progress: what was trained before.
        checkpoint: where to keep what is trained.
    """

    def __init__(self, joining: FedAvg, directory: Directory, progress: Progress, checkpoint: Path | None) -> None:
        self.progress = progress
        self._joining, self._directory, self._checkpoint = joining, directory, checkpoint
        self._nodes: dict[int, int] = {}
        self._sent = 0

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Send the shared arrays to every home that is there; rounds are counted from the training's first."""
        self._nodes, self._sent = self._directory.present(), payload_bytes(arrays)
        config["server-round"] = self.progress.rounds + 1
        content = RecordDict({"arrays": arrays, "config": config})
        return [Message(content, dst_node_id=node, message_type=MESSAGE_TYPE) for node in self._nodes.values()]

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Join what the homes sent, in the order of the homes, and keep it."""
        by_node = {reply.metadata.src_node_id: reply for reply in replies}
        answers = {home: by_node[node] for home, node in self._nodes.items() if node in by_node}
        sound = {home: reply for home, reply in answers.items() if not reply.has_error()}
        if not sound:
            reasons = {home: reply.error.reason for home, reply in answers.items()}
            raise HouseFailedError(f"no home answered in round {self.progress.rounds + 1}; errors: {reasons}")
        received = {home: payload_bytes(reply.content["arrays"]) for home, reply in sound.items()}
        arrays, metrics = self._joining.aggregate_train(server_round, list(sound.values()))
        homes = range(self.progress.config.homes)
        self.progress = self.progress.after(
            {name: array.astype(self.progress.shared[name].dtype) for name, array in to_arrays(arrays).items()},
            [self._sent * (home in self._nodes) for home in homes],
            [received.get(home, 0) for home in homes],
        )
        if self._checkpoint is not None:
            self.progress.save(self._checkpoint)
        return to_record(self.progress.shared), metrics

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Nothing: homes are judged when the training is over."""
        return []

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        """Nothing."""
        return None

    def summary(self) -> None:
        """Log the settings of the strategy that aggregates."""
        self._joining.summary()


def flower_strategy(aggregation: Aggregation, homes: int) -> FedAvg:
    """Flower's strategy of that name; Krum's two are told to expect one hostile home.

    Raises:
        ValueError: if there is none.
    """
    match aggregation:
        case "mean":
            return FedAvg()
        case "median":
            return FedMedian()
        case "trimmed mean":
            return FedTrimmedAvg()
        case "Krum":
            return Krum(num_malicious_nodes=1)
        case "multi-Krum":
            return MultiKrum(num_malicious_nodes=1, num_nodes_to_select=max(1, homes - 2))
        case _:
            raise ValueError(f"aggregation must be one of {', '.join(get_args(Aggregation))}, got {aggregation!r}")
