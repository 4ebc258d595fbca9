import pandas as pd
import pytest

from dem import data
from dem.data import DataError


def written(table, tmp_path):
    path = tmp_path / "homes.csv"
    table.to_csv(path)
    return path


def test_load__unknown_source__is_refused_by_name(tmp_path):
    with pytest.raises(DataError, match="unknown source"):
        data.load("synthetc")
    with pytest.raises(DataError, match=r"neither schema\.json nor"):
        data.load(tmp_path)


def test_load__first_homes_or_homes_by_name__are_selected(table, tmp_path):
    path = written(table, tmp_path)
    assert data.home_names(data.load(path, homes=1)) == ["home_001"]
    assert data.home_names(data.load(path, homes=["home_002"])) == ["home_002"]


@pytest.mark.parametrize("homes", [0, 3, [], ["home_009"], True, "home_001", 1.5, ["home_001", "home_001"]])
def test_load__homes_that_are_not_there__are_refused(table, tmp_path, homes):
    with pytest.raises(ValueError, match="home"):
        data.load(written(table, tmp_path), homes=homes)


def test_load__window__starts_in_it_and_excludes_its_end(table, tmp_path):
    window = data.load(written(table, tmp_path), start="2023-05-01 06:00", end="2023-05-01 09:00+00:00")
    assert window.index.unique().tolist() == list(
        pd.date_range("2023-05-01 06:00", "2023-05-01 08:30", freq="30min", tz="UTC")
    )


@pytest.mark.parametrize(
    "window",
    [
        {"start": "2024-01-01"},
        {"start": "2023-05-02", "end": "2023-05-01"},
        {"start": "2023-05-01", "end": "2023-05-01 00:30"},
    ],
)
def test_load__window_without_data__is_refused(table, tmp_path, window):
    with pytest.raises(ValueError, match=r"covers|before"):
        data.load(written(table, tmp_path), **window)


@pytest.mark.parametrize("name", ["start", "end"])
def test_load__window_that_is_no_time__is_refused_by_name(name):
    with pytest.raises(ValueError, match=f"{name} must be a time"):
        data.load(**{name: "yesterdays"})


def test_load__unknown_tariff__is_refused_before_anything_is_read():
    with pytest.raises(ValueError, match="unknown tariff 'free': use a Tariff or one of flat, time_of_use"):
        data.load("no such file", tariff="free")


@pytest.mark.parametrize("homes", [0, -1, ["home_001"], True])
def test_load__synthetic_homes_not_a_count__are_refused(homes):
    with pytest.raises(ValueError, match="count of at least 1"):
        data.load("synthetic", homes=homes)


def test_time_zone__own_table__is_utc_and_synthetic_is_parisian(table, tmp_path):
    assert data.time_zone(written(table, tmp_path)) == "UTC"
    assert data.time_zone("synthetic") == "Europe/Paris"
