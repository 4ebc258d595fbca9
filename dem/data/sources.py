"""One call for every source of homes."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dem.data import citylearn, own, paper
from dem.data.errors import DataError
from dem.data.table import home_names
from dem.data.tariffs import LOCAL_TIME, Tariff, named

SYNTHETIC = "synthetic"

Time = str | pd.Timestamp


def load(
    source: str | Path = SYNTHETIC,
    *,
    homes: int | Sequence[str] | None = None,
    start: Time | None = None,
    end: Time | None = None,
    tariff: Tariff | str = "flat",
    seed: int = 2023,
) -> pd.DataFrame:
    """Homes of any source as the one validated table.

    Args:
        source: ``"synthetic"``; a folder in CityLearn's format (with a ``schema.json``); the paper's folder or one of
            its files; a CSV file in the table's own columns.
        homes: the first so many homes, or homes by name; by default all (10 synthetic ones).
        start: first interval, UTC if it has no offset; by default the source's first (synthetic: 2023-01-01).
        end: end of the last interval, excluded; by default the source's end (synthetic: a year after ``start``).
        tariff: turns the day-ahead price into import and export prices, a `Tariff` or ``"flat"`` or
            ``"time_of_use"``. CityLearn folders and own tables bring import and export prices, which are kept.
        seed: of the synthetic homes.

    Returns:
        Long table, indexed by ``time`` (UTC interval starts), sorted by home and time; see `dem.data.table`.

    Raises:
        DataError: names file, row, column and reason of what cannot be used, or the source that is unknown.
        ValueError: for homes, a window or a tariff that the source does not have.
    """
    tariff = named(tariff)
    first = None if start is None else utc_time("start", start)
    last = None if end is None else utc_time("end", end)
    if first is not None and last is not None and not first < last:
        raise ValueError(f"start must come before end, got {first} and {last}")
    if str(source) == SYNTHETIC:
        return _synthetic(homes, first, last, tariff, seed)
    return _select(_read(Path(source), tariff), source, homes, first, last)


def time_zone(source: str | Path = SYNTHETIC) -> str:
    """The clock that the homes of a source live by, for figures; own tables do not say, so theirs is UTC."""
    path = Path(source)
    if (path / citylearn.SCHEMA_FILE).is_file():
        return citylearn.TIME_ZONE
    return "UTC" if path.is_file() and not paper.is_paper_file(path) else LOCAL_TIME


def utc_time(name: str, time: Time) -> pd.Timestamp:
    """A moment as it is given: text or timestamp, UTC if it has no offset.

    Raises:
        ValueError: calling what is no moment by its ``name``.
    """
    try:
        stamp = pd.Timestamp(time)
    except ValueError:
        raise ValueError(f"{name} must be a time such as '2023-05-01' or '2023-05-01 06:00', got {time!r}") from None
    return stamp.tz_localize("UTC") if stamp.tz is None else stamp.tz_convert("UTC")


def _read(path: Path, tariff: Tariff) -> pd.DataFrame:
    if not path.exists():
        raise DataError(path, "unknown source: it is neither 'synthetic' nor a folder or file that exists")
    if (path / citylearn.SCHEMA_FILE).is_file():
        return citylearn.read(path)
    if path.is_file() and not paper.is_paper_file(path):
        return own.read(path)
    if path.is_dir() and not any((path / name).is_file() for name in paper.FILES):
        raise DataError(path, f"the folder has neither {citylearn.SCHEMA_FILE} nor {' and '.join(paper.FILES)}")
    return paper.read(path, tariff)


def _synthetic(
    homes: int | Sequence[str] | None,
    start: pd.Timestamp | None,
    end: pd.Timestamp | None,
    tariff: Tariff,
    seed: int,
) -> pd.DataFrame:
    # pvlib and demandlib take most of a second to import: only where homes are simulated.
    from dem.data.synthetic import neighbourhood

    count = neighbourhood.DEFAULT_HOMES if homes is None else homes
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ValueError(f"homes must be a count of at least 1 for synthetic homes, got {homes!r}")
    start = neighbourhood.DEFAULT_START if start is None else start
    end = start + pd.DateOffset(years=1) if end is None else end
    if not start < end:
        raise ValueError(f"start must come before end, got {start} and {end}")
    return neighbourhood.generate(count, start, end, tariff, seed)


def _select(
    table: pd.DataFrame,
    source: object,
    homes: int | Sequence[str] | None,
    start: pd.Timestamp | None,
    end: pd.Timestamp | None,
) -> pd.DataFrame:
    chosen = _chosen(home_names(table), homes, source)
    keep = table["home"].isin(chosen).to_numpy()
    if start is not None:
        keep &= table.index >= start
    if end is not None:
        keep &= table.index < end
    if keep.sum() < 2 * len(chosen):
        reason = f"{source} covers {table.index[0]} to {table.index[-1]}"
        raise ValueError(f"{reason}: fewer than two intervals from {start} to {end}")
    return table[keep]


def _chosen(names: list[str], homes: int | Sequence[str] | None, source: object) -> list[str]:
    if homes is None:
        return names
    if isinstance(homes, int) and not isinstance(homes, bool):
        if not 1 <= homes <= len(names):
            hint = "; `households` cuts a building up" if len(names) == 1 else ""
            raise ValueError(f"{source} has {len(names)} homes, {homes} were asked for{hint}")
        return names[:homes]
    if isinstance(homes, bool | str) or not isinstance(homes, Sequence):
        raise ValueError(f"homes must be a count or a list of names, got {homes!r}")
    twice = sorted({name for name in homes if homes.count(name) > 1})
    if twice:
        raise ValueError(f"homes must name each home once, got {', '.join(twice)} several times")
    unknown = [name for name in homes if name not in names]
    if unknown or not homes:
        raise ValueError(f"{source} has no home {', '.join(unknown) or '(none asked for)'}; it has {', '.join(names)}")
    return list(homes)
