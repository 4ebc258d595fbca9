import pytest

from dem import plots
from dem.studies import fault_alerts as study
from dem.studies import fault_report as report

TINY = {"train": 150, "calibrate": 120, "test": 120, "streams": 1}


@pytest.fixture(scope="module")
def result():
    return study.run(study.Config.for_profile("quick", **TINY))


def test_run__confusion__counts_every_test_event_once(result):
    ordinary = result.confusion.loc["ordinary"].sum()
    assert ordinary > 0
    assert result.confusion.to_numpy().sum() <= TINY["test"]
    assert (result.confusion.to_numpy() >= 0).all()


def test_run__scores__cover_every_choice_of_sensors_and_are_shares(result):
    assert {study.DETECTION, study.METERS, study.LOCATION, study.PRECISE} <= set(result.scores["sensors"])
    assert result.scores[["recall", "false_alarms"]].apply(lambda column: column.between(0, 1)).all(axis=None)


def test_run__story__alarm_comes_with_the_fault_and_not_before(result):
    alarmed = result.story["score"] >= result.alarm_from
    assert not alarmed[result.story["reading"] < study.QUIET].any()
    assert alarmed[result.story["reading"] >= study.QUIET].any()


def test_run__messages__tell_the_operator_where_and_the_home_how_to_get_energy(result):
    assert f"bus {study.STORY.place}" in result.messages
    assert "operator" in result.messages
    assert f"backup?home=home_{study.STORY.place}" in result.messages


@pytest.mark.parametrize("draw", [report.draw_confusion, report.draw_location, report.draw_story])
def test_draw__result__has_units_on_its_axes(result, draw):
    plots.use_style()
    labels = " ".join(axes.get_xlabel() + axes.get_ylabel() for axes in draw(result).axes)
    assert "%" in labels
