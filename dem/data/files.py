"""Reading text tables so that a bad cell is refused with its line, instead of becoming a NaN."""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dem.data.errors import DataError, Origin

HEADER_LINES = 1
FIRST_ROW = HEADER_LINES + 1  # line of the first row of values in a file


def read_csv(path: Path, *, separator: str = ",", text: Sequence[str] = ()) -> pd.DataFrame:
    """The cells of a CSV file, nothing dropped: row k of the frame is line k + 2 of the file.

    Args:
        path: the file.
        separator: stands between fields.
        text: columns whose cells stay as they are written: ``007`` is no number and ``NA`` no gap.

    Raises:
        DataError: if the file is missing, empty, not UTF-8, or a line has more fields than the header.
    """
    try:
        with warnings.catch_warnings():
            # Lines that all have more fields than the header are only warned of, and cut.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                path,
                sep=separator,
                skip_blank_lines=False,
                index_col=False,
                encoding="utf-8",
                float_precision="round_trip",
                converters=dict.fromkeys(text, str),
            )
    except FileNotFoundError:
        raise DataError(path, "the file is missing") from None
    except pd.errors.EmptyDataError:
        raise DataError(path, "the file is empty") from None
    except UnicodeDecodeError as error:
        raise DataError(path, f"not UTF-8 text: {error.reason}") from None
    except pd.errors.ParserWarning:
        raise DataError(path, "the lines have more fields than the header") from None
    except pd.errors.ParserError as error:
        line = re.search(r"line (\d+)", str(error))
        raise DataError(path, f"malformed line: {str(error).strip()}", row=int(line[1]) if line else None) from None
    if frame.empty:
        raise DataError(path, "the file has a header but no rows")
    return frame


def numbers(frame: pd.DataFrame, column: str, path: Path) -> np.ndarray:
    """A column as float64, refusing text, empty cells, NaN and infinities with their line.

    Raises:
        DataError: names the line and the column as the file has it.
    """
    origin = Origin(path, FIRST_ROW)
    if column not in frame.columns:
        raise origin.error("the column is missing", column=column)
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
    finite = np.isfinite(values)
    if not finite.all():
        position = int(np.argmin(finite))
        raise origin.error(_reason(frame[column].iloc[position]), position=position, column=column)
    return values


def utc_times(frame: pd.DataFrame, column: str, path: Path) -> pd.DatetimeIndex:
    """A column of ISO 8601 times with offset +00:00 (or Z) as a UTC index named ``time``.

    Raises:
        DataError: names the line of the first time that is missing, malformed, without offset or not UTC.
    """
    origin = Origin(path, FIRST_ROW)
    if column not in frame.columns:
        raise origin.error("the column is missing", column=column)
    text = frame[column].astype("string").str.strip()
    if text.isna().any():
        raise origin.error("the time is missing", position=int(np.argmax(text.isna())), column=column)
    utc = text.str.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.0+)?(\+00:?00|Z)").to_numpy(bool)
    if not utc.all():
        position = int(np.argmin(utc))
        reason = (
            f"{text.iloc[position]!r} is not a UTC time such as '2018-06-30 06:30:00+00:00'; "
            "local times are refused, for the hour when clocks change is ambiguous"
        )
        raise origin.error(reason, position=position, column=column)
    times = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
    if times.isna().any():
        position = int(np.argmax(times.isna()))
        raise origin.error(f"{text.iloc[position]!r} is not a date", position=position, column=column)
    return pd.DatetimeIndex(times, name="time").as_unit("ns")


def _reason(cell: object) -> str:
    if isinstance(cell, str):
        return f"{cell!r} is not a number"
    return "the value is missing" if pd.isna(cell) else "the value is infinite"
