"""What a valid table still has that its reader should know: outages, stuck meters, days without PV, outliers.

A table is refused where its meaning is in doubt (`dem.data.table.validate`); here are the quirks that real
measurements have and keep. Nothing is repaired.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem.data.table import home_names, step_hours

NEAR_ZERO_SHARE = 0.01  # of the home's median load
STUCK_LOAD_HOURS = 1.5  # a meter with more than one digit does not read the same for so long
STUCK_TEMPERATURE_HOURS = 6.0
PV_GAP_HOURS = 24.0  # longer than any night below the polar circle: a day's sun is missing
OUTLIER_LOAD_FACTOR = 3.0  # times the home's 99th percentile
OUTLIER_PRICE_RANGES = 5.0  # interquartile ranges from the median; Tukey calls 3 "far out"
JUMP_DEGREES_PER_HOUR = 12.0  # °C; fronts stay well below

COLUMNS = ("home", "kind", "start", "end", "steps", "value")


@dataclass(frozen=True)
class _Home:
    name: str
    table: pd.DataFrame
    hours: float


def report(table: pd.DataFrame) -> pd.DataFrame:
    """Find the quirks of a table, one row a spell, sorted by home and start.

    Kinds: ``zero_load`` (exactly 0), ``near_zero_load`` (above 0, at most 1 % of the home's median), ``stuck_load``
    (the same value for at least 1.5 h, above those), ``outlier_load`` (more than 3 times the home's 99th percentile),
    ``pv_gap`` (no PV for more than 24 h in a home that has PV), ``outlier_price`` (wholesale, more than 5
    interquartile ranges from the median), ``stuck_temperature`` (the same for at least 6 h), ``jump_temperature``
    (more than 12 °C per hour). Prices and temperature of homes that share them are reported once, as home ``all``.

    Returns:
        Columns home, kind, start, end (UTC, end excluded), steps, value (the spell's mean, in the column's unit).
    """
    hours = step_hours(table)
    names = home_names(table)
    steps = len(table) // len(names)
    homes = [_Home(name, table.iloc[k * steps : (k + 1) * steps], hours) for k, name in enumerate(names)]
    rows = [row for home in homes for row in _load_quirks(home)]
    rows += [row for home in homes for row in _pv_quirks(home)]
    rows += list(_shared_quirks(homes))
    findings = pd.DataFrame(rows, columns=COLUMNS)
    return findings.sort_values(["home", "start", "kind"], kind="stable", ignore_index=True)


def summary(findings: pd.DataFrame, step: float) -> pd.DataFrame:
    """Per home and kind: how many spells, their hours in all and the longest in hours; ``step`` in hours."""
    grouped = findings.groupby(["home", "kind"], sort=True)["steps"]
    return pd.DataFrame(
        {"spells": grouped.size(), "hours": grouped.sum() * step, "longest_hours": grouped.max() * step}
    ).reset_index()


def _load_quirks(home: _Home) -> Iterator[tuple]:
    load = home.table["load_kwh"].to_numpy()
    zero = load == 0
    near_zero = ~zero & (load <= NEAR_ZERO_SHARE * np.median(load))
    yield from _spells(home, "zero_load", zero, load)
    yield from _spells(home, "near_zero_load", near_zero, load)
    stuck = _stuck(load, STUCK_LOAD_HOURS / home.hours) & ~zero & ~near_zero
    yield from _spells(home, "stuck_load", stuck, load)
    outlier = load > OUTLIER_LOAD_FACTOR * np.quantile(load, 0.99)
    yield from _spells(home, "outlier_load", outlier, load)


def _pv_quirks(home: _Home) -> Iterator[tuple]:
    pv = home.table["pv_kwh"].to_numpy()
    if pv.any():
        yield from _spells(home, "pv_gap", pv == 0, pv, longer_than=PV_GAP_HOURS / home.hours)


def _shared_quirks(homes: list[_Home]) -> Iterator[tuple]:
    """Quirks of price and temperature: once if all homes have the same series, else per home."""
    columns = ["wholesale_price", "temperature"]
    shared = all(
        np.array_equal(home.table[column].to_numpy(), homes[0].table[column].to_numpy())
        for home in homes[1:]
        for column in columns
    )
    for home in [_Home("all", homes[0].table, homes[0].hours)] if shared else homes:
        price, temperature = (home.table[column].to_numpy() for column in columns)
        low, median, high = np.quantile(price, [0.25, 0.5, 0.75])
        far = np.abs(price - median) > OUTLIER_PRICE_RANGES * (high - low)
        # A two-level tariff has most of its prices in one place: that is its shape, not an outlier.
        if far.mean() < 0.01:
            yield from _spells(home, "outlier_price", far, price)
        stuck = _stuck(temperature, STUCK_TEMPERATURE_HOURS / home.hours)
        yield from _spells(home, "stuck_temperature", stuck, temperature)
        jump = np.abs(np.diff(temperature, prepend=temperature[0])) > JUMP_DEGREES_PER_HOUR * home.hours
        yield from _spells(home, "jump_temperature", jump, temperature)


def _stuck(values: np.ndarray, at_least: float) -> np.ndarray:
    """Where ``values`` stay the same for at least ``at_least`` steps (and more than one)."""
    changes = np.r_[True, values[1:] != values[:-1]]
    spell = np.cumsum(changes) - 1
    return np.bincount(spell)[spell] >= max(at_least, 2)


def _spells(home: _Home, kind: str, mask: np.ndarray, values: np.ndarray, longer_than: float = 0) -> Iterator[tuple]:
    """One row for each run of True in ``mask`` that is longer than so many steps."""
    edges = np.diff(np.r_[False, mask, False].astype(np.int8))
    step = pd.Timedelta(hours=home.hours)
    for start, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        if end - start > longer_than:
            index = home.table.index
            yield (
                home.name,
                kind,
                index[start],
                index[end - 1] + step,
                int(end - start),
                float(values[start:end].mean()),
            )
