"""The client side of the Flower app: one house, with all seeds of the experiment in one batched learner.

A client is one house. Its learner holds one agent per seed, stacked along the leading axis of every array, so that
the server's mean over clients is a mean over houses for each seed apart: seeds never mix.

A client keeps nothing in memory between rounds, since on two of the three backends each round may run in a new
process. What must survive (where the house's series stands, optimiser moments, temperature, generators, and without
averaging the networks) lives in ``context.state`` and continues bit by bit.
"""

from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict

from dem.federated import task
from dem.federated.config import FederatedConfig
from dem.federated.partition import house_of
from dem.federated.records import to_arrays, to_record
from dem.federated.values import client as values

_STATE = "trainer"

app = values.client_app()


@app.train()
def train(message: Message, context: Context) -> Message:
    """Take over the networks sent, if any, learn for one episode, and send the networks and the rewards back."""
    config, house = _experiment(message), house_of(context)
    trainer = _restored(task.trainer(config, house), context)
    shared = to_arrays(message.content["arrays"])
    if shared:
        trainer.learner.load_weights(shared)
    rewards = task.learn_one_episode(trainer, shared, float(message.content["config"].get("proximal-mu", 0.0)))
    context.state[_STATE] = to_record(trainer.state())
    sends = message.content["config"].get("return-model", True)
    arrays = to_record(trainer.learner.weights()) if sends else ArrayRecord()
    metrics = MetricRecord({"reward": rewards.tolist(), "num-examples": task.steps_per_round(config)})
    return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)


@app.evaluate()
def evaluate(message: Message, context: Context) -> Message:
    """Try the networks sent, or else this client's own, without exploration."""
    config, house = _experiment(message), house_of(context)
    learner = _restored(task.trainer(config, house), context).learner
    shared = to_arrays(message.content["arrays"])
    if shared:
        learner.load_weights(shared)
    rewards, shares = task.evaluate(config, house, learner)
    metrics = MetricRecord({"reward": rewards.tolist(), "action-shares": shares.ravel().tolist()})
    return Message(RecordDict({"metrics": metrics}), reply_to=message)


def _experiment(message: Message) -> FederatedConfig:
    return FederatedConfig.model_validate_json(str(message.content["config"]["experiment"]))


def _restored(trainer: task.Trainer, context: Context) -> task.Trainer:
    if _STATE in context.state:
        trainer.load_state(to_arrays(context.state[_STATE]))
    return trainer
