"""The strategies alone, with a stand-in client that adds a number of its own to what it is sent."""

import numpy as np
import pytest
from flwr.app import ConfigRecord, Context, Error, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.federated.config import FederatedConfig
from dem.federated.history import Ledger
from dem.federated.inprocess import InProcessGrid
from dem.federated.records import to_arrays, to_record
from dem.federated.strategy import HouseFailedError, strategy_for

SEEDS = (5, 6, 7)


def adding_app(increments, received):
    """House k adds ``increments[k]`` (one number a seed) to the networks it holds and sends them back."""
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        house = int(context.node_config["partition-id"])
        received.append((house, dict(message.content["config"])))
        shared = to_arrays(message.content["arrays"]) or to_arrays(context.state["model"])
        model = {"w": shared["w"] + np.asarray(increments[house], dtype=np.float32)[:, None]}
        context.state["model"] = to_record(model)
        reward = [float(value) for value in increments[house]]
        metrics = MetricRecord({"reward": reward, "num-examples": 100})
        return Message(RecordDict({"arrays": to_record(model), "metrics": metrics}), reply_to=message)

    return app


def run(method, increments, rounds=2, mu=0.0):
    received = []
    config = FederatedConfig(method=method, houses=len(increments), seeds=SEEDS, rounds=rounds, mu=mu)
    grid = InProcessGrid(adding_app(increments, received), nodes=config.clients)
    ledger = Ledger(config.clients, len(SEEDS), actions=2)
    strategy = strategy_for(config, list(grid.get_node_ids()), ledger)
    start = to_record({"w": np.zeros((len(SEEDS), 4), dtype=np.float32)})
    strategy.start(grid, start, num_rounds=rounds, train_config=ConfigRecord())
    return ledger.history(), received


INCREMENT = st.lists(st.integers(-64, 64), min_size=len(SEEDS), max_size=len(SEEDS))


@given(st.lists(INCREMENT, min_size=2, max_size=2))
@settings(max_examples=20, deadline=None)
def test_fedavg__whole_numbers__averages_exactly_and_seed_by_seed(increments):
    history, _ = run("fedavg", increments, rounds=2)
    expected = 2 * np.mean(increments, axis=0)
    for weights in history.weights:
        np.testing.assert_array_equal(weights["w"], np.broadcast_to(expected[:, None], (len(SEEDS), 4)))


def test_local__two_rounds__each_client_keeps_its_own():
    history, _ = run("local", [[1, 2, 3], [10, 20, 30]], rounds=2)
    np.testing.assert_array_equal(history.weights[0]["w"][:, 0], [2, 4, 6])
    np.testing.assert_array_equal(history.weights[1]["w"][:, 0], [20, 40, 60])


def test_local__communication__is_the_networks_out_once_and_nothing_between():
    history, received = run("local", [[1, 2, 3], [10, 20, 30]], rounds=3)
    size = len(SEEDS) * 4 * 4
    assert history.bytes_down.tolist() == [[size, size], [0, 0], [0, 0]]
    assert [config["return-model"] for house, config in received if house == 0] == [False, False, True]


def test_fedavg__communication__is_the_networks_both_ways_each_round():
    history, _ = run("fedavg", [[1, 2, 3], [10, 20, 30]], rounds=3)
    size = len(SEEDS) * 4 * 4
    assert history.bytes_down.tolist() == history.bytes_up.tolist() == [[size, size]] * 3
    assert history.communicated_bytes == 12 * size


def test_fedprox__training_messages__carry_mu():
    _, received = run("fedprox", [[1, 2, 3], [10, 20, 30]], mu=0.25)
    assert {config["proximal-mu"] for _, config in received} == {0.25}


def test_rewards__two_houses__are_kept_by_round_house_and_seed():
    history, _ = run("fedavg", [[1, 2, 3], [10, 20, 30]], rounds=2)
    np.testing.assert_array_equal(history.rewards, [[[1, 2, 3], [10, 20, 30]]] * 2)


def test_aggregate_train__replies_in_another_order__gives_the_same_bits():
    rng = np.random.default_rng(3)
    increments = rng.normal(size=(5, len(SEEDS)))
    config = FederatedConfig(houses=5, seeds=SEEDS, rounds=1)
    grid = InProcessGrid(adding_app(increments, []), nodes=5)
    results = []
    for order in ([0, 1, 2, 3, 4], [4, 2, 0, 3, 1]):
        strategy = strategy_for(config, list(grid.get_node_ids()), Ledger(5, len(SEEDS), actions=2))
        start = to_record({"w": np.zeros((len(SEEDS), 4), dtype=np.float32)})
        replies = list(grid.send_and_receive(strategy.configure_train(1, start, ConfigRecord(), grid)))
        arrays, _ = strategy.aggregate_train(1, [replies[house] for house in order])
        results.append(to_arrays(arrays)["w"])
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("method", ["fedavg", "local"])
def test_aggregate_train__one_house_fails__stops_and_names_it(method):
    config = FederatedConfig(method=method, houses=2, seeds=SEEDS, rounds=1)
    grid = InProcessGrid(adding_app([[1, 1, 1]] * 2, []), nodes=2)
    strategy = strategy_for(config, list(grid.get_node_ids()), Ledger(2, len(SEEDS), actions=2))
    start = to_record({"w": np.zeros((len(SEEDS), 4), dtype=np.float32)})
    messages = list(strategy.configure_train(1, start, ConfigRecord(), grid))
    answer, _ = grid.send_and_receive(messages)
    failure = Message(Error(code=1, reason="meter unplugged"), reply_to=messages[1])
    with pytest.raises(HouseFailedError, match="house 1 failed in round 1: meter unplugged"):
        strategy.aggregate_train(1, [answer, failure])
    with pytest.raises(HouseFailedError, match="house 1 did not answer in round 1"):
        strategy.aggregate_train(1, [answer])
