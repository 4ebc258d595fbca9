"""Whole trainings through Flower's messages, in this process."""

import numpy as np
import pytest
from flwr.app import ConfigRecord, Context, Message, RecordDict
from pydantic import ValidationError

from dem.agents import CheckpointError
from dem.federated.inprocess import InProcessGrid
from dem.federated.records import to_record
from dem.federated.strategy import HouseFailedError
from dem.federated.values import Neighbourhood, Troubles, ValuesConfig, judge, neighbourhood, train
from dem.federated.values.client import client_app
from dem.federated.values.learners import learner_for
from dem.federated.values.progress import Progress
from dem.federated.values.server import MESSAGE_TYPE, serve

LEARNERS = ["statistics", "network"]


def same(left, right):
    return left.keys() == right.keys() and all(np.array_equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("learner", LEARNERS)
def test_train__federated__repeats_and_ends_with_one_model(small, learner):
    first, second = train(small(learner=learner)), train(small(learner=learner))
    assert all(same(model, second.models[0]) for model in first.models)
    size = sum(array.nbytes for array in first.models[0].values())
    assert first.bytes_down.tolist() == first.bytes_up.tolist() == [[size] * 3] * 2
    assert first.communicated_bytes == 12 * size


@pytest.mark.parametrize("learner", LEARNERS)
def test_train__alone__every_home_has_its_own_and_nothing_is_sent(small, learner):
    alone = train(small(learner=learner, sharing="alone"))
    assert not any(same(alone.models[0], model) for model in alone.models[1:])
    assert alone.communicated_bytes == 0


def test_train__pooled__sends_a_week_of_load_and_sun(small):
    pooled = train(small(sharing="pooled"))
    assert pooled.bytes_up.tolist() == [[336 * 2 * 8] * 3]


def test_judge__several_trainings__are_each_what_they_are_alone(small):
    trained = [train(small(sharing="alone")), train(small(learner="network"))]
    together = judge(trained)
    np.testing.assert_allclose(together, [judge([one])[0] for one in trained], rtol=1e-6)
    assert together.shape == (2, 3)
    assert (together <= 1 + 1e-6).all()


def test_judge__other_homes__are_refused(small):
    trained = [train(small(sharing="alone")), train(small(sharing="alone", around={"homes": 2}))]
    with pytest.raises(ValueError, match="share homes and trial weeks"):
        judge(trained)


def test_train__absent_and_late_homes__leave_the_others_to_learn(small):
    trained = train(small(), Troubles(absent=0.3, late=(0,)))
    assert (trained.bytes_up[:, 0] == 0).all()
    assert (trained.bytes_up > 0).sum() in (2, 3, 4)


def test_train__nobody_in_time__fails(small):
    with pytest.raises(HouseFailedError, match="no home answered in round 1"):
        train(small(), Troubles(late=(0, 1, 2)))


@pytest.mark.parametrize("who", [{"late": (3,)}, {"poisoned": (-1,)}])
def test_train__troubles_of_a_home_that_is_not_there__are_refused(small, who):
    with pytest.raises(ValueError, match="the homes are 0 to 2"):
        train(small(), Troubles(**who))


def test_train__poisoned_home__moves_the_mean_more_than_what_krum_takes(small):
    config = small(around={"homes": 5})
    honest = train(config).models[0]["moments"]
    moved = {
        aggregation: np.abs(train(config, Troubles(aggregation, poisoned=(0,))).models[0]["moments"] - honest).max()
        for aggregation in ("mean", "multi-Krum")
    }
    assert moved["multi-Krum"] < 0.2 * moved["mean"]


@pytest.mark.parametrize("aggregation", ["median", "trimmed mean", "Krum"])
def test_train__other_aggregation__keeps_names_shapes_and_kinds(small, aggregation):
    plain, robust = (train(small(learner="network"), Troubles(one)).models[0] for one in ("mean", aggregation))
    assert {name: array.shape for name, array in robust.items()} == {n: array.shape for n, array in plain.items()}
    assert {array.dtype for array in robust.values()} == {np.dtype("float32")}


def test_train__private__repeats_blurs_more_for_less_budget_and_leaves_the_global_generator(small):
    before = np.random.get_state()  # noqa: NPY002
    plain = train(small(rounds=1)).models[0]["moments"]
    private = {
        budget: [train(small(rounds=1), Troubles(epsilon=budget, clipping_norm=50.0)).models[0] for _ in range(2)]
        for budget in (1e3, 1e6)
    }
    np.testing.assert_equal(np.random.get_state(), before)  # noqa: NPY002
    assert all(same(*pair) for pair in private.values())
    blur = {budget: np.abs(pair[0]["moments"] - plain).mean() for budget, pair in private.items()}
    # Three homes' independent noises are averaged; E|x| of a Gaussian is σ √(2/π).
    noise = Troubles(epsilon=1e3, clipping_norm=50.0).noise
    assert blur[1e3] == pytest.approx(noise * np.sqrt(2 / np.pi / 3), rel=0.2)
    assert blur[1e6] < 0.01 * blur[1e3]


# Checkpoints


@pytest.mark.parametrize("learner", LEARNERS)
def test_train__server_stopped_in_the_middle__goes_on_at_the_next_round_bit_by_bit(small, tmp_path, learner):
    class Stopped(Exception):
        pass

    class StoppingGrid(InProcessGrid):
        rounds = 0

        def send_and_receive(self, messages, *, timeout=None):
            messages = list(messages)
            training = any(message.metadata.message_type == MESSAGE_TYPE for message in messages)
            self.rounds += training
            if training and self.rounds == 3:
                raise Stopped
            return super().send_and_receive(messages, timeout=timeout)

    config, checkpoint = small(learner=learner, rounds=4), tmp_path / "checkpoint.npz"
    with pytest.raises(Stopped):
        serve(StoppingGrid(client_app(), 3), config, checkpoint=checkpoint)
    assert Progress.load(checkpoint).rounds == 2
    resumed, straight = train(config, checkpoint=checkpoint), train(config)
    assert same(resumed.models[0], straight.models[0])
    np.testing.assert_array_equal(resumed.bytes_up, straight.bytes_up)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]


def test_train__checkpoint_of_a_whole_training__is_the_result(small, tmp_path):
    checkpoint = tmp_path / "checkpoint.npz"
    first = train(small(), checkpoint=checkpoint)
    again = train(small(), checkpoint=checkpoint)
    assert same(first.models[0], again.models[0])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"learner": "network"}, "another training: learner is statistics, not network"),
        ({"features": 5}, "another training: features is 4, not 5"),
        ({"around": {"homes": 2}}, "another training: neighbourhood"),
        ({"rounds": 1}, "of round 2, the training has 1"),
    ],
)
def test_train__checkpoint_of_another_training__is_refused(small, tmp_path, other, message):
    checkpoint = tmp_path / "checkpoint.npz"
    train(small(), checkpoint=checkpoint)
    before = checkpoint.read_bytes()
    with pytest.raises(CheckpointError, match=message):
        train(small(**other), checkpoint=checkpoint)
    assert checkpoint.read_bytes() == before


def test_train__checkpoint_with_arrays_of_another_network__is_refused(small, tmp_path):
    checkpoint, config = tmp_path / "checkpoint.npz", small(learner="network")
    wider = learner_for(small(learner="network", hidden=5)).initial()
    Progress.begin(config, wider).save(checkpoint)
    with pytest.raises(CheckpointError, match=r"'weight1' has shape \(54, 5\), expected \(54, 4\)"):
        train(config, checkpoint=checkpoint)


@pytest.mark.parametrize("content", [b"not a checkpoint", b""])
def test_train__file_that_is_no_checkpoint__is_refused(small, tmp_path, content):
    checkpoint = tmp_path / "checkpoint.npz"
    checkpoint.write_bytes(content)
    with pytest.raises(CheckpointError, match="holds no saved arrays"):
        train(small(), checkpoint=checkpoint)


def test_load__archive_of_something_else__is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(CheckpointError, match="not the checkpoint of a federated training"):
        Progress.load(tmp_path / "other.npz")


# Bad input


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learner": "forest"}, "learner"),
        ({"sharing": "gossip"}, "sharing"),
        ({"neighbourhood": {"homes": 1}}, "homes must be at least 2 to be federated"),
        ({"neighbourhood": {"homes": 0}}, "homes"),
        ({"neighbourhood": {"data_weeks": 4, "trial_weeks": 4}}, "trial_weeks must be fewer than the 4"),
        ({"neighbourhood": {"data": "/no/such/folder"}}, "existing folder"),
        ({"mu": 1.0}, "mu is for federated networks"),
        ({"own": 0.5, "sharing": "alone"}, "own is for federated homes"),
        ({"own": 1.0}, "own"),
        ({"penalty": 0.0}, "penalty"),
        ({"round": 3}, "round"),
    ],
)
def test_config__wrong_setting__is_refused_by_name(settings, message):
    with pytest.raises(ValidationError, match=message):
        ValuesConfig(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"absent": 1.0}, "absent must be in"),
        ({"epsilon": 0.0}, "epsilon must be positive"),
        ({"clipping_norm": -1.0}, "clipping_norm must be positive"),
    ],
)
def test_troubles__wrong_setting__is_refused_by_name(settings, message):
    with pytest.raises(ValueError, match=message):
        Troubles(**settings)


def test_train__unknown_aggregation__is_refused(small):
    with pytest.raises(ValueError, match="aggregation must be one of mean, median"):
        train(small(), Troubles(aggregation="loudest"))


def test_train__troubles_of_homes_alone__are_refused(small):
    with pytest.raises(ValueError, match="are for federated homes, sharing is 'alone'"):
        train(small(sharing="alone"), Troubles())


def test_client__arrays_of_another_learner__are_refused(small):
    config = small()
    arrays = to_record(learner_for(small(features=9)).initial())
    settings = ConfigRecord({"experiment": config.model_dump_json(), "server-round": 1})
    message = Message(RecordDict({"arrays": arrays, "config": settings}), 1, MESSAGE_TYPE)
    context = Context(1, 1, {"partition-id": 0}, RecordDict(), {})
    with pytest.raises(CheckpointError, match="'products' has shape"):
        client_app()(message, context)


def test_serve__no_node_for_any_home__says_so(small):
    with pytest.raises(TimeoutError, match=r"no node stands for house\(s\) \[0, 1, 2\]"):
        serve(InProcessGrid(client_app(), 0), small(), nodes_timeout_s=0.0)


def test_serve__fewer_nodes_than_homes__trains_those_there_are(small):
    trained = serve(InProcessGrid(client_app(), 2), small(), nodes_timeout_s=0.0)
    assert (trained.bytes_up[:, 2] == 0).all()
    assert (trained.bytes_up[:, :2] > 0).all()


def test_neighbourhood__more_homes_or_weeks_than_the_source_has__are_refused(tmp_path, monkeypatch):
    from dem import data

    table = data.load(homes=2, start="2023-01-02", end="2023-01-23")
    monkeypatch.setattr("dem.data.load", lambda *_, **__: table)
    with pytest.raises(ValueError, match="has 2 homes, 3 were asked for"):
        neighbourhood.week(Neighbourhood(data=str(tmp_path), homes=3, data_weeks=3, trial_weeks=1), 0)
    with pytest.raises(ValueError, match="has 3 whole weeks, 4 were asked for"):
        neighbourhood.week(Neighbourhood(data=str(tmp_path), homes=2, data_weeks=4, trial_weeks=1), 0)


@pytest.mark.parametrize("weeks", ["own", "same"])
def test_week__of_each_home__is_none_that_it_is_judged_on(small, weeks):
    around = small(around={"weeks": weeks, "data_weeks": 3, "homes": 2}).neighbourhood
    tried = neighbourhood.trial_table(around)
    loads = tried[tried["home"] == neighbourhood.homes(around)[0]]
    known = neighbourhood.week(around, 0)
    assert not np.array_equal(known.net, (loads["load_kwh"] - loads["pv_kwh"]).to_numpy())
    assert np.array_equal(known.buy, neighbourhood.week(around, 1).buy) == (weeks == "same")
