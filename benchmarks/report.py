"""How every benchmark reports: one table for people, one JSON object a line for programs."""

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import pandas as pd


@dataclass(frozen=True)
class Row:
    """One measured figure.

    Attributes:
        name: what was measured.
        value: the measurement; ``None`` if it could not be taken (``reference`` then says why).
        unit: its unit.
        reference: what it is compared with in the same run (a peer, a published value, a limit), if anything.
        goal: the figure to reach, as a reader would write it (``"≤ 232000"``), if there is one.
        holds: whether the goal is met; ``None`` without a goal.
    """

    name: str
    value: float | None
    unit: str
    reference: float | str | None = None
    goal: str | None = None
    holds: bool | None = None


def at_most(name: str, value: float, unit: str, limit: float, reference: float | str | None = None) -> Row:
    """A row whose goal is not to exceed ``limit``."""
    return Row(name, value, unit, reference, f"≤ {limit:g}", bool(value <= limit))


def at_least(name: str, value: float, unit: str, limit: float, reference: float | str | None = None) -> Row:
    """A row whose goal is to reach ``limit``."""
    return Row(name, value, unit, reference, f"≥ {limit:g}", bool(value >= limit))


def main(rows: Callable[[], Iterable[Row]]) -> None:
    """Run ``rows`` and print what it yields, as a table or, with ``--json``, one object a line as they come."""
    parser = argparse.ArgumentParser(description=rows.__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    if parser.parse_args().json:
        for row in rows():
            print(json.dumps(asdict(row), ensure_ascii=False), flush=True)
    else:
        print(_table(list(rows())))


def _table(rows: list[Row]) -> str:
    frame = pd.DataFrame([asdict(row) for row in rows])
    frame["value"] = [("–" if value is None else f"{value:,.6g}") for value in (row.value for row in rows)]
    frame["holds"] = frame["holds"].map({True: "yes", False: "NO", None: ""})
    return frame.fillna("").to_string(index=False)
