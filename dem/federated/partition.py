"""Which house a node stands for."""

from flwr.app import Context

PARTITION = "partition-id"


def house_of(context: Context) -> int:
    """The number of the node's house.

    Raises:
        ValueError: if the node was started without one.
    """
    if PARTITION not in context.node_config:
        raise ValueError(f"this node does not know its house: start it with --node-config '{PARTITION}=0'")
    return int(context.node_config[PARTITION])
