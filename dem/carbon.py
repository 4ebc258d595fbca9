"""Emission factors with their source, vintage and kind, and what they make of a home's energy.

Average factors say what the network's mix emits for a kWh taken from it (an inventory); marginal factors what the
plants that react emit more for a kWh taken, or less for a kWh given (what is avoided). The two never stand for each
other: every function here asks for the one it needs. Energy is in kWh, factors in kgCO2e/kWh, emissions in kgCO2e.
"""

import enum
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dem import units
from dem.data import DataError
from dem.data.files import FIRST_ROW, numbers, read_csv, utc_times
from dem.data.table import MAX_CARBON

KG_PER_POUND = 0.45359237  # exact: international yard and pound agreement, 1959
_EM_TIME = "Datetime (UTC)"
_EM_FACTOR = "carbon intensity gco₂eq/kwh"
_EM_ZONE = "zone id"
# Both publishers give times in UTC; where a file leaves the offset out, its column or documentation says so.
_NO_OFFSET = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.0+)?"
_WT_COLUMNS = (("timestamp", "MOER"), ("point_time", "value"))


class Kind(enum.StrEnum):
    """What a factor is a factor of."""

    AVERAGE = "average"
    MARGINAL = "marginal"


@dataclass(frozen=True)
class EmissionFactors:
    """Factors of one kind from one source.

    Attributes:
        kg_per_kwh: kgCO2e/kWh, from 0 to 2, indexed by the UTC start of each interval, of a fixed step.
        kind: what they are factors of.
        source: where they come from.
        vintage: the year, or years, they are of.

    Raises:
        ValueError: saying what is wrong with the kind, the times or a factor.
    """

    kg_per_kwh: pd.Series
    kind: Kind
    source: str
    vintage: str

    def __post_init__(self) -> None:
        index = self.kg_per_kwh.index
        if not isinstance(index, pd.DatetimeIndex) or str(index.tz) != "UTC":
            raise ValueError("factors are indexed by UTC timestamps")
        if index.has_duplicates or not index.is_monotonic_increasing:
            raise ValueError("factors must be in the order of their timestamps, each once")
        wrong = ~self.kg_per_kwh.between(0, MAX_CARBON)
        if wrong.any():
            found = f"{self.kg_per_kwh[wrong].iloc[0]} at {index[wrong][0]}"
            raise ValueError(f"factors must be from 0 to {MAX_CARBON:g} kgCO2e/kWh, got {found}")
        Kind(self.kind)

    @property
    def whole_g_per_kwh(self) -> list[int]:
        """As the contracts take them: gCO2e/kWh, rounded."""
        return [units.kg_to_g(factor) for factor in self.kg_per_kwh]


def emissions(imported_kwh: pd.Series, factors: EmissionFactors) -> pd.Series:
    """What the network's mix emits for the energy taken from it, in kgCO2e by interval.

    Args:
        imported_kwh: kWh, indexed by the UTC start of each interval.
        factors: average factors of the same intervals.

    Raises:
        ValueError: the factors are marginal, or an interval has none.
    """
    return imported_kwh * _matching(factors, Kind.AVERAGE, imported_kwh.index)


def avoided(exported_kwh: pd.Series, factors: EmissionFactors) -> pd.Series:
    """What plants that react emit less for the energy given to the network, in kgCO2e by interval.

    Args:
        exported_kwh: kWh, indexed by the UTC start of each interval.
        factors: marginal factors of the same intervals.

    Raises:
        ValueError: the factors are average, or an interval has none.
    """
    return exported_kwh * _matching(factors, Kind.MARGINAL, exported_kwh.index)


def read_electricity_maps(path: str | Path, *, life_cycle: bool = True) -> EmissionFactors:
    """Average factors from a CSV as Electricity Maps offers it for download.

    The columns are listed on https://www.electricitymaps.com/data-portal, below the files.

    Args:
        path: the file; columns ``Datetime (UTC)`` and ``Carbon intensity gCO₂eq/kWh (Life cycle)`` or ``(direct)``,
            whose older names (``Carbon Intensity``, ``(LCA)``, ``(life cycle assessment)``) are understood too.
        life_cycle: with what building plants and bringing fuel emits, or without.

    Raises:
        DataError: a column is missing, or a value is no number or no time; names the row.
    """
    path = Path(path)
    table = read_csv(path)
    endings = ("(life cycle)", "(lca)", "(life cycle assessment)") if life_cycle else ("(direct)",)
    fitting = [name for name in table if name.lower().startswith(_EM_FACTOR) and name.lower().endswith(endings)]
    if not fitting:
        raise DataError(
            path, f"needs a column of carbon intensity in gCO₂eq/kWh {endings[0]}; has {list(table.columns)}"
        )
    zone = next((table[name].iloc[0] for name in table if name.lower() == _EM_ZONE), "zone unknown")
    kg_per_kwh = _series(path, table, _EM_TIME, fitting[0]) / units.G_PER_KG
    scope = "life cycle" if life_cycle else "direct"
    return EmissionFactors(kg_per_kwh, Kind.AVERAGE, f"Electricity Maps, {zone}, {scope}", _years(kg_per_kwh))


def read_watttime(path: str | Path) -> EmissionFactors:
    """Marginal factors from a CSV as WattTime delivers it: pounds of CO2 per MWh.

    https://legacy-docs.watttime.org describes the historical download, https://docs.watttime.org the API (version 3),
    which uses the same names for average rates, health damage and others: ask it for the signal ``co2_moer``.

    Args:
        path: the file; columns ``timestamp`` and ``MOER`` (historical download) or ``point_time`` and ``value`` (API).

    Raises:
        DataError: a column is missing, or a value is no number or no time; names the row.
    """
    path = Path(path)
    table = read_csv(path)
    names = next((pair for pair in _WT_COLUMNS if set(pair) <= set(table.columns)), None)
    if names is None:
        raise DataError(
            path, f"needs the columns timestamp and MOER, or point_time and value; has {list(table.columns)}"
        )
    kg_per_kwh = _series(path, table, *names) * KG_PER_POUND / units.KWH_PER_MWH
    return EmissionFactors(kg_per_kwh, Kind.MARGINAL, "WattTime, MOER", _years(kg_per_kwh))


def _matching(factors: EmissionFactors, kind: Kind, index: pd.Index) -> pd.Series:
    if factors.kind != kind:
        raise ValueError(f"this takes {kind} factors, and those of {factors.source} are {factors.kind}")
    missing = index.difference(factors.kg_per_kwh.index)
    if len(missing):
        raise ValueError(f"no factor of {factors.source} for {missing[0]}, and {len(missing) - 1} intervals more")
    return factors.kg_per_kwh.reindex(index)


def _series(path: Path, table: pd.DataFrame, time: str, column: str) -> pd.Series:
    if time in table:
        bare = table[time].astype("string").str.fullmatch(_NO_OFFSET).fillna(False)
        table = table.assign(**{time: table[time].astype("string").where(~bare, table[time].astype("string") + "Z")})
    times = utc_times(table, time, path)
    factors = pd.Series(numbers(table, column, path), times)
    if factors.index.has_duplicates or not factors.index.is_monotonic_increasing:
        position = int(np.argmax(np.diff(factors.index.asi8) <= 0)) + 1
        raise DataError(path, "not later than the time before it", row=FIRST_ROW + position, column=time)
    if (factors < 0).any():
        position = int(np.argmax(factors < 0))
        raise DataError(path, f"{factors.iloc[position]} is negative", row=FIRST_ROW + position, column=column)
    return factors


def _years(factors: pd.Series) -> str:
    first, last = factors.index[0].year, factors.index[-1].year
    return str(first) if first == last else f"{first}–{last}"
