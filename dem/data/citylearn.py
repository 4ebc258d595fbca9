"""Folders in CityLearn's format: ``schema.json``, one CSV per building, pricing, carbon intensity, weather.

CityLearn's calendar has month, hour (1 to 24) and day type (1 = Monday … 7 = Sunday, 8 = holiday) but no year. The
challenge's homes stand in Fontana, California; their rows fit one year only, August 2016 to July 2017. They are read as
hours that end in Pacific Standard Time, as the calendar's constant ``daylight_savings_status`` of 0 has it. The sun
and the tariff's evening peak agree with that except from 6 November 2016 to 12 March 2017, when they come one hour
early: the files were recorded by the wall clock, and the hours that it repeats and skips are smoothed over in them.
Moving those months would leave a hole and a double hour, so the rows stay as the files have them.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dem import units
from dem.data.errors import DataError, Origin
from dem.data.files import FIRST_ROW, numbers, read_csv
from dem.data.table import validate
from dem.data.tariffs import FLAT_CHARGE, TAX_RATE

SCHEMA_FILE = "schema.json"
ANCHOR_YEAR = 2016  # of the first row's interval end
TIME_ZONE = "Etc/GMT+8"  # Pacific Standard Time, UTC-8 all year (POSIX names count the other way)
W_PER_KW = 1000
HOLIDAY = 8

LOAD = "non_shiftable_load"
SOLAR = "solar_generation"
PRICE = "electricity_pricing"
CARBON = "carbon_intensity"
TEMPERATURE = "outdoor_dry_bulb_temperature"
_CALENDAR = ("month", "hour", "day_type", "daylight_savings_status")
# Demands that a CityLearn building meets with devices this reader does not model: they must be absent.
_OTHER_DEMANDS = ("dhw_demand", "cooling_demand", "heating_demand")


def read(folder: Path) -> pd.DataFrame:
    """Every building that the schema includes, as the one table, home names as in the schema.

    Times are UTC interval starts; generation is the PV's nominal power times ``solar_generation`` (W per kW); prices
    are those of `_prices`.

    Raises:
        DataError: for a schema or a file that is missing, malformed, or does not fit the others.
    """
    schema = _schema(folder / SCHEMA_FILE)
    step = pd.Timedelta(seconds=schema["seconds_per_time_step"])
    blocks = [
        _building(folder, name, entry, step)
        for name, entry in sorted(schema["buildings"].items())
        if entry.get("include", True)
    ]
    if not blocks:
        raise DataError(folder / SCHEMA_FILE, "no building is included", column="buildings")
    return validate(pd.concat(blocks), Origin(folder))


def _schema(path: Path) -> dict[str, Any]:
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise DataError(path, f"not valid JSON: {error.msg}", row=error.lineno) from None
    if not isinstance(schema, dict):
        raise DataError(path, "expected a JSON object")
    buildings = schema.get("buildings")
    if not isinstance(buildings, dict) or not all(isinstance(entry, dict) for entry in buildings.values()):
        raise DataError(path, "expected an object with one object per building", column="buildings")
    seconds = schema.get("seconds_per_time_step")
    if not isinstance(seconds, int | float) or not 0 < seconds <= pd.Timedelta(days=1).total_seconds():
        raise DataError(path, f"expected seconds, got {seconds!r}", column="seconds_per_time_step")
    return schema


def _building(folder: Path, name: str, entry: dict[str, Any], step: pd.Timedelta) -> pd.DataFrame:
    path = _referenced(folder, name, entry, "energy_simulation")
    frame = read_csv(path)
    times = _times(frame, path, step)
    for column in _OTHER_DEMANDS:
        _refuse_demand(frame, column, path)
    solar = numbers(frame, SOLAR, path) * _nominal_power(folder, name, entry) / W_PER_KW
    imported, wholesale = _prices(_shared(folder, name, entry, "pricing", PRICE, len(times)))
    table = pd.DataFrame(
        {
            "home": np.full(len(times), name, dtype=object),
            "load_kwh": numbers(frame, LOAD, path),
            "pv_kwh": units.kw_to_kwh(solar, step / pd.Timedelta(hours=1)),
            "import_price": imported,
            "export_price": wholesale,
            "wholesale_price": wholesale,
            "carbon_intensity": _shared(folder, name, entry, "carbon_intensity", CARBON, len(times)),
            "temperature": _shared(folder, name, entry, "weather", TEMPERATURE, len(times)),
        },
        index=times,
    )
    names = {"load_kwh": LOAD, "pv_kwh": SOLAR, "import_price": PRICE, "temperature": TEMPERATURE}
    return validate(table, Origin(path, FIRST_ROW, names))


def _referenced(folder: Path, name: str, entry: dict[str, Any], key: str) -> Path:
    file = entry.get(key)
    if not isinstance(file, str):
        raise DataError(folder / SCHEMA_FILE, f"{name} names no file", column=key)
    if not (folder / file).is_file():
        raise DataError(folder / file, f"the file is missing that {name} refers to", column=key)
    return folder / file


def _nominal_power(folder: Path, name: str, entry: dict[str, Any]) -> float:
    if entry.get("pv") is None:
        return 0.0
    power = entry["pv"].get("attributes", {}).get("nominal_power")
    if not isinstance(power, int | float) or not 0 <= power < float("inf"):
        reason = f"{name}'s PV needs a nominal power in kW, got {power!r}"
        raise DataError(folder / SCHEMA_FILE, reason, column="nominal_power")
    return float(power)


def _shared(folder: Path, name: str, entry: dict[str, Any], key: str, column: str, rows: int) -> np.ndarray:
    """A column of a file that all buildings share: shape (rows,)."""
    path = _referenced(folder, name, entry, key)
    values = numbers(read_csv(path), column, path)
    if len(values) != rows:
        raise DataError(path, f"has {len(values)} rows, {name} has {rows}", column=column)
    return values


def _refuse_demand(frame: pd.DataFrame, column: str, path: Path) -> None:
    demand = numbers(frame, column, path) if column in frame else np.zeros(1)
    if demand.any():
        reason = "thermal demand met by devices is not part of the load here; only homes without it can be read"
        raise DataError(path, reason, row=int(np.argmax(demand != 0)) + FIRST_ROW, column=column)


def _prices(retail: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Import and wholesale price, EUR/kWh, 1 USD counted as 1 EUR.

    The file has the retail price only. The wholesale (and export) price is taken to be what the flat tariff would
    turn into that retail price, so that export pays less than import and keeps its pattern.
    """
    return retail, retail / (1 + TAX_RATE) - FLAT_CHARGE


def _times(frame: pd.DataFrame, path: Path, step: pd.Timedelta) -> pd.DatetimeIndex:
    """UTC interval starts from the calendar columns, every row of which must follow from the first."""
    month, hour, day, daylight_saving = (numbers(frame, column, path) for column in _CALENDAR)
    origin = Origin(path, FIRST_ROW)
    if daylight_saving.any():
        position = int(np.argmax(daylight_saving != 0))
        reason = "rows in daylight saving time repeat and skip hours; only local standard time is read"
        raise origin.error(reason, position=position, column="daylight_savings_status")
    local = _local_starts(month[0], hour[0], day[0], len(frame), step, origin)
    expected = {"month": local.month, "hour": local.hour + 1}
    for column, values in (("month", month), ("hour", hour)):
        wrong = values != expected[column].to_numpy()
        if wrong.any():
            position = int(np.argmax(wrong))
            reason = f"expected {expected[column][position]}, got {values[position]:g}: a step is missing or repeated"
            raise origin.error(reason, position=position, column=column)
    wrong = (day != local.dayofweek.to_numpy() + 1) & (day != HOLIDAY)
    if wrong.any():
        position = int(np.argmax(wrong))
        reason = f"expected {local.dayofweek[position] + 1} (1 = Monday), got {day[position]:g}"
        raise origin.error(reason, position=position, column="day_type")
    return pd.DatetimeIndex(local.tz_localize(TIME_ZONE).tz_convert("UTC"), name="time").as_unit("ns")


def _local_starts(
    month: float, hour: float, day: float, rows: int, step: pd.Timedelta, origin: Origin
) -> pd.DatetimeIndex:
    """Local interval starts: the first row is the month's last or first day, whichever its day type fits."""
    if not (month in range(1, 13) and hour in range(1, 25)):
        raise origin.error(f"no calendar has month {month:g}, hour {hour:g}", position=0, column="month")
    first_day = pd.Timestamp(year=ANCHOR_YEAR, month=int(month), day=1)
    for date in (first_day, first_day + pd.offsets.MonthEnd(0)):
        if day in (date.dayofweek + 1, HOLIDAY):
            return pd.date_range(date + pd.Timedelta(hours=hour - 1), periods=rows, freq=step)
    reason = f"day type {day:g} fits neither the first nor the last day of month {month:g} in {ANCHOR_YEAR}"
    raise origin.error(reason, position=0, column="day_type")
