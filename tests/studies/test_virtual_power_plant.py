from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from dem.studies import plant_report as report
from dem.studies import virtual_power_plant as study

DRAWINGS = (report.draw_week, report.draw_change, report.draw_answers, report.draw_gas)
WORDS = (report.verdict, report.answer_words, report.market_words, report.chain_words)


@pytest.fixture(scope="module")
def result():
    return study.run(study.Config(homes=3, days=1, seeds=2, forecaster="yesterday"))


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_run__every_plant__has_every_arm(result):
    arms = {study.NO_BATTERY, study.ALONE, study.PLANNED, study.PLANT, *study.ANSWERS}
    assert set(result.runs["arm"]) == arms
    assert (result.runs.groupby("plant").size() == len(arms)).all()
    assert result.week["alone_kwh"].notna().all()


def test_run__steps_of_the_bill__add_up_from_resting_batteries_to_the_plant(result):
    mean = result.runs.groupby("arm")["eur"].mean()
    np.testing.assert_allclose(result.parts["eur"].sum(), mean[study.PLANT] - mean[study.NO_BATTERY])
    np.testing.assert_allclose(
        result.change.loc["eur", "percent"], 100 * (mean[study.PLANT] / mean[study.ALONE] - 1), rtol=1e-6
    )


def test_run__answers__are_the_plant_itself_and_others_that_differ(result):
    change = result.answers.pivot(columns="answer", values="percent")
    own = result.config.answer
    np.testing.assert_allclose(change[own], result.change.loc[change.index, "percent"])
    assert change.loc["peak_kw", study.LIMITED] <= change.loc["peak_kw", study.BY_PRICE]
    assert (change[study.LIMITED] != change[study.BY_PRICE]).any()


def test_run__first_plant__is_on_the_chain(result):
    assert result.gas["operation"].tolist() == ["post a root", "claim a day"]
    assert result.gas["transactions"].tolist() == [2 * len(result.week), 2 * result.homes]
    assert (result.gas["gas"] > 21_000).all()


def test_published_gas__between_book_sizes__is_interpolated():
    assert report.published_gas(2) == 95_576 / 2
    assert 651_281 / 20 > report.published_gas(30) > 1_243_996 / 40


@pytest.mark.parametrize("draw", DRAWINGS)
def test_draw__any_result__is_a_figure(result, draw):
    assert isinstance(draw(result), Figure)


@pytest.mark.parametrize("words", WORDS)
def test_words__no_trade__still_say_something(result, words):
    nothing = result.week.assign(traded_kwh=0.0, price=None)
    assert len(words(replace(result, week=nothing))) > 80
