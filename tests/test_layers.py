"""A room imports only what stands below it; notebooks import `dem`, pandas and the plotting libraries alone."""

import ast
import json
from pathlib import Path

import pytest

import dem
from dem import paths

FLOORS = {
    "borrowed": 0,
    "files": 0,
    "paths": 0,
    "units": 0,
    "plots": 0,
    "regression": 0,
    "data": 1,
    "homes": 2,
    "market": 2,
    "grid": 2,
    "carbon": 2,
    "forecast": 2,
    "agents": 3,
    "chain": 3,
    "alerts": 4,
    "federated": 4,
    "meters": 4,
    "proofs": 4,
    "retail": 4,
    "vpp": 5,
    "app": 6,
    "studies": 6,
}
NOTEBOOK_IMPORTS = {"dem", "pandas", "seaborn", "matplotlib", "IPython"}
MODULES = sorted((paths.ROOT / "dem").rglob("*.py"))
NOTEBOOKS = sorted((paths.ROOT / "notebooks").glob("*.ipynb"))


def room(path: Path) -> str:
    return path.relative_to(paths.ROOT / "dem").parts[0].removesuffix(".py")


def imported(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(paths.ROOT)))
def test_module__imports__only_rooms_on_lower_floors(module):
    if room(module) == "__init__":
        return
    rooms = {name.split(".")[1] for name in imported(module.read_text()) if name.startswith("dem.")}
    rooms.discard(room(module))
    too_high = {
        name for name in rooms if FLOORS[name] >= FLOORS[room(module)] > 0 or FLOORS[name] > 0 == FLOORS[room(module)]
    }
    assert not too_high, f"{module.name} may not import {sorted(too_high)}"


def test_rooms__all_of_them__have_a_floor_and_a_line_in_the_package():
    rooms = {room(module) for module in MODULES} - {"__init__"}
    assert rooms == set(FLOORS)
    assert [name for name in FLOORS if f"``{name}``" not in dem.__doc__] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook__imports__nothing_below_dem(notebook):
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    code = "\n".join(line for cell in cells for line in cell["source"] if not line.startswith("%"))
    assert {name.split(".")[0] for name in imported(code)} <= NOTEBOOK_IMPORTS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook__every_code_cell__reads_at_a_glance(notebook):
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    lengths = [sum(bool(line.strip()) for line in cell["source"]) for cell in cells]
    assert max(lengths) <= 12
