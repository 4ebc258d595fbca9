"""Household-sized homes out of one big building."""

import numpy as np
import pandas as pd

from dem.data.table import home_names, intervals, step_hours, validate
from dem.units import HOURS_PER_DAY, HOURS_PER_WEEK


def households(table: pd.DataFrame, count: int, *, daily_kwh: float = 10.0, pv_kwp: float = 2.0) -> pd.DataFrame:
    """Cut ``count`` household-sized homes out of a table with one building.

    Home k has the building's load and PV of k weeks later (wrapped at the end), so that weekday, hour and, nearly,
    season stay right while the homes differ. The load is scaled to ``daily_kwh`` on average, the PV so that its
    highest interval means a power of ``pv_kwp``. Prices, carbon and temperature stay where they are: they are
    everyone's. The table is cut to whole weeks, so that wrapping breaks neither weekday nor hour.

    Args:
        table: one home, at least one week.
        count: how many homes, at most one per week of the table.
        daily_kwh: average load of each home, kWh per day.
        pv_kwp: peak PV power of each home, kW; 0 for homes without PV.

    Raises:
        ValueError: if the table has several homes, fewer weeks than homes, or no load or PV to scale.
    """
    names = home_names(table)
    week = intervals(table, HOURS_PER_WEEK)
    weeks = len(table) // week
    if len(names) != 1:
        raise ValueError(f"the table must have one building, it has {len(names)} homes: {', '.join(names)}")
    if not 1 <= count <= weeks:
        raise ValueError(f"a building's {weeks} whole weeks make at most {weeks} homes, {count} were asked for")
    building = table.iloc[: weeks * week]
    load = _scaled(building["load_kwh"], daily_kwh / (HOURS_PER_DAY / step_hours(table)), "mean")
    pv = _scaled(building["pv_kwh"], pv_kwp * step_hours(table), "max")
    homes = [
        building.assign(
            home=f"{names[0]}_{k + 1:03d}", load_kwh=np.roll(load, -k * week), pv_kwh=np.roll(pv, -k * week)
        )
        for k in range(count)
    ]
    return validate(pd.concat(homes), "households")


def neighbourhood(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """The first ``count`` homes of a table, or all that it has; of one building, ``count`` households cut out of it.

    Raises:
        ValueError: if there is one building and it gives fewer homes.
    """
    names = home_names(table)
    return households(table, count) if len(names) == 1 else table[table["home"].isin(names[:count])]


def _scaled(values: pd.Series, target: float, statistic: str) -> np.ndarray:
    present = values.agg(statistic)
    if present == 0 and target > 0:
        raise ValueError(f"the building's {values.name} is zero throughout: it cannot be scaled")
    return values.to_numpy() * (target / present if target > 0 else 0.0)
