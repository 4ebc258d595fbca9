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
