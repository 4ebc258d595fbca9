"""The default backend: every client runs in this process, one after the other, in the order of the nodes.

Flower's server side talks to its clients only through a `Grid`; this one hands each message straight to the
`ClientApp`. The client app, the server app and the strategy are those of the other backends, each client keeps its
own `Context`, and nothing is left to threads or processes: a run repeats bit by bit.
"""

from collections.abc import Iterable
from itertools import count

from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.typing import Run
from flwr.serverapp import Grid

from dem.federated.partition import PARTITION


class InProcessGrid(Grid):
    """A grid of ``nodes`` clients that answer at once.

    An exception inside a client propagates to the caller with its own traceback, where the networked backends can
    only report it as an error reply.
    """

    def __init__(self, app: ClientApp, nodes: int) -> None:
        self._app = app
        self._run = Run.create_empty(run_id=1)
        self._contexts = {node: _context(node, nodes) for node in range(1, nodes + 1)}
        self._replies: dict[str, Message] = {}
        self._identifiers = map(str, count(1))

    def set_run(self, run_id: int) -> None:
        """Number the run; has no further effect, as nothing outlives this process."""
        self._run = Run.create_empty(run_id=run_id)

    @property
    def run(self) -> Run:
        """The run that messages belong to."""
        return self._run

    def create_message(
        self, content: RecordDict, message_type: str, dst_node_id: int, group_id: str, ttl: float | None = None
    ) -> Message:
        """Build a message, as every `Grid` must be able to."""
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)

    def get_node_ids(self) -> Iterable[int]:
        """Identifiers of the nodes, in the order of their partitions."""
        return list(self._contexts)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Run the client app on each message at once and keep the replies; returns the messages' identifiers."""
        return [self._deliver(message) for message in messages]

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """Hand out the replies to these messages, each once."""
        return [self._replies.pop(identifier) for identifier in message_ids]

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Replies in the order of ``messages``; ``timeout`` never runs out, as nothing is waited for."""
        return self.pull_messages(self.push_messages(messages))

    def _deliver(self, message: Message) -> str:
        identifier = next(self._identifiers)
        self._replies[identifier] = self._app(message, self._contexts[message.metadata.dst_node_id])
        return identifier


def _context(node: int, nodes: int) -> Context:
    return Context(
        run_id=1,
        node_id=node,
        node_config={PARTITION: node - 1, "num-partitions": nodes},
        state=RecordDict(),
        run_config={},
    )
