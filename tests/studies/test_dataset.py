import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from pydantic import ValidationError

from dem import data, paths
from dem.data import DataError
from dem.studies import dataset as study
from dem.studies import dataset_figures as figures

REAL = paths.ROOT.parent / "shared" / "data"
DRAWINGS = (figures.draw_week, figures.draw_seasons, figures.draw_curves, figures.draw_gaps)


@pytest.fixture(scope="module")
def result():
    return study.run(study.Config.for_profile("quick", homes=2))


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_run__synthetic__shows_one_source(result):
    assert result.summary.columns.tolist() == ["synthetic"]
    assert result.summary.loc["homes", "synthetic"] == 2


def test_run__weeks__are_whole_and_begin_on_monday_in_local_time(result):
    for month, week in result.weeks.groupby("week"):
        assert len(week) == 7 * 48, month
        assert week["time"].iloc[0].dayofweek == 0
        assert week["time"].iloc[0].hour == 0


def test_run__seasons__have_a_day_each_with_its_band(result):
    pv = result.seasons[result.seasons["column"] == "pv"]
    assert pv.groupby("season").size().to_dict() == dict.fromkeys(study.SEASONS, 48)
    assert (pv["low"] <= pv["high"]).all()
    energy = pv.groupby("season")["mean"].sum()
    assert energy.idxmax() == "summer"
    assert energy.idxmin() == "winter"


def test_run__durations__fall_and_keep_the_energy(result):
    load = result.durations["load"].to_numpy()
    assert (np.diff(load) <= 0).all()
    between = (load[1:] + load[:-1]) / 2
    assert between.mean() == pytest.approx(result.sources[0].mean_home["load"].mean(), rel=0.02)


def test_run__system__sets_the_price_that_the_homes_see(result):
    home = result.sources[0].mean_home["price"].tz_convert("UTC")
    seen = result.system.set_index("time")["price"]
    pd.testing.assert_series_equal(home[seen.index], seen, check_freq=False, check_names=False)


def test_run__building__is_shown_at_household_size_with_its_own_quirks(make_building):
    result = study.run(study.Config.for_profile("quick", homes=1, data=str(make_building)))
    name = make_building.name
    assert result.summary.loc["load per home and day (kWh)", name] == "10.00"
    assert (result.spells[result.spells["source"] == name]["kind"] == "zero_load").any()
    for draw in DRAWINGS:
        assert isinstance(draw(result), Figure)


@pytest.mark.filterwarnings("error::FutureWarning", "error::UserWarning")
def test_run__few_weeks_of_spring__draws_what_there_is_and_says_what_not(tmp_path):
    path = tmp_path / "spring.csv"
    data.load("synthetic", homes=1, start="2023-04-03", end="2023-05-01").to_csv(path)
    result = study.run(study.Config.for_profile("quick", homes=1, data=str(path)))
    assert set(result.weeks["source"]) == {"synthetic"}
    titles = [axes.get_title() for axes in figures.draw_week(result).axes]
    assert "spring.csv: no whole week in July" in titles
    for draw in DRAWINGS:
        assert isinstance(draw(result), Figure)


@pytest.fixture
def make_building(tmp_path):
    """A year of one building with an outage, as an own table."""
    table = data.load("synthetic", homes=1)
    table = table.assign(home="tower", load_kwh=table["load_kwh"] * 20)
    table.iloc[1000:1004, table.columns.get_loc("load_kwh")] = 0.0
    path = tmp_path / "tower.csv"
    table.to_csv(path)
    return path


@pytest.mark.parametrize("draw", DRAWINGS, ids=lambda draw: draw.__name__)
def test_draw__synthetic__gives_every_axis_its_unit(result, draw):
    figure = draw(result)
    labels = " ".join(axes.get_ylabel() + axes.get_xlabel() for axes in figure.axes)
    if draw is not figures.draw_gaps:
        assert "kW" in labels
        assert "cents/kWh" in labels


def test_run__no_quirks__draws_an_empty_panel_that_says_so(result):
    calm = study.Source(
        **{**vars(result.sources[0]), "findings": result.sources[0].findings.iloc[:0]},
    )
    figure = figures.draw_gaps(study.Result(**{**vars(result), "sources": (calm,)}))
    assert "no quirks" in figure.axes[0].get_title()


def test_run__bad_data__is_refused():
    with pytest.raises(DataError, match="unknown source"):
        study.run(study.Config.for_profile("quick", homes=1, data="nowhere"))
    with pytest.raises(ValidationError, match="homes"):
        study.Config.for_profile("quick", homes=0)


@pytest.mark.parametrize("folder", ["drahix", "citylearn_2022_phase_1"])
def test_run__real_homes__stand_beside_the_synthetic(folder):
    if not (REAL / folder).is_dir():
        pytest.skip(f"{folder} is not here (dem.data.download fetches it)")
    result = study.run(study.Config.for_profile("quick", homes=2, data=str(REAL / folder)))
    assert result.summary.columns.tolist() == ["synthetic", folder]
    for draw in DRAWINGS:
        assert isinstance(draw(result), Figure)


def test_findings__words__count_surplus_and_prices_of_the_mean_home(result):
    home = result.sources[0].mean_home
    words = study.findings(result)
    assert f"for {(home['pv'] > home['load']).mean():.0%} of the time" in words
    assert f"{np.sort(home['import_price'])[-len(home) // 4 :].mean():.1f} in the dearest" in words


def test_quirks__every_kind__has_words(result):
    table = study.quirks(result)
    assert len(table) == len(result.gaps)
    assert set(table["what is odd"]) <= set(study.KINDS.values())
