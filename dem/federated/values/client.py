"""The client side: one home, its week, and what it answers to what the server sends.

A client keeps nothing between two messages, so any process can answer for the home: what is trained is the server's.
"""

from collections.abc import Callable, Sequence

import numpy as np
from flwr.app import Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.clientapp.typing import ClientAppCallable

from dem import files
from dem.federated.partition import house_of
from dem.federated.records import to_arrays, to_record
from dem.federated.values import neighbourhood
from dem.federated.values.config import ValuesConfig
from dem.federated.values.learners import learner_for

Mod = Callable[[Message, Context, ClientAppCallable], Message]
"""What stands around a client: Flower's type of that name."""
ACTION = "values"
"""Messages to these clients are of the type ``train.values``."""


def client_app(mods: Sequence[Mod] = ()) -> ClientApp:
    """An app that answers them and says which home it is; ``mods`` are Flower's, around the training alone."""
    app = ClientApp()
    app.query()(which_house)
    app.train(ACTION, mods=list(mods))(train)
    return app


def which_house(message: Message, context: Context) -> Message:
    """Say which house this node stands for (its ``partition-id``)."""
    return Message(RecordDict({"metrics": MetricRecord({"house": house_of(context)})}), reply_to=message)


def train(message: Message, context: Context) -> Message:
    """Learn for one round from the home's week, starting from the arrays sent.

    Raises:
        dem.files.CheckpointError: if the arrays sent are of another learner.
    """
    settings = message.content["config"]
    config = ValuesConfig.model_validate_json(str(settings["experiment"]))
    home, server_round = house_of(context), int(settings["server-round"])
    week = neighbourhood.week(config.neighbourhood, home)
    learner = learner_for(config)
    shared = to_arrays(message.content["arrays"])
    files.check(shared, learner.initial())
    learned = learner.learn(week, shared, server_round, generator_for(config, home, server_round))
    metrics = MetricRecord({"num-examples": len(week.net)})
    return Message(RecordDict({"arrays": to_record(learned), "metrics": metrics}), reply_to=message)


def generator_for(config: ValuesConfig, home: int, server_round: int) -> np.random.Generator:
    """What is random in a home's round, the same wherever it is computed."""
    return np.random.default_rng([config.seed, 1, home, server_round])
