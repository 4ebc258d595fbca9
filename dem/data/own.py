"""Bring your own homes: a CSV file in the table's own columns."""

from pathlib import Path

import pandas as pd

from dem.data.errors import Origin
from dem.data.files import FIRST_ROW, numbers, read_csv, utc_times
from dem.data.table import COLUMNS, NUMERIC_COLUMNS, check_columns, validate

TIME, HOME = "time", "home"


def read(path: Path) -> pd.DataFrame:
    """Homes from a CSV with a ``time`` column and the table's columns, sorted by home, then time.

    Raises:
        DataError: names the line and the column of the first fault; nothing is sorted, filled or converted.
    """
    frame = read_csv(path, text=[HOME])
    check_columns(frame.columns, (TIME, *COLUMNS), Origin(path))
    times = utc_times(frame, TIME, path)
    columns = {name: numbers(frame, name, path) for name in NUMERIC_COLUMNS}
    table = pd.DataFrame({HOME: frame[HOME].to_numpy(), **columns}, index=times)
    return validate(table, Origin(path, FIRST_ROW))
