"""A market's cleared schedule as the grid reads it: who delivers how much to whom, and what it is worth to both.

A schedule is a table with the columns ``seller, buyer, energy_kwh, bid, ask``: one row a trade of one interval, prices
in EUR/kWh at which the buyer would just still buy and the seller just still sell. Its value is what it leaves both
with, (bid − ask) · energy, whatever price they agreed on.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dem.grid.errors import GridError

COLUMNS = ("seller", "buyer", "energy_kwh", "bid", "ask")


def check(schedule: pd.DataFrame, homes: Sequence[str]) -> pd.DataFrame:
    """The schedule with its columns in order and its rows numbered.

    Raises:
        GridError: names the missing column, or the row with an unknown home, a number that is not finite, energy that
            is negative, or a bid below its ask.
    """
    missing = [column for column in COLUMNS if column not in schedule.columns]
    if missing:
        raise GridError(f"schedule: the column {missing[0]!r} is missing; expected are {', '.join(COLUMNS)}")
    table = schedule[list(COLUMNS)].reset_index(drop=True)
    for column in ("seller", "buyer"):
        _refuse(table, ~table[column].isin(homes), column, "is no home on this feeder")
    for column in ("energy_kwh", "bid", "ask"):
        numbers = pd.to_numeric(table[column], errors="coerce").astype(float)
        _refuse(table, ~np.isfinite(numbers), column, "is not a finite number")
    _refuse(table, table["energy_kwh"] < 0, "energy_kwh", "is negative")
    _refuse(table, table["bid"] < table["ask"], "bid", "is below the ask: such a trade clears in no market")
    return table


def members(schedule: pd.DataFrame, homes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Which home sells and which buys in each trade, as two matrices (homes, trades) of zeros and ones."""
    names = np.array(homes)[:, None]
    return tuple((names == schedule[column].to_numpy()[None, :]).astype(float) for column in ("seller", "buyer"))


def injections(schedule: pd.DataFrame, homes: Sequence[str], step_hours: float) -> np.ndarray:
    """What the trades make the homes (homes,) draw, kW: a buyer what it bought, a seller minus what it sold."""
    sells, buys = members(schedule, homes)
    return (buys - sells) @ schedule["energy_kwh"].to_numpy(dtype=float) / step_hours


def value(schedule: pd.DataFrame) -> float:
    """What the trades leave buyers and sellers with together, EUR."""
    return float(((schedule["bid"] - schedule["ask"]) * schedule["energy_kwh"]).sum())


def _refuse(table: pd.DataFrame, wrong: pd.Series, column: str, reason: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong.to_numpy()))
        raise GridError(f"schedule, row {row}: {column} = {table[column].iloc[row]} {reason}")
