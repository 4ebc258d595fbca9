"""How far apart places are on the feeder, and which homes hang below one."""

import networkx as nx
import pandas as pd

from dem.grid.connections import PHASES
from dem.grid.faults.catalogue import Catalogue
from dem.grid.faults.sensors import HEAD_BUS
from dem.grid.feeder import Feeder
from dem.grid.topology import branches


def hops(feeder: Feeder, catalogue: Catalogue) -> pd.DataFrame:
    """Branches between each two places, a frame indexed by them both ways.

    Buses that the catalogue does not name (in the middle of a line, behind a closed switch) count for nothing on the
    way; a switch stands for its far end.
    """
    graph, ends = _graph(feeder), _far_ends(feeder, catalogue)
    paths = dict(nx.all_pairs_shortest_path(graph))
    steps = {
        place: {other: _named(paths[ends[place]][ends[other]], catalogue) for other in catalogue.places}
        for place in catalogue.places
    }
    return pd.DataFrame(steps)


def homes_below(feeder: Feeder, catalogue: Catalogue, homes: pd.DataFrame, place: str, phases: str = "") -> list[str]:
    """Homes at ``place`` or farther from the substation.

    Args:
        feeder: how the buses hang together.
        catalogue: names the places.
        homes: columns ``home, bus, phase``.
        place: a bus or a switch of the catalogue.
        phases: only homes on these, e.g. of a short circuit; all if empty.
    """
    tree = nx.bfs_tree(_graph(feeder), HEAD_BUS)
    start = _far_ends(feeder, catalogue)[place]
    below = {start, *nx.descendants(tree, start)}
    chosen = homes["bus"].astype(str).isin(below) & homes["phase"].isin(list(phases or PHASES))
    return homes["home"][chosen].tolist()


def _graph(feeder: Feeder) -> nx.Graph:
    table = branches(feeder)
    return nx.Graph(list(zip(table["from_bus"], table["to_bus"], strict=True)))


def _far_ends(feeder: Feeder, catalogue: Catalogue) -> dict[str, str]:
    table = branches(feeder)
    far = dict(zip(table["branch"], table["to_bus"], strict=True))
    return {bus: bus for bus in catalogue.buses} | {switch: far[switch] for switch in catalogue.switches}


def _named(path: list[str], catalogue: Catalogue) -> int:
    return max(0, sum(bus in catalogue.buses for bus in path) - 1)
