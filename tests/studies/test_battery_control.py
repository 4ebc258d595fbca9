import matplotlib.pyplot as plt
import pandas as pd
import pytest

from dem import data
from dem.studies import battery_control as study

TINY = {"train_homes": 1, "test_homes": 1, "train_weeks": 6, "test_weeks": 1, "updates": 40, "library_steps": 100}


@pytest.fixture(scope="module")
def result():
    return study.run(study.Config(**TINY))


def test_run__tiny__every_agent_below_the_limit(result):
    assert set(result.summary["agent"]) == set(study.LABELS)
    assert (result.runs["captured"] <= 1 + 1e-6).all()
    assert result.runs["seed"].nunique() == 2
    captured = result.summary.set_index("agent")["captured"]
    assert captured["planning"] > captured["price threshold"]
    assert set(result.week["agent"]) == {"optimum", *study.SHOWN}
    assert len(result.week) == 3 * 336


def test_config__unknown_agent__lists_the_known():
    with pytest.raises(ValueError, match="unknown agent 'A2C', there are clairvoyant, planning"):
        study.Config(agents=("planning", "A2C"))


def test_draw__tiny__writes_the_verdict_and_three_figures(result):
    assert "is lost to its forecasts of the home." in study.verdict(result)
    assert study.summary_table(result)["agent"].tolist() == list(study.LABELS.values())
    for draw in (study.draw_captured, study.draw_week, study.draw_bills):
        plt.close(draw(result))


def test_tables__split__shares_neither_homes_nor_judged_weeks():
    train, test, start = study.tables(study.Config(**TINY))
    assert not set(data.home_names(train)) & set(data.home_names(test))
    assert train.index.max() < start
    assert start - test.index.min() == pd.Timedelta(weeks=2)


def test_tables__one_building__is_cut_into_households(monkeypatch):
    building = data.load(homes=1, start="2023-01-02", end="2023-02-27")
    monkeypatch.setattr("dem.data.load", lambda *_, **__: building)
    train, test, start = study.tables(study.Config(data="building", **TINY | {"train_homes": 2}))
    assert len(data.home_names(train)) == 2
    assert train.index.max() < start <= test.index.max()
