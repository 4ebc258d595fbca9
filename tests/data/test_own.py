import pandas as pd
import pytest

from dem import data
from dem.data import DataError


def write(path, table: pd.DataFrame):
    table.to_csv(path)
    return path


def test_load__own_table__comes_back_as_it_was_written(tmp_path, table):
    loaded = data.load(write(tmp_path / "homes.csv", table))
    pd.testing.assert_frame_equal(loaded, table, check_freq=False, check_exact=True)


@pytest.mark.parametrize("names", [("007", "008"), ("NA", "NaN"), ("10", "2")])
def test_load__names_that_look_like_numbers_or_gaps__stay_as_written(tmp_path, table, names):
    renamed = table.assign(home=table["home"].replace(dict(zip(["home_001", "home_002"], names, strict=True))))
    assert data.home_names(data.load(write(tmp_path / "homes.csv", renamed))) == list(names)


def test_load__own_table__keeps_its_own_prices(tmp_path, table):
    path = write(tmp_path / "homes.csv", table)
    pd.testing.assert_series_equal(
        data.load(path, tariff="time_of_use")["import_price"], table["import_price"], check_freq=False
    )


@pytest.mark.parametrize(
    ("spoil", "row", "column", "reason"),
    [
        (lambda t: t.assign(load_kwh=t["load_kwh"].where(t.index.hour != 3, "?")), 8, "load_kwh", "not a number"),
        (lambda t: t.assign(load_kwh=-1.0), 2, "load_kwh", "negative"),
        (lambda t: t.assign(home=None), 2, "home", "must be text"),
        (lambda t: t.drop(columns="temperature"), None, "temperature", "missing"),
        (lambda t: t.assign(battery=1.0), None, "battery", "unknown column"),
        (lambda t: t.rename_axis("Time"), None, "time", "missing"),
        (lambda t: t.tz_convert("Europe/Paris"), 2, "time", "not a UTC time"),
        (lambda t: t.tz_localize(None), 2, "time", "not a UTC time"),
        (lambda t: t.sort_index(kind="stable"), 4, "home", "sorted by home"),
        (lambda t: t.iloc[:-3], 98, "time", "covers"),
        (lambda t: t.iloc[:0], None, None, "no rows"),
    ],
)
def test_load__bad_own_table__is_refused_with_line_column_and_reason(tmp_path, table, spoil, row, column, reason):
    path = write(tmp_path / "homes.csv", spoil(table))
    with pytest.raises(DataError) as caught:
        data.load(path)
    assert (caught.value.path, caught.value.row, caught.value.column) == (str(path), row, column)
    assert reason in caught.value.reason


def test_load__empty_file__is_refused(tmp_path):
    path = tmp_path / "homes.csv"
    path.touch()
    with pytest.raises(DataError, match="the file is empty"):
        data.load(path)


def test_load__not_text__is_refused(tmp_path):
    path = tmp_path / "homes.csv"
    path.write_bytes(b"time,home\n\xff\xfe\x00,1\n")
    with pytest.raises(DataError, match="not UTF-8 text"):
        data.load(path)


def test_load__lines_longer_than_the_header__are_refused_rather_than_cut(tmp_path, table):
    path = write(tmp_path / "homes.csv", table)
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([header, *(f"{line},1" for line in lines)]))
    with pytest.raises(DataError, match="the lines have more fields than the header"):
        data.load(path)


def test_load__blank_last_line__is_named(tmp_path, table):
    path = write(tmp_path / "homes.csv", table)
    path.write_text(path.read_text() + "\n")
    with pytest.raises(DataError, match=r"row 194, column 'time': the time is missing"):
        data.load(path)


def test_load__semicolons__shows_the_columns_that_were_found(tmp_path, table):
    path = tmp_path / "homes.csv"
    table.to_csv(path, sep=";")
    with pytest.raises(DataError, match=r"column 'time': the column is missing; there are time;home;load_kwh"):
        data.load(path)
