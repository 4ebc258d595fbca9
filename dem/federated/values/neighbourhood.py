"""Whose weeks there are: one known to each home, others that all homes are judged on."""

from functools import lru_cache

import numpy as np
import pandas as pd

from dem import data
from dem.federated.houses import joined_weeks, split_weeks
from dem.federated.values import outlook
from dem.federated.values.config import Neighbourhood
from dem.federated.values.week import Week
from dem.homes import Battery
from dem.units import HOURS_PER_WEEK

BATTERY = Battery()
SYNTHETIC_START = "2023-01-02"


def homes(around: Neighbourhood) -> list[str]:
    """Names of the homes."""
    return data.home_names(_table(*_source(around)))


@lru_cache(maxsize=128)
def week(around: Neighbourhood, home: int) -> Week:
    """The week that a home knows."""
    known = np.random.default_rng(around.seed).permutation(_split(around)[1])
    chosen = known[0] if around.weeks == "same" else known[home % len(known)]
    table = _home_table(around, home)
    rows = _week_rows(table)
    return Week.of(table.iloc[chosen * rows : (chosen + 1) * rows], BATTERY)


def pooled(around: Neighbourhood) -> Week:
    """The weeks of all homes."""
    return Week.joined([week(around, home) for home in range(around.homes)])


def trial_table(around: Neighbourhood) -> pd.DataFrame:
    """The weeks that nobody learns from, of all homes, one after the other with their clock closed up."""
    tried, _ = _split(around)
    tables = [_home_table(around, home) for home in range(around.homes)]
    return pd.concat([joined_weeks(table, tried, _week_rows(table)) for table in tables])


def trial_outlook(around: Neighbourhood) -> tuple[np.ndarray, np.ndarray]:
    """What homes see at the intervals of :func:`trial_table`: inputs (T, H, I), expected price (T, H) in EUR/kWh.

    Their last day is the one before, also at the start of a week.
    """
    tried, _ = _split(around)
    series = outlook.Series.of(_table(*_source(around)), repeats=False)
    rows = (tried[:, None] * 7 * series.day + np.arange(7 * series.day)).ravel()
    return outlook.inputs(series, rows), outlook.expected_price(series, rows)


def _split(around: Neighbourhood) -> tuple[np.ndarray, np.ndarray]:
    """Trial weeks, the same for every seed, and the other weeks."""
    tried = split_weeks(around.data_weeks, 1, around.trial_weeks)[1]
    return tried, np.setdiff1d(np.arange(around.data_weeks), tried)


def _source(around: Neighbourhood) -> tuple[str, int, int, int]:
    return around.data, around.data_seed, around.homes, around.data_weeks


def _home_table(around: Neighbourhood, home: int) -> pd.DataFrame:
    table = _table(*_source(around))
    return table[table["home"] == data.home_names(table)[home]]


def _week_rows(table: pd.DataFrame) -> int:
    return data.intervals(table, HOURS_PER_WEEK)


@lru_cache(maxsize=4)
def _table(source: str, seed: int, count: int, weeks: int) -> pd.DataFrame:
    """The last so many whole weeks of so many homes; households cut out of the one building where there is one."""
    if source == "synthetic":
        end = pd.Timestamp(SYNTHETIC_START) + pd.Timedelta(weeks=weeks)
        return data.load(homes=count, start=SYNTHETIC_START, end=end, tariff="time_of_use", seed=seed)
    table = data.load(source, tariff="time_of_use")
    present = len(table) // table["home"].nunique() // _week_rows(table)
    if present < weeks:
        raise ValueError(f"{source} has {present} whole weeks, {weeks} were asked for")
    recent = table[table.index >= table.index.unique()[-weeks * _week_rows(table)]]
    names = data.home_names(table)
    if len(names) == 1:
        return data.households(recent, count)
    if len(names) < count:
        raise ValueError(f"{source} has {len(names)} homes, {count} were asked for")
    return recent[recent["home"].isin(names[:count])]
