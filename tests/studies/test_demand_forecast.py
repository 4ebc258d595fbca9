import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from dem import data
from dem.forecast import NeuralConfig
from dem.studies import demand_forecast as study
from dem.studies import forecast_federation

NETWORK = NeuralConfig(hidden=4, layers=1, updates=3, batch_size=8)
TINY = {"train_homes": 2, "test_homes": 1, "train_weeks": 8, "test_weeks": 1, "calibration_weeks": 1}
TINY |= {"trees": 2, "network": NETWORK, "federated_network": NETWORK, "rounds": 2}


@pytest.fixture(scope="module")
def result():
    return study.run(study.Config(**TINY))


def test_run__tiny__every_model_is_judged_on_every_task(result):
    assert len(result.summary) == len(study.TASKS) * len(study.HORIZONS_HOURS) * len(study.MODELS)
    assert set(result.summary["seeds"]) == {1, 2}
    assert result.summary["scaled_pinball"].notna().all()
    assert len(result.week) == len(study.TASKS) * 7 * 48
    assert (result.week["q0.05"] <= result.week["q0.95"]).all()
    assert set(result.federation["arm"]) == set(forecast_federation.ARMS)


def test_draw__tiny__writes_the_verdicts_and_four_figures(result):
    assert "The best model is better" in study.verdict(result)
    better, worse = ((sign * result.gains["gain"] > result.gains["interval"]).sum() for sign in (1, -1))
    assert f"clearly better in {better} of 8 cases and clearly worse in {worse}" in study.verdict(result)
    assert len(study.gains_table(result)) == len(result.gains)
    assert "Averaging networks changes the loss" in forecast_federation.verdict(result.federation)
    for draw in (study.draw_week, study.draw_scores, study.draw_coverage):
        plt.close(draw(result))
    plt.close(forecast_federation.draw(result.federation))


def test_gains__network_with_half_the_loss__gains_fifty_per_cent():
    losses = {"naive": 4.0, "linear": 2.0, "boosting": 3.0, "LSTM": 1.0, "Transformer": 5.0}
    rows = [
        {"task": "price", "horizon": "day ahead", "model": model, "seed": 0, "home": "a", "week": week}
        | dict.fromkeys(("mase", "scaled_pinball", "rmse", "pinball"), loss)
        | dict.fromkeys(("coverage_50", "coverage_80", "coverage_90"), 0.5)
        for model, loss in losses.items()
        for week in (0, 1)
    ]
    scores = pd.DataFrame(rows)
    limit = pd.DataFrame({"task": ["price"], "horizon": ["day ahead"], "scaled_pinball": [0.5]})
    gain = study._gains(scores, study._summary(scores), limit).iloc[0]
    assert (gain["network"], gain["other"], gain["gain"], gain["interval"]) == ("LSTM", "linear", 50.0, 0.0)
    assert gain["limit"] == 75.0


def test_split__synthetic__models_of_homes_never_see_the_judged_ones():
    tables = study.split(study.Config(**TINY))
    assert not set(data.home_names(tables.others)) & set(data.home_names(tables.judged))
    assert data.home_names(tables.own) == data.home_names(tables.judged)
    assert max(tables.others.index.max(), tables.own.index.max()) < tables.start
    assert tables.start - tables.judged.index.min() == pd.Timedelta(weeks=6)


def test_split__one_building__is_cut_into_households(monkeypatch):
    building = data.load(homes=1, start="2023-01-02", end="2023-02-27")
    monkeypatch.setattr("dem.data.load", lambda *_, **__: building)
    tables = study.split(study.Config(data="building", **TINY))
    assert len(data.home_names(tables.others)) == 2
    assert tables.others.index.max() < tables.start <= tables.judged.index.max()


def test_split__two_homes__are_refused(monkeypatch):
    two = data.load(homes=2, start="2023-01-02", end="2023-02-27")
    monkeypatch.setattr("dem.data.load", lambda *_, **__: two)
    with pytest.raises(ValueError, match="two homes"):
        study.split(study.Config(data="two", **TINY))


def test_summary__two_seeds__interval_is_students():
    arms = pd.DataFrame({"arm": list(forecast_federation.ARMS), "home": "a"})
    scores = arms.merge(pd.DataFrame({"seed": [0, 1], "scaled_pinball": [1.0, 2.0]}), how="cross")
    row = forecast_federation.summary(scores).iloc[0]
    assert row["scaled_pinball"] == 1.5
    assert row["interval"] == pytest.approx(12.706 * np.sqrt(0.5) / np.sqrt(2), rel=1e-3)


def test_limit__synthetic_load__is_better_than_every_model_and_covers_what_it_promises(result):
    limit = result.limit.groupby("task")["scaled_pinball"].mean()
    assert set(limit.index) == {"load of a home", "load of all homes"}
    ahead = result.summary[result.summary["horizon"] == "day ahead"].groupby("task")["scaled_pinball"].min()
    assert (limit < ahead[limit.index]).all()
    assert result.limit["coverage_90"].mean() == pytest.approx(0.9, abs=0.05)
