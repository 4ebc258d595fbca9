"""Forecasters trained across homes: a client is one home and keeps its table; only weights travel."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import pandas as pd
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MessageType, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg

from dem import data
from dem.federated.inprocess import InProcessGrid
from dem.federated.partition import house_of
from dem.federated.quiet import quiet
from dem.federated.records import payload_bytes, to_arrays, to_record
from dem.forecast import Neural

_LOSS = "loss"
_ROUND = "server-round"


@dataclass(frozen=True)
class FederatedForecaster:
    """What training across homes leaves behind.

    Attributes:
        forecaster: with the averaged weights; it forecasts for any home.
        loss: (rounds,) mean pinball loss in training over all homes, in multiples of each window's scale.
        megabytes: what travelled, both ways, all homes and rounds.
    """

    forecaster: Neural
    loss: np.ndarray
    megabytes: float


class HomeAveraging(FedAvg):
    """Federated averaging in which every home takes part in every round, in the order of the nodes."""

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Send the shared weights to every home."""
        config[_ROUND] = server_round
        content = RecordDict({"arrays": arrays, "config": config})
        return [Message(content, dst_node_id=node, message_type=MessageType.TRAIN) for node in grid.get_node_ids()]

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Ask for nothing: `dem.forecast.evaluate` judges what comes out."""
        return []


def train_forecaster(forecaster: Neural, table: pd.DataFrame, *, rounds: int) -> FederatedForecaster:
    """Train a neural forecaster by federated averaging over the homes of a table.

    Every home makes as many updates in all as a fit on pooled data would, on its own rows, with the same learning
    rates; after each round the weights are averaged.

    Args:
        forecaster: its settings and seed are used; it is left as it was.
        table: home table of at least fifteen days.
        rounds: how often the weights are averaged, at most once per update.

    Raises:
        ValueError: if ``rounds`` is out of range, or the table has one home or is too short.
        dem.data.DataError: if it is not a valid home table.
    """
    updates = forecaster.config.updates
    if not 1 <= rounds <= updates:
        raise ValueError(f"rounds must be 1 to {updates}, the number of updates, got {rounds}")
    homes = data.home_names(data.validate(table))
    if len(homes) < 2:
        raise ValueError(f"federated training needs at least two homes, the table has {homes[0]!r} alone")
    shared = deepcopy(forecaster).begin(pd.Timedelta(hours=data.step_hours(table)))
    tables = [table[(table["home"] == home).to_numpy()] for home in homes]
    weights = to_record(shared.weights())
    with quiet():
        grid = InProcessGrid(client_app(shared, tables, rounds), len(homes))
        result = HomeAveraging().start(grid, initial_arrays=weights, num_rounds=rounds)
    shared.load_weights(to_arrays(result.arrays))
    loss = [result.train_metrics_clientapp[number][_LOSS] for number in range(1, rounds + 1)]
    return FederatedForecaster(shared, np.array(loss), 2 * rounds * len(homes) * payload_bytes(weights) / 1e6)


def client_app(forecaster: Neural, tables: Sequence[pd.DataFrame], rounds: int) -> ClientApp:
    """The client side: node k trains on ``tables[k]`` alone, with its share of the learning rates in each round."""
    rates = np.array_split(forecaster.config.rates(), rounds)
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        home, number = house_of(context), int(message.content["config"][_ROUND])
        own = deepcopy(forecaster)
        own.load_weights(to_arrays(message.content["arrays"]))
        seed = int(np.random.SeedSequence([forecaster.seed, home, number]).generate_state(1)[0])
        loss = own.learn(tables[home], rates[number - 1], seed)
        metrics = MetricRecord({_LOSS: loss, "num-examples": len(rates[number - 1])})
        return Message(RecordDict({"arrays": to_record(own.weights()), "metrics": metrics}), reply_to=message)

    return app
