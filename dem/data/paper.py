"""The paper's building: CSV files of the Drahi-X Novation Center (Palaiseau, France), half-hourly, UTC."""

from pathlib import Path

import numpy as np
import pandas as pd

from dem import units
from dem.data.errors import DataError, Origin
from dem.data.files import FIRST_ROW, numbers, read_csv, utc_times
from dem.data.table import describe_gap, validate
from dem.data.tariffs import Tariff

HOME = "drahix"
FILES = ("select_train_data_30m.csv", "select_test_data_30m.csv")
SEPARATOR = ";"
TIME = "Date and time (UTC)"
TEMPERATURE = "Air Temperature (ºC)"
PRICE = "Market Price (EUR)"
LOAD = "Total electricity consumption (Wh)"
PV = "Pmpp FranceWatts panel (Wh)"
# The files have no carbon intensity: a round figure for French electricity over its life cycle.
CARBON_INTENSITY = 0.06  # kgCO2e/kWh

_NAMES = {
    "time": TIME,
    "load_kwh": LOAD,
    "pv_kwh": PV,
    "wholesale_price": PRICE,
    "import_price": PRICE,
    "export_price": PRICE,
    "temperature": TEMPERATURE,
}


def is_paper_file(path: Path) -> bool:
    """Whether the file's header is that of the paper's building files."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return TIME in file.readline().split(SEPARATOR)


def read(path: Path, tariff: Tariff) -> pd.DataFrame:
    """The building as a table of one home: a single file, or a folder's train and test files joined.

    The building's load and the one panel's output are handed over as measured; zeros are kept.

    Raises:
        DataError: for a missing file, a bad cell, or files that do not follow one another without a gap.
    """
    files = [path] if path.is_file() else [path / name for name in FILES]
    parts = [_read_file(file, tariff) for file in files]
    for file, earlier, later in zip(files[1:], parts[:-1], parts[1:], strict=True):
        step = earlier.index[1] - earlier.index[0]
        if later.index[0] - earlier.index[-1] != step:
            reason = describe_gap(earlier.index[-1], later.index[0], step)
            raise DataError(file, f"does not continue the file before: {reason}", row=FIRST_ROW, column=TIME)
    return validate(pd.concat(parts), Origin(path, columns=_NAMES)) if len(parts) > 1 else parts[0]


def _read_file(path: Path, tariff: Tariff) -> pd.DataFrame:
    frame = read_csv(path, separator=SEPARATOR)
    times = utc_times(frame, TIME, path)
    wholesale = units.eur_per_mwh_to_eur_per_kwh(numbers(frame, PRICE, path))
    table = pd.DataFrame(
        {
            "home": np.full(len(times), HOME, dtype=object),
            "load_kwh": units.wh_to_kwh(numbers(frame, LOAD, path)),
            "pv_kwh": units.wh_to_kwh(numbers(frame, PV, path)),
            "import_price": tariff.import_price(times, wholesale),
            "export_price": tariff.export_price(wholesale),
            "wholesale_price": wholesale,
            "carbon_intensity": CARBON_INTENSITY,
            "temperature": numbers(frame, TEMPERATURE, path),
        },
        index=times,
    )
    return validate(table, Origin(path, FIRST_ROW, _NAMES))
