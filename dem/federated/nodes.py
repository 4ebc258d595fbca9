"""Which node of a grid stands for which house."""

import time
from collections.abc import Iterable

from flwr.app import Message, MessageType, RecordDict
from flwr.serverapp import Grid

# Nodes of the deployment runtime are processes that import torch before they answer; under load that takes a while.
NODES_TIMEOUT_S = 120.0
REPLY_TIMEOUT_S = 3600.0


class Directory:
    """Keeps the node of every house, also where nodes go and others come.

    Args:
        grid: whose nodes they are.
        count: houses 0 … ``count`` − 1 are of interest; nodes of further houses are left alone.
    """

    def __init__(self, grid: Grid, count: int) -> None:
        self._grid, self._count = grid, count
        self._house_of: dict[int, int] = {}

    def present(self) -> dict[int, int]:
        """House → node for the houses that are there now, in their order; nodes that are new are asked."""
        nodes = list(self._grid.get_node_ids())
        self._ask(node for node in nodes if node not in self._house_of)
        houses = {self._house_of[node]: node for node in nodes if node in self._house_of}
        return {house: houses[house] for house in range(self._count) if house in houses}

    def wait(self, timeout_s: float, needed: int) -> dict[int, int]:
        """As :meth:`present`, once all houses are there, or ``needed`` of them when time is up.

        Raises:
            TimeoutError: names the houses that no node stands for.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            houses = self.present()
            if len(houses) == self._count:
                return houses
            if time.monotonic() > deadline:
                break
            time.sleep(1.0)
        if len(houses) >= needed:
            return houses
        missing = [house for house in range(self._count) if house not in houses]
        raise TimeoutError(f"no node stands for house(s) {missing}; nodes present: {sorted(houses)}")

    def _ask(self, nodes: Iterable[int]) -> None:
        questions = [Message(RecordDict(), dst_node_id=node, message_type=MessageType.QUERY) for node in nodes]
        for reply in self._grid.send_and_receive(questions, timeout=NODES_TIMEOUT_S):
            if reply.has_content():
                self._house_of[reply.metadata.src_node_id] = int(reply.content["metrics"]["house"])


def find_houses(grid: Grid, count: int, timeout_s: float) -> list[int]:
    """Node identifiers of houses 0 … ``count`` − 1, in this order.

    Raises:
        TimeoutError: names the houses that no node stands for.
    """
    return list(Directory(grid, count).wait(timeout_s, needed=count).values())
