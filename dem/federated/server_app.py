"""The server side of the Flower app: find the houses, run the strategy, keep the history.

`serve` is the whole of it and runs on any `Grid`; ``app`` wraps it for ``flwr run .`` and the deployment runtime,
which hand the settings over as Flower's run configuration (``[tool.flwr.app.config]`` in ``pyproject.toml``).
"""

import time
from pathlib import Path

from flwr.app import ConfigRecord, Context, Message, MessageType, RecordDict
from flwr.serverapp import Grid, ServerApp

from dem.federated import task
from dem.federated.config import FederatedConfig
from dem.federated.history import History, Ledger
from dem.federated.records import to_record
from dem.federated.strategy import strategy_for

# Nodes of the deployment runtime are processes that import torch before they answer; under load that takes a while.
NODES_TIMEOUT_S = 120.0
REPLY_TIMEOUT_S = 3600.0

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Train as the run configuration says; with ``result`` set, save the history in that file."""
    settings = dict(context.run_config)
    result = str(settings.pop("result", ""))
    history = serve(grid, FederatedConfig.from_run_config(settings))
    if result:
        history.save(Path(result))


def serve(grid: Grid, config: FederatedConfig, nodes_timeout_s: float = NODES_TIMEOUT_S) -> History:
    """Train over the clients of ``grid``.

    Raises:
        TimeoutError: if not every house has a node within ``nodes_timeout_s`` seconds.
        HouseFailedError: if a house fails or stays silent in a round.
    """
    nodes = find_houses(grid, config.clients, nodes_timeout_s)
    ledger = Ledger(config.clients, len(config.seeds), task.action_count(config))
    strategy_for(config, nodes, ledger).start(
        grid,
        initial_arrays=to_record(task.initial_weights(config)),
        num_rounds=config.rounds,
        timeout=REPLY_TIMEOUT_S,
        train_config=ConfigRecord({"experiment": config.model_dump_json()}),
        evaluate_config=ConfigRecord({"experiment": config.model_dump_json()}),
    )
    return ledger.history()


def find_houses(grid: Grid, count: int, timeout_s: float) -> list[int]:
    """Node identifiers of houses 0 … ``count`` − 1, in this order; nodes of further houses are left alone.

    Raises:
        TimeoutError: names the houses that no node stands for.
    """
    deadline = time.monotonic() + timeout_s
    node_of: dict[int, int] = {}
    while True:
        new = [node for node in grid.get_node_ids() if node not in node_of.values()]
        node_of |= {house: node for node, house in _ask_for_house(grid, new)}
        missing = [house for house in range(count) if house not in node_of]
        if not missing:
            return [node_of[house] for house in range(count)]
        if time.monotonic() > deadline:
            raise TimeoutError(f"no node stands for house(s) {missing}; nodes present: {sorted(node_of)}")
        time.sleep(1.0)


def _ask_for_house(grid: Grid, nodes: list[int]) -> list[tuple[int, int]]:
    questions = [Message(RecordDict(), dst_node_id=node, message_type=MessageType.QUERY) for node in nodes]
    replies = [reply for reply in grid.send_and_receive(questions, timeout=NODES_TIMEOUT_S) if reply.has_content()]
    return [(reply.metadata.src_node_id, int(reply.content["metrics"]["house"])) for reply in replies]
