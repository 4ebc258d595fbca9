import sqlite3

import numpy as np
import pytest

from dem import files


def test_replace__written__is_there_alone_and_readable_by_all(tmp_path):
    path = tmp_path / "new folder" / "numbers.csv"
    files.replace(path, lambda temporary: temporary.write_text("1"))
    assert [found.name for found in path.parent.iterdir()] == ["numbers.csv"]
    assert path.read_text() == "1"
    assert path.stat().st_mode & 0o777 == 0o644


def test_replace__writing_fails__leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_text("old")

    def fail(temporary):
        temporary.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        files.replace(path, fail)
    assert [found.name for found in tmp_path.iterdir()] == ["numbers.csv"]
    assert path.read_text() == "old"


def test_load__what_was_saved__is_the_same(tmp_path):
    path = tmp_path / "arrays.npz"
    files.save(path, {"one": np.arange(3), "two": np.ones((2, 2), np.float32)})
    loaded = files.load(path)
    files.check(loaded, {"one": np.zeros(3, int), "two": np.zeros((2, 2), np.float32)})
    assert loaded["one"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "'one' is missing"),
        ({"one": np.zeros(2), "two": np.zeros(1)}, "'two' is unknown here"),
        ({"one": np.zeros(3)}, r"'one' has shape \(3,\), expected \(2,\)"),
        ({"one": np.zeros(2, int)}, "'one' holds int64, expected float64"),
        ({"one": np.array([0.0, np.nan])}, "'one' holds values that are not finite"),
    ],
)
def test_check__arrays_that_do_not_fit__names_the_first(arrays, message):
    with pytest.raises(files.CheckpointError, match=message):
        files.check(arrays, {"one": np.ones(2)})


def test_transaction__fails_half_way__changes_nothing():
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute("CREATE TABLE number (value INTEGER UNIQUE)")
    with files.transaction(database):
        database.execute("INSERT INTO number VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError), files.transaction(database):
        database.executemany("INSERT INTO number VALUES (?)", [(2,), (1,)])
    assert database.execute("SELECT value FROM number").fetchall() == [(1,)]
