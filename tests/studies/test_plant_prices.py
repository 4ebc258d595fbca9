import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from dem.studies import plant_prices as study
from dem.studies.virtual_power_plant import Config


@pytest.fixture(scope="module")
def result():
    return study.run(Config(homes=3, days=1, seeds=2, forecaster="yesterday", response_share=1))


def test_run__every_plant__prices_and_calls_with_an_aggregator_alone(result):
    agreed = result.runs[result.runs["aggregator"]]
    assert len(result.runs) == 2 * len(agreed) == 2 * 2 * result.config.seeds
    assert agreed["priced"].eq(1).all()
    assert agreed["events"].ge(0).all()
    assert result.runs.loc[~result.runs["aggregator"], ["priced", "events"]].eq(0).all().all()


def test_change__with_an_aggregator__is_its_mean_less_that_without(result):
    mean = result.runs.groupby(["batteries", "aggregator"])[list(study.MEASURES)].mean()
    for batteries, rows in result.change.groupby("batteries"):
        expected = mean.loc[(batteries, True)] - mean.loc[(batteries, False)]
        np.testing.assert_allclose(rows["difference"], expected)


def test_draw_and_words__of_a_result__are_there(result):
    assert isinstance(study.draw(result), Figure)
    plt.close("all")
    assert "On 1.0 of 1 days it finds prices" in study.words(result)
    assert "nan" not in study.words(result)
