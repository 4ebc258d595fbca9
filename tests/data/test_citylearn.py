import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.data import DataError

STEPS = 48


def building(steps: int = STEPS) -> pd.DataFrame:
    """A building file: the last hour of July 2016, then August, hour-ending standard time."""
    starts = pd.date_range("2016-07-31 23:00", periods=steps, freq="h")
    return pd.DataFrame(
        {
            "month": starts.month,
            "hour": starts.hour + 1,
            "day_type": starts.dayofweek + 1,
            "daylight_savings_status": 0,
            "indoor_dry_bulb_temperature": np.nan,
            "non_shiftable_load": 0.8,
            "dhw_demand": 0.0,
            "cooling_demand": 0.0,
            "heating_demand": 0.0,
            "solar_generation": 500.0,
        }
    )


def write(folder: Path, **replaced: object) -> Path:
    """A folder of two homes; `replaced` gives other frames or another schema by name."""
    entry = {"pricing": "pricing.csv", "carbon_intensity": "carbon_intensity.csv", "weather": "weather.csv"}
    schema = {
        "seconds_per_time_step": 3600,
        "buildings": {
            f"Building_{k}": {
                "include": True,
                "energy_simulation": f"Building_{k}.csv",
                "pv": {"attributes": {"nominal_power": 3.0 + k}},
                **entry,
            }
            for k in (1, 2)
        },
    }
    content = {
        "Building_1": building(),
        "Building_2": building(),
        "pricing": pd.DataFrame({"electricity_pricing": np.full(STEPS, 0.22)}),
        "carbon_intensity": pd.DataFrame({"carbon_intensity": np.full(STEPS, 0.15)}),
        "weather": pd.DataFrame({"outdoor_dry_bulb_temperature": np.full(STEPS, 20.0)}),
        "schema": schema,
    } | replaced
    schema = content.pop("schema")
    (folder / "schema.json").write_text(schema if isinstance(schema, str) else json.dumps(schema))
    for name, frame in content.items():
        if frame is not None:
            frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def schema_of(tmp_path: Path) -> dict:
    return json.loads((write(tmp_path) / "schema.json").read_text())


def put(column: str, row: int, value: object) -> pd.DataFrame:
    frame = building().astype(object)
    frame.loc[row, column] = value
    return frame


def test_load__folder__is_in_utc_interval_starts_and_the_tables_units(tmp_path):
    table = data.load(write(tmp_path))
    assert data.home_names(table) == ["Building_1", "Building_2"]
    # Hour 24 of 31 July, Pacific Standard Time, begins at 23:00 = 07:00 UTC of the next day.
    assert table.index[0] == pd.Timestamp("2016-08-01 07:00", tz="UTC")
    assert data.step_hours(table) == 1.0
    assert data.wide(table, "pv_kwh").iloc[0].tolist() == [2.0, 2.5]  # 500 W per kW × 4 and 5 kW × 1 h
    assert table["import_price"].unique().tolist() == [0.22]
    assert table["wholesale_price"].iloc[0] == pytest.approx(0.22 / 1.1 - 0.10)


def test_load__tariff__leaves_the_folders_own_prices(tmp_path):
    assert data.load(write(tmp_path), tariff="time_of_use")["import_price"].unique().tolist() == [0.22]


def test_load__building_not_included__is_left_out(tmp_path):
    schema = schema_of(tmp_path)
    schema["buildings"]["Building_1"]["include"] = False
    assert data.home_names(data.load(write(tmp_path, schema=schema))) == ["Building_2"]


def test_load__building_without_pv__generates_nothing(tmp_path):
    schema = schema_of(tmp_path)
    del schema["buildings"]["Building_2"]["pv"]
    assert data.wide(data.load(write(tmp_path, schema=schema)), "pv_kwh")["Building_2"].eq(0).all()


# What is wrong: the frames to replace, then file, line, column and a piece of the reason that the error must name.
BAD_FOLDERS = {
    "missing building file": ({"Building_2": None}, "Building_2.csv", None, "energy_simulation", "missing"),
    "missing price file": ({"pricing": None}, "pricing.csv", None, "pricing", "missing"),
    "shorter price file": (
        {"pricing": pd.DataFrame({"electricity_pricing": np.full(STEPS - 1, 0.22)})},
        "pricing.csv",
        None,
        "electricity_pricing",
        "has 47 rows, Building_1 has 48",
    ),
    "other column in the carbon file": (
        {"carbon_intensity": pd.DataFrame({"kg": np.full(STEPS, 0.15)})},
        "carbon_intensity.csv",
        None,
        "carbon_intensity",
        "missing",
    ),
    "negative load": (
        {"Building_1": put("non_shiftable_load", 5, -1.0)},
        "Building_1.csv",
        7,
        "non_shiftable_load",
        "negative",
    ),
    "missing load": (
        {"Building_2": put("non_shiftable_load", 0, None)},
        "Building_2.csv",
        2,
        "non_shiftable_load",
        "missing",
    ),
    "missing hour": (
        {"Building_1": building().drop(index=7)},
        "Building_1.csv",
        9,
        "hour",
        "expected 7, got 8",
    ),
    "repeated hour": ({"Building_1": put("hour", 7, 6)}, "Building_1.csv", 9, "hour", "expected 7, got 6"),
    "daylight saving": (
        {"Building_1": put("daylight_savings_status", 3, 1)},
        "Building_1.csv",
        5,
        "daylight_savings_status",
        "daylight saving",
    ),
    "wrong day type": ({"Building_1": put("day_type", 10, 4)}, "Building_1.csv", 12, "day_type", "expected 1"),
    "other year": (
        {"Building_1": building().assign(day_type=3)},
        "Building_1.csv",
        2,
        "day_type",
        "fits neither the first nor the last day",
    ),
    "no such month": ({"Building_1": put("month", 0, 13)}, "Building_1.csv", 2, "month", "no calendar"),
    "heat demand": (
        {"Building_1": put("heating_demand", 4, 1.5)},
        "Building_1.csv",
        6,
        "heating_demand",
        "not part of the load",
    ),
    "homes of other lengths": (
        {"Building_2": building(STEPS + 3)},
        "pricing.csv",
        None,
        "electricity_pricing",
        "Building_2 has 51",
    ),
    "broken JSON": ({"schema": '{"buildings":\n oops}'}, "schema.json", 2, None, "not valid JSON"),
    "list as schema": ({"schema": "[]"}, "schema.json", None, None, "expected a JSON object"),
    "no buildings": ({"schema": {"seconds_per_time_step": 3600}}, "schema.json", None, "buildings", "expected"),
    "nothing included": (
        {"schema": {"seconds_per_time_step": 3600, "buildings": {}}},
        "schema.json",
        None,
        "buildings",
        "no building",
    ),
    "building is no object": (
        {"schema": {"seconds_per_time_step": 3600, "buildings": {"Building_1": 7}}},
        "schema.json",
        None,
        "buildings",
        "one object per building",
    ),
    "no time step": ({"schema": {"buildings": {}}}, "schema.json", None, "seconds_per_time_step", "got None"),
}


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_load__bad_folder__is_refused_with_file_line_column_and_reason(case, tmp_path):
    replaced, file, row, column, reason = BAD_FOLDERS[case]
    with pytest.raises(DataError) as caught:
        data.load(write(tmp_path, **replaced))
    assert (Path(caught.value.path).name, caught.value.row, caught.value.column) == (file, row, column)
    assert reason in caught.value.reason


@pytest.mark.parametrize("power", [None, "4 kW", -1, float("nan")])
def test_load__bad_nominal_power__is_refused(power, tmp_path):
    schema = schema_of(tmp_path)
    schema["buildings"]["Building_1"]["pv"]["attributes"]["nominal_power"] = power
    with pytest.raises(DataError, match="nominal power in kW"):
        data.load(write(tmp_path, schema=schema))


def test_real_homes__whole_year__has_the_known_span_and_scale(citylearn):
    assert data.home_names(citylearn) == [f"Building_{k}" for k in range(1, 6)]
    assert len(citylearn) == 5 * 8760
    assert citylearn.index[-1] == pd.Timestamp("2017-08-01 06:00", tz="UTC")
    yearly = data.wide(citylearn, "load_kwh").sum()
    assert yearly.between(7_000, 11_000).all()
    assert citylearn["import_price"].between(0.21, 0.54).all()
    assert (citylearn["export_price"] < citylearn["import_price"]).all()


def noon(pv: pd.Series, start: str, end: str) -> float:
    """Energy-weighted mean hour, standard time, of the days from start to end."""
    chosen = pv.tz_convert("Etc/GMT+8").loc[start:end]
    return (chosen * (chosen.index.hour + 0.5)).sum() / chosen.sum()


def test_real_homes__sun__agrees_with_the_anchored_clock_in_summer(citylearn):
    # Fontana's solar noon is at 11:56 in July, standard time; afternoons are a little clearer than mornings.
    pv = data.wide(citylearn, "pv_kwh").sum(axis=1)
    assert noon(pv, "2016-08-01", "2016-08-31") == pytest.approx(11.93, abs=0.5)
    assert noon(pv, "2017-07-01", "2017-07-31") == pytest.approx(11.93, abs=0.5)


def test_real_homes__winter__comes_one_hour_early_as_the_data_card_says(citylearn):
    pv = data.wide(citylearn, "pv_kwh").sum(axis=1)
    autumn = noon(pv, "2016-11-06", "2016-11-12") - noon(pv, "2016-10-30", "2016-11-05")
    spring = noon(pv, "2017-03-12", "2017-03-18") - noon(pv, "2017-03-05", "2017-03-11")
    assert autumn == pytest.approx(-1, abs=0.25)
    assert spring == pytest.approx(1, abs=0.25)
