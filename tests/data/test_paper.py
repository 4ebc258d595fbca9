import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.data import DataError
from dem.data.paper import FILES, LOAD, PRICE, PV, TEMPERATURE, TIME

START = pd.Timestamp("2018-06-30 00:00", tz="UTC")


def rows(steps: int = 6, start: pd.Timestamp = START) -> pd.DataFrame:
    """Cells of a file in the paper's format."""
    times = pd.date_range(start, periods=steps, freq="30min")
    return pd.DataFrame(
        {
            TIME: times.astype(str),
            TEMPERATURE: 15.5,
            PRICE: 48.36,
            LOAD: 10037.5 + np.arange(steps),
            PV: 25.0,
        }
    ).astype(object)


def write(path, frame: pd.DataFrame):
    frame.to_csv(path, sep=";")
    return path


def put(column: str, row: int, value: object):
    def apply(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[row, column] = value
        return frame

    return apply


def test_load__paper_file__is_in_the_tables_units(tmp_path):
    table = data.load(write(tmp_path / "building.csv", rows()))
    assert data.home_names(table) == ["drahix"]
    assert table.index[0] == START
    first = table.iloc[0]
    assert first["load_kwh"] == pytest.approx(10.0375)
    assert first["pv_kwh"] == pytest.approx(0.025)
    assert first["wholesale_price"] == first["export_price"] == pytest.approx(0.04836)
    assert first["import_price"] == pytest.approx((0.04836 + 0.10) * 1.1)


def test_load__folder__joins_train_and_test(tmp_path):
    write(tmp_path / FILES[0], rows(6))
    write(tmp_path / FILES[1], rows(4, START + pd.Timedelta("3h")))
    assert len(data.load(tmp_path)) == 10


def test_load__gap_between_the_files__is_refused(tmp_path):
    write(tmp_path / FILES[0], rows(6))
    write(tmp_path / FILES[1], rows(4, START + pd.Timedelta("4h")))
    with pytest.raises(DataError, match="does not continue the file before: a step is missing") as caught:
        data.load(tmp_path)
    assert caught.value.path.endswith(FILES[1])


def test_load__one_of_the_two_files_missing__is_refused(tmp_path):
    write(tmp_path / FILES[0], rows(6))
    with pytest.raises(DataError, match="the file is missing") as caught:
        data.load(tmp_path)
    assert caught.value.path.endswith(FILES[1])


BAD_FILES = {
    "no consumption column": (lambda f: f.drop(columns=LOAD), None, LOAD, "missing"),
    "empty cell": (put(LOAD, 2, None), 4, LOAD, "missing"),
    "word in a number column": (put(PRICE, 0, "n/k"), 2, PRICE, "'n/k' is not a number"),
    "decimal comma": (put(TEMPERATURE, 5, "15,5"), 7, TEMPERATURE, "not a number"),
    "infinite": (put(PV, 1, "inf"), 3, PV, "infinite"),
    "negative consumption": (put(LOAD, 3, -5.0), 5, LOAD, "negative"),
    "kWh in the Wh column is too little": (None, None, LOAD, "another unit"),
    "EUR/kWh in the EUR/MWh column": (None, None, PRICE, "twice"),
    "cents in the EUR/MWh column": (put(PRICE, 4, 48360.0), 6, PRICE, "EUR/MWh"),
    "local time without offset": (put(TIME, 2, "2018-06-30 01:00:00"), 4, TIME, "not a UTC time"),
    "hour of the clock change in local time": (put(TIME, 1, "2018-10-28 02:30:00+02:00"), 3, TIME, "ambiguous"),
    "no such day": (put(TIME, 3, "2018-06-31 01:30:00+00:00"), 5, TIME, "not a date"),
    "no time": (put(TIME, 1, None), 3, TIME, "the time is missing"),
    "step missing": (lambda f: f.drop(index=3), 5, TIME, "a step is missing"),
    "step duplicated": (put(TIME, 3, "2018-06-30 01:00:00+00:00"), 5, TIME, "duplicated"),
    "unsorted": (lambda f: f.iloc[[0, 1, 3, 2, 4, 5]], 5, TIME, "not sorted"),
    "blank line": (put(slice(None), 2, None), 4, TIME, "the time is missing"),
}
WHOLE_WEEK = {"kWh in the Wh column is too little": LOAD, "EUR/kWh in the EUR/MWh column": PRICE}


@pytest.mark.parametrize("case", BAD_FILES)
def test_load__bad_file__is_refused_with_line_column_and_reason(case, tmp_path):
    spoil, row, column, reason = BAD_FILES[case]
    if case in WHOLE_WEEK:
        frame = rows(7 * 48)
        frame[WHOLE_WEEK[case]] /= 10_000
    else:
        frame = spoil(rows())
    path = write(tmp_path / "building.csv", frame)
    with pytest.raises(DataError) as caught:
        data.load(path)
    assert (caught.value.path, caught.value.row, caught.value.column) == (str(path), row, column)
    assert reason in caught.value.reason


def test_load__line_with_too_many_fields__is_refused_with_its_line(tmp_path):
    path = write(tmp_path / "building.csv", rows())
    lines = path.read_text().splitlines()
    lines[4] += ";1;2"
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match="malformed line") as caught:
        data.load(path)
    assert caught.value.row == 5


def test_load__header_only__is_refused(tmp_path):
    with pytest.raises(DataError, match="no rows"):
        data.load(write(tmp_path / "building.csv", rows(0)))


def test_real_building__whole_series__has_the_known_span_and_scale(paper):
    assert (len(paper), data.step_hours(paper)) == (52_560, 0.5)
    assert (paper.index[0], paper.index[-1]) == (
        pd.Timestamp("2016-07-15 00:00", tz="UTC"),
        pd.Timestamp("2019-07-14 23:30", tz="UTC"),
    )
    assert paper["load_kwh"].mean() == pytest.approx(17.66, abs=0.01)
    assert paper["pv_kwh"].max() == pytest.approx(0.1219, abs=0.0001)


def test_real_building__sun__agrees_with_utc_in_summer_and_winter(paper):
    # Palaiseau's solar noon is 11:51 UTC on average, ±16 minutes over the year; a summer-time clock would be 1 h off.
    for month in (1, 7, 10):
        day = paper[paper.index.month == month].groupby(lambda time: time.hour + time.minute / 60)["pv_kwh"].mean()
        noon = (day * (day.index + 0.25)).sum() / day.sum()
        assert noon == pytest.approx(11.9, abs=0.75), month


def test_real_building__quirks__are_those_of_the_data_card(paper):
    findings = data.report(paper).set_index("kind")
    zeros = findings.loc["zero_load"]
    # The two hours in which Paris lives through 2 to 3 o'clock twice, in each October.
    assert zeros["start"].dt.strftime("%Y-%m-%d %H:%M").tolist() == [
        "2016-10-30 00:00",
        "2017-10-29 00:00",
        "2018-10-28 00:00",
    ]
    assert zeros["steps"].tolist() == [4, 4, 4]
    assert len(findings.loc["near_zero_load"]) == 6
    assert len(findings.loc["pv_gap"]) == 22
    assert findings.loc["pv_gap", "steps"].max() == 760
