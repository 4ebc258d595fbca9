"""The whole app on the in-process grid, with the real agents and homes, small."""

import numpy as np
import pytest
from flwr.app import ConfigRecord, Context, Message, MessageType, RecordDict

from dem.agents import CheckpointError
from dem.federated import History, client_app, task, train
from dem.federated.records import to_arrays, to_record

ENVIRONMENTS = ["paper", "home"]


def same(left, right):
    return left.keys() == right.keys() and all(np.array_equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize(("method", "mu"), [("fedavg", 0.0), ("fedprox", 1.0)])
def test_train__federated__houses_end_with_equal_networks(tiny, environment, method, mu):
    history = train(tiny(environment=environment, method=method, mu=mu))
    assert same(*history.weights)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_train__local__houses_end_with_networks_of_their_own(tiny, environment):
    first, second = train(tiny(environment=environment, method="local")).weights
    assert not any(np.array_equal(first[name], second[name]) for name in first if name.endswith("weight2"))


def test_train__same_settings__repeats_bit_for_bit(tiny):
    first, second = train(tiny(evaluate_every=1)), train(tiny(evaluate_every=1))
    assert np.array_equal(first.rewards, second.rewards)
    assert np.array_equal(first.evaluation_rewards, second.evaluation_rewards)
    assert all(same(*pair) for pair in zip(first.weights, second.weights, strict=True))


def test_train__one_seed_alone__learns_as_it_does_among_others(tiny):
    together, alone = train(tiny(seeds=(3, 4))), train(tiny(seeds=(4,)))
    np.testing.assert_allclose(alone.rewards[:, :, 0], together.rewards[:, :, 1], rtol=1e-4)


def test_train__first_round__is_the_same_with_and_without_averaging(tiny):
    averaged, apart = train(tiny(method="fedavg")), train(tiny(method="local"))
    np.testing.assert_array_equal(averaged.rewards[0], apart.rewards[0])


def test_train__history__has_rounds_clients_seeds_and_actions(tiny):
    history = train(tiny(rounds=3, houses=3, evaluate_every=2))
    assert history.rewards.shape == (3, 3, 2)
    assert history.evaluated_rounds.tolist() == [2, 3]
    assert history.evaluation_rewards.shape == (2, 3, 2)
    assert history.action_shares.shape == (2, 3, 2, 5)
    np.testing.assert_allclose(history.action_shares.sum(axis=-1), 1.0)


def test_train__communication__matches_the_arrays(tiny):
    config = tiny(rounds=3)
    size = sum(array.nbytes for array in task.initial_weights(config).values())
    history = train(config)
    assert history.bytes_down.tolist() == history.bytes_up.tolist() == [[size, size]] * 3
    assert train(tiny(rounds=3, method="local")).communicated_bytes == 4 * size


def test_fedprox__strong_pull__ends_nearer_to_the_start_than_averaging(tiny):
    start = task.initial_weights(tiny())["critic1/weight2"]
    distance = {}
    for method, mu in (("fedavg", 0.0), ("fedprox", 90.0)):
        weights = train(tiny(method=method, mu=mu, rounds=1)).weights[0]["critic1/weight2"]
        distance[method] = np.abs(weights - start).mean()
    assert distance["fedprox"] < 0.5 * distance["fedavg"]


def test_learn_one_episode__after_fedprox__leaves_the_learner_as_it_was(tiny):
    config = tiny(method="fedprox", mu=1.0)
    trainer = task.trainer(config, 0)
    learner = trainer.learner
    task.learn_one_episode(trainer, learner.weights(), config.mu)
    assert trainer.learner is learner


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("method", ["local", "pooled"])
def test_client__state_moved_to_another_process__continues_bit_for_bit(tiny, environment, method):
    config = tiny(environment=environment, method=method)
    straight, moved = context(), context()
    ask(config, straight, 1)
    ask(config, moved, 1)
    # What another process would find: the records, and nothing else.
    moved = context(RecordDict({"trainer": to_record(to_arrays(moved.state["trainer"]))}))
    first, second = ask(config, straight, 2), ask(config, moved, 2)
    assert first.content["metrics"] == second.content["metrics"]
    assert same(to_arrays(first.content["arrays"]), to_arrays(second.content["arrays"]))
    assert same(to_arrays(straight.state["trainer"]), to_arrays(moved.state["trainer"]))


def context(state=None):
    return Context(1, 1, {"partition-id": 0, "num-partitions": 2}, state or RecordDict(), {})


def ask(config, client_context, server_round):
    arrays = to_record(task.initial_weights(config) if server_round == 1 else {})
    settings = ConfigRecord({"experiment": config.model_dump_json(), "server-round": server_round})
    message = Message(RecordDict({"arrays": arrays, "config": settings}), 1, MessageType.TRAIN)
    return client_app.app(message, client_context)


def test_client__networks_of_another_shape__are_refused(tiny):
    arrays = to_record({name: array[:1] for name, array in task.initial_weights(tiny()).items()})
    settings = ConfigRecord({"experiment": tiny().model_dump_json()})
    message = Message(RecordDict({"arrays": arrays, "config": settings}), 1, MessageType.TRAIN)
    with pytest.raises(CheckpointError, match="shape"):
        client_app.app(message, context())


def test_client__node_without_a_house__is_told_how_to_get_one(tiny):
    message = Message(RecordDict(), 1, MessageType.QUERY)
    with pytest.raises(ValueError, match="--node-config 'partition-id=0'"):
        client_app.app(message, Context(1, 1, {}, RecordDict(), {}))


def test_history__saved_and_loaded__is_the_same(tiny, tmp_path):
    history = train(tiny(evaluate_every=1, method="local"))
    history.save(tmp_path / "history.npz")
    loaded = History.load(tmp_path / "history.npz")
    for name in ("rewards", "bytes_down", "bytes_up", "evaluated_rounds", "evaluation_rewards", "action_shares"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(history, name))
    assert all(same(*pair) for pair in zip(loaded.weights, history.weights, strict=True))
    assert [path.name for path in tmp_path.iterdir()] == ["history.npz"]
