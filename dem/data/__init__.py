"""Homes from any source as one validated table, in UTC, kWh, EUR/kWh, kgCO2e/kWh and °C."""

from dem.data.building import households, neighbourhood
from dem.data.downloads import download
from dem.data.errors import DataError
from dem.data.quality import report, summary
from dem.data.sources import load, time_zone
from dem.data.table import COLUMNS, home_names, intervals, step_hours, validate, wide
from dem.data.tariffs import FLAT, TARIFFS, TIME_OF_USE, Tariff

__all__ = [
    "COLUMNS",
    "FLAT",
    "TARIFFS",
    "TIME_OF_USE",
    "DataError",
    "Tariff",
    "download",
    "home_names",
    "households",
    "intervals",
    "load",
    "neighbourhood",
    "report",
    "step_hours",
    "summary",
    "time_zone",
    "validate",
    "wide",
]
