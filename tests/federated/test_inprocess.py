import pytest
from flwr.app import Context, Message, MessageType, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from dem.federated.inprocess import InProcessGrid


def counting_app():
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        calls = context.state["calls"]["n"] + 1 if "calls" in context.state else 1
        context.state["calls"] = MetricRecord({"n": calls})
        answer = {"n": calls, "partition": context.node_config["partition-id"]}
        return Message(RecordDict({"answer": MetricRecord(answer)}), reply_to=message)

    return app


def ask(grid, nodes):
    messages = [Message(RecordDict(), dst_node_id=node, message_type=MessageType.TRAIN) for node in nodes]
    return [dict(reply.content["answer"]) for reply in grid.send_and_receive(messages)]


def test_send_and_receive__nodes_in_any_order__answers_in_that_order():
    grid = InProcessGrid(counting_app(), nodes=3)
    first, second, third = grid.get_node_ids()
    assert [answer["partition"] for answer in ask(grid, [third, first, second])] == [2, 0, 1]


def test_context__state_between_messages__is_kept_for_each_node_apart():
    grid = InProcessGrid(counting_app(), nodes=2)
    first, second = grid.get_node_ids()
    ask(grid, [first])
    assert [answer["n"] for answer in ask(grid, [first, second])] == [2, 1]


def test_pull_messages__second_time__has_nothing_left():
    grid = InProcessGrid(counting_app(), nodes=1)
    node = next(iter(grid.get_node_ids()))
    identifiers = grid.push_messages([Message(RecordDict(), dst_node_id=node, message_type=MessageType.TRAIN)])
    assert len(list(grid.pull_messages(identifiers))) == 1
    with pytest.raises(KeyError):
        grid.pull_messages(identifiers)


def test_send_and_receive__client_raises__raises_the_same():
    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        raise ZeroDivisionError("inside the client")

    grid = InProcessGrid(app, nodes=1)
    with pytest.raises(ZeroDivisionError, match="inside the client"):
        ask(grid, grid.get_node_ids())
