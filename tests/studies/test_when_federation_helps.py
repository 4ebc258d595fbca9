import matplotlib.pyplot as plt
import pytest

from dem import data
from dem.studies import federation_figures as figures
from dem.studies import when_federation_helps as study

TINY = {"homes": 4, "data_weeks": 6, "trial_weeks": 1, "seeds": 2, "network_rounds": 1, "epsilons": (1.0, 1e6)}


@pytest.fixture(scope="module")
def result():
    return study.run(study.Config(**TINY))


def test_run__tiny__every_arm_trouble_and_budget_is_there(result):
    assert set(result.arms["arm"]) == set(study.ARMS)
    assert len(result.runs) == 2 * len(study.ARMS) * 2 * 4
    assert len(result.troubles) == 2 * (3 + len(study.AGGREGATIONS))
    assert len(result.privacy) == 2 * 2
    assert (result.runs["captured"] <= 1 + 1e-6).all()


def test_run__statistics__are_the_pooled_regression(result):
    assert result.captured("regression, statistics") == pytest.approx(result.captured("regression, pooled data"))


def test_run__gains__are_against_the_same_learner_alone(result):
    runs = result.runs.set_index(["weeks", "arm", "seed", "home"])
    row = ("own", "network, FedAvg", 2023, 2)
    alone = runs.loc[("own", "network, alone", 2023, 2), "captured"]
    assert runs.loc[row, "gain"] == pytest.approx(runs.loc[row, "captured"] - alone)


def test_run__all_contributors__are_the_federated_homes(result):
    last = result.contributors[result.contributors["homes"] == 4]
    assert last["contributes"].tolist() == [True]
    assert last["captured"].item() == pytest.approx(result.captured("regression, statistics"))


def test_draw__tiny__words_and_five_figures(result):
    assert "of homes gain" in study.verdict(result)
    assert len(study.arms_table(result)) == len(result.arms)
    assert "taking part beats learning alone on average at" in study.price_of_privacy(result)
    pictures = ("captured", "gains", "troubles", "privacy", "contributors")
    for name in pictures:
        plt.close(getattr(figures, f"draw_{name}")(result))


def test_run__source_with_fewer_homes__takes_those(monkeypatch, tmp_path):
    table = data.load(homes=2, start="2023-01-02", end="2023-01-30", tariff="time_of_use")
    monkeypatch.setattr("dem.data.load", lambda *_, **__: table)
    config = study.with_homes_present(study.Config(data=str(tmp_path), **TINY))
    assert (config.homes, config.data_weeks) == (2, 4)
    with pytest.raises(ValueError, match="has 4 whole weeks, the study needs more than 4"):
        study.with_homes_present(study.Config(data=str(tmp_path), **{**TINY, "trial_weeks": 4, "data_weeks": 5}))
