"""How a feeder hangs together: its branches, and the way between two buses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import networkx as nx
import pandas as pd

from dem.grid.engine import opendssdirect

if TYPE_CHECKING:
    from dem.grid.feeder import Feeder

# OpenDSS's codes of length units: miles, thousand feet, km, m, feet, inches, cm, mm.
_KM_PER_UNIT = {1: 1.609344, 2: 0.3048, 3: 1.0, 4: 1e-3, 5: 0.3048e-3, 6: 0.0254e-3, 7: 1e-5, 8: 1e-6}


def series_elements(dss: opendssdirect.OpenDSSDirect.OpenDSSDirect) -> list[str]:
    """Names of the lines and transformers, lower case, in the order of the circuit."""
    names = (name.lower() for name in dss.PDElements.AllNames())
    return [name for name in names if name.startswith(("line.", "transformer."))]


def branches(feeder: "Feeder") -> pd.DataFrame:
    """The lines and transformers: columns ``branch, from_bus, to_bus, length_km`` (transformers and switches: 0)."""
    rows = []
    for name in series_elements(feeder.dss):
        feeder.dss.Circuit.SetActiveElement(name)
        ends = [bus.split(".")[0].upper() for bus in feeder.dss.CktElement.BusNames()]
        rows.append((name, *ends[:2], _length_km(feeder.dss, name)))
    return pd.DataFrame(rows, columns=["branch", "from_bus", "to_bus", "length_km"])


def distances_km(feeder: "Feeder", buses: Sequence[str]) -> pd.DataFrame:
    """Length of the way along lines between each two of the ``buses``, km; a frame indexed by them both ways."""
    graph = nx.Graph()
    for row in branches(feeder).itertuples():
        graph.add_edge(row.from_bus, row.to_bus, km=row.length_km)
    lengths = {bus: nx.single_source_dijkstra_path_length(graph, bus, weight="km") for bus in set(buses)}
    return pd.DataFrame({bus: {other: lengths[bus][other] for other in lengths} for bus in lengths})


def _length_km(dss: opendssdirect.OpenDSSDirect.OpenDSSDirect, name: str) -> float:
    kind, line = name.split(".", 1)
    if kind != "line":
        return 0.0
    dss.Lines.Name(line)
    return 0.0 if dss.Lines.IsSwitch() else dss.Lines.Length() * _KM_PER_UNIT.get(dss.Lines.Units(), 1.0)
