import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from dem.studies import plant_prices as study
from dem.studies.virtual_power_plant import Config


@pytest.fixture(scope="module")
def result():
    return study.run(Config(homes=3, days=1, seeds=2, forecaster="yesterday", response_share=1))


def test_run__every_plant__has_every_arm_and_prices_where_it_should(result):
    priced = result.runs.pivot(index="plant", columns="arm", values="priced")
    assert (priced[[study.PRICES, study.BOTH]] == 1).all().all()
    assert (priced[[study.TARIFF, study.EVENTS]] == 0).all().all()


def test_change__of_an_arm__is_its_mean_less_that_of_the_sources_tariff(result):
    mean = result.runs.groupby("arm")[list(study.MEASURES)].mean()
    rows = result.change[result.change["arm"] == study.PRICES].set_index("measure")
    expected = mean.loc[study.PRICES] - mean.loc[study.TARIFF]
    np.testing.assert_allclose(rows.loc[list(study.MEASURES), "difference"], expected)


def test_draw_and_words__of_a_result__are_there(result):
    assert isinstance(study.draw(result), Figure)
    plt.close("all")
    assert "On 1.0 of 1 days the aggregator finds prices" in study.words(result)
    assert "nan" not in study.words(result)
