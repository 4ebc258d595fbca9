"""The one table that every source of homes is brought into, checked once at the door.

Long format: a UTC index named ``time`` (interval starts, fixed step), one block of rows per home, the columns of
`SCHEMA`. Everything that takes such a table trusts it; nothing here repairs one.
"""

from itertools import pairwise

import numpy as np
import pandas as pd
import pandera.pandas as pa

from dem.data.errors import Origin
from dem.units import HOURS_PER_WEEK

# Bounds of the plausible, wide enough for any home or single building and narrow enough to catch a wrong unit.
MAX_POWER_KW = 500.0  # Wh in a kWh column shows as hundreds or thousands of kW
MIN_MEAN_LOAD_KW = 0.005  # MWh in a kWh column: no metered home draws less than 5 W over a week
MAX_PRICE = 5.0  # EUR/kWh; European day-ahead auctions are capped at 4,000 EUR/MWh = 4 EUR/kWh
MIN_PRICE = -1.0  # EUR/kWh; the auctions' lower limit is -500 EUR/MWh
MIN_PRICE_SCALE = 0.002  # EUR/kWh; a week that never leaves ±2 EUR/MWh is a price in a wrong unit
MAX_CARBON = 2.0  # kgCO2e/kWh; lignite emits about 1.1
TEMPERATURE_RANGE = (-60.0, 60.0)  # °C; kelvin and Fahrenheit summers fall outside
SCALE_CHECK_HOURS = HOURS_PER_WEEK

_PRICE_HINT = "EUR/kWh: is it given in another unit (EUR/MWh, cents)?"


def _between(low: float, high: float, reason: str) -> pa.Check:
    return pa.Check.in_range(low, high, error=reason)


def _number(*checks: pa.Check) -> pa.Column:
    return pa.Column(float, checks=list(checks), nullable=False)


def _price() -> pa.Column:
    return _number(_between(MIN_PRICE, MAX_PRICE, f"is outside {MIN_PRICE:g} to {MAX_PRICE:g} {_PRICE_HINT}"))


def _energy() -> pa.Column:
    return _number(pa.Check.ge(0.0, error="is negative"))


SCHEMA = pa.DataFrameSchema(
    {
        "home": pa.Column(object, nullable=True),  # its names are checked one by one in _check_homes
        "load_kwh": _energy(),
        "pv_kwh": _energy(),
        "import_price": _price(),
        "export_price": _price(),
        "wholesale_price": _price(),
        "carbon_intensity": _number(
            _between(
                0.0, MAX_CARBON, f"is outside 0 to {MAX_CARBON:g} kgCO2e/kWh: is it given in another unit (grams)?"
            )
        ),
        "temperature": _number(
            _between(*TEMPERATURE_RANGE, "is outside -60 to 60 °C: is it given in another unit (kelvin, °F)?")
        ),
    },
    strict=True,
)
COLUMNS = tuple(SCHEMA.columns)
NUMERIC_COLUMNS = COLUMNS[1:]


def validate(table: pd.DataFrame, origin: Origin | str = "table") -> pd.DataFrame:
    """Check a home table and hand it back as it was.

    Args:
        table: long table as described at the top of this module.
        origin: what to call it in errors.

    Raises:
        DataError: names the first fault: no frame, a missing or unknown column, no rows, a value that is missing, not
            a number, infinite, negative or of an implausible magnitude, a time that is not UTC, unsorted, duplicated
            or missing, homes that do not cover the same times.
    """
    origin = origin if isinstance(origin, Origin) else Origin(origin)
    if not isinstance(table, pd.DataFrame):
        raise origin.error(f"expected a DataFrame such as `load` returns, got {type(table).__name__}")
    check_columns(table.columns, COLUMNS, origin)
    if table.empty:
        raise origin.error("has no rows")
    _check_values(table, origin)
    _check_index(table.index, origin)
    _check_homes(table, origin)
    _check_magnitude(table, origin)
    return table


def check_columns(present: pd.Index, expected: tuple[str, ...], origin: Origin) -> None:
    """Refuse a table whose columns are not exactly the expected ones, in any order."""
    for column in expected:
        if column not in present:
            raise origin.error(f"the column is missing; there are {', '.join(map(str, present))}", column=column)
    for column in present:
        if column not in expected:
            raise origin.error(f"unknown column; expected are {', '.join(expected)}", column=str(column))
    if present.has_duplicates:
        raise origin.error("the column appears twice", column=str(present[present.duplicated()][0]))


def step_hours(table: pd.DataFrame) -> float:
    """Length of one interval in hours."""
    return (table.index[1] - table.index[0]) / pd.Timedelta(hours=1)


def intervals(table: pd.DataFrame, hours: float) -> int:
    """How many of the table's intervals ``hours`` are, rounded."""
    return round(hours / step_hours(table))


def home_names(table: pd.DataFrame) -> list[str]:
    """The homes in the order of the table."""
    return table["home"].unique().tolist()


def wide(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """One column as a frame of shape (times, homes), indexed by time.

    Raises:
        KeyError: if the table has no such column.
    """
    if column not in table:
        raise KeyError(f"the table has no column {column!r}, it has {', '.join(map(str, table))}")
    names = home_names(table)
    steps = len(table) // len(names)
    values = table[column].to_numpy().reshape(len(names), steps).T
    return pd.DataFrame(values, index=table.index[:steps], columns=pd.Index(names, name="home"))


def _check_values(table: pd.DataFrame, origin: Origin) -> None:
    numbered = table.reset_index(drop=True)
    for column in NUMERIC_COLUMNS:
        if numbered[column].dtype != np.float64:
            raise origin.error(f"expected numbers (float64), got {numbered[column].dtype}", column=column)
        finite = np.isfinite(numbered[column].to_numpy())
        if not finite.all():
            position = int(np.argmin(finite))
            raise origin.error(_describe(numbered[column].iloc[position]), position=position, column=column)
    try:
        SCHEMA.validate(numbered, lazy=True)
    except pa.errors.SchemaErrors as errors:
        # Some failures concern a whole column and carry no row: those come last.
        first = errors.failure_cases.sort_values("index", kind="stable", na_position="last").iloc[0]
        position = None if pd.isna(first["index"]) else first["index"]
        reason = f"{first['failure_case']} {first['check']}"
        raise origin.error(reason, position=position, column=first["column"]) from None


def _describe(value: float) -> str:
    return "the value is missing (NaN)" if np.isnan(value) else "the value is infinite"


def _check_index(index: pd.Index, origin: Origin) -> None:
    if not isinstance(index, pd.DatetimeIndex) or index.name != "time":
        raise origin.error("the index must be a DatetimeIndex named 'time'", column="time")
    if str(index.tz) != "UTC":
        raise origin.error(f"times must be UTC, these are in {index.tz or 'no time zone'}", column="time")
    if index.hasnans:
        raise origin.error("the time is missing", position=int(np.argmax(index.isna())), column="time")


def _check_homes(table: pd.DataFrame, origin: Origin) -> None:
    names = table["home"].to_numpy()
    bad = next((k for k, name in enumerate(names) if not isinstance(name, str) or not name.strip()), None)
    if bad is not None:
        raise origin.error(f"the home's name must be text, got {names[bad]!r}", position=bad, column="home")
    starts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]])
    ends = np.r_[starts[1:], len(names)]
    for previous, current in pairwise(starts):
        if not names[previous] < names[current]:
            reason = f"rows must be sorted by home, then time: {names[current]!r} comes after {names[previous]!r}"
            raise origin.error(reason, position=current, column="home")
    first = table.index[: ends[0]]
    step = _check_grid(first, 0, origin)
    for start, end in zip(starts[1:], ends[1:], strict=True):
        times = table.index[start:end]
        _check_grid(times, start, origin, step)
        if not times.equals(first):
            reason = f"{names[start]!r} covers {_span(times)}, but {names[0]!r} covers {_span(first)}"
            raise origin.error(reason, position=start, column="time")


def _span(times: pd.DatetimeIndex) -> str:
    return f"{times[0]} to {times[-1]} in {len(times)} steps"


def _check_grid(times: pd.DatetimeIndex, offset: int, origin: Origin, step: pd.Timedelta | None = None) -> pd.Timedelta:
    """Refuse times that do not advance by one fixed step; returns the step (the most frequent one if not given)."""
    if len(times) < 2:
        raise origin.error("at least two intervals are needed", position=offset, column="time")
    gaps = times[1:] - times[:-1]
    step = step or gaps.value_counts().index[0]
    if not pd.Timedelta(0) < step <= pd.Timedelta(days=1):
        step = gaps[gaps > pd.Timedelta(0)].min() if (gaps > pd.Timedelta(0)).any() else pd.Timedelta(0)
    wrong = np.asarray(gaps != step)
    # A row out of order also leaves a gap before it: the disorder is the fault to name.
    backward = np.asarray(gaps <= pd.Timedelta(0))
    wrong = backward if backward.any() else wrong
    if wrong.any():
        position = int(np.argmax(wrong))
        reason = describe_gap(times[position], times[position + 1], step)
        raise origin.error(reason, position=offset + position + 1, column="time")
    return step


def describe_gap(before: pd.Timestamp, after: pd.Timestamp, step: pd.Timedelta) -> str:
    """What is wrong with ``after`` following ``before`` where one ``step`` was due."""
    gap = after - before
    if gap == pd.Timedelta(0):
        reason = f"the time {after} is duplicated"
    elif gap < pd.Timedelta(0):
        reason = f"times are not sorted: {after} comes after {before}"
    else:
        reason = f"a step is missing: {after} follows {before}, one step is {step}"
    return reason + _daylight_saving_hint(before, after, gap - step)


def _daylight_saving_hint(before: pd.Timestamp, after: pd.Timestamp, error: pd.Timedelta) -> str:
    changes_clock = after.dayofweek == 6 and after.month in (3, 10, 11)
    if changes_clock and abs(error) == pd.Timedelta(hours=1):
        return "; on this day clocks change: local time with daylight saving is ambiguous, give UTC"
    return ""


def _check_magnitude(table: pd.DataFrame, origin: Origin) -> None:
    hours = step_hours(table)
    _check_power(table, hours, origin)
    steps = len(table) // table["home"].nunique()
    if steps * hours < SCALE_CHECK_HOURS:
        return
    means = wide(table, "load_kwh").mean() / hours
    small = means[(means > 0) & (means < MIN_MEAN_LOAD_KW)]
    if len(small):
        reason = f"{small.index[0]!r} draws {small.iloc[0] * 1000:.3g} W on average: is it given in another unit?"
        raise origin.error(reason, column="load_kwh")
    largest = table["wholesale_price"].abs().max()
    if 0 < largest < MIN_PRICE_SCALE:
        reason = f"no price is beyond {largest:.2g} EUR/kWh: was it converted from EUR/MWh twice?"
        raise origin.error(reason, column="wholesale_price")


def _check_power(table: pd.DataFrame, hours: float, origin: Origin) -> None:
    for column in ("load_kwh", "pv_kwh"):
        power = table[column].to_numpy() / hours
        if power.max() > MAX_POWER_KW:
            position = int(np.argmax(power > MAX_POWER_KW))
            reason = f"{power[position]:,.0f} kW is above {MAX_POWER_KW:g}: is it given in another unit (Wh)?"
            raise origin.error(reason, position=position, column=column)
