"""The server side of the Flower app: find the houses, run the strategy, keep the history.

`serve` is the whole of it and runs on any `Grid`; ``app`` wraps it for ``flwr run .`` and the deployment runtime,
which hand the settings over as Flower's run configuration (``[tool.flwr.app.config]`` in ``pyproject.toml``).
"""

from pathlib import Path

from flwr.app import ConfigRecord, Context
from flwr.serverapp import Grid, ServerApp

from dem.federated import task
from dem.federated.config import FederatedConfig
from dem.federated.history import History, Ledger
from dem.federated.nodes import NODES_TIMEOUT_S, REPLY_TIMEOUT_S, find_houses
from dem.federated.records import to_record
from dem.federated.strategy import strategy_for
from dem.federated.values.config import ValuesConfig
from dem.federated.values.server import serve as serve_values

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Train as the run configuration says.

    With ``values`` (the JSON of a `dem.federated.values.ValuesConfig`) homes learn water values, and the ``checkpoint``
    that is written after each round is the result. Otherwise the houses' agents learn, and with ``result`` set the
    history is saved in that file.

    Raises:
        ValueError: if there are ``values`` and no ``checkpoint``, before anything is trained.
    """
    settings = dict(context.run_config)
    result, checkpoint, values = (str(settings.pop(name, "")) for name in ("result", "checkpoint", "values"))
    if values:
        if not checkpoint:
            raise ValueError("values need a checkpoint: the file is all that is left of the training")
        serve_values(grid, ValuesConfig.model_validate_json(values), checkpoint=Path(checkpoint))
        return
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
