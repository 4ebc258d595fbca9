from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from dem.studies import retail_days, retail_events, retail_report, retail_tariffs
from dem.studies import retail_response as study

SMALL = {
    "homes": 6,
    "weeks": 1,
    "events": 2,
    "placebos": 3,
    "risk_days": 2,
    "elasticities": (-0.2,),
    "aversions": (0.0, 1.0),
}
DRAWINGS = (retail_report.draw_tariffs, retail_report.draw_risk, retail_report.draw_event, retail_report.draw_gaming)
WORDS = (
    retail_report.tariff_verdict,
    retail_report.risk_verdict,
    retail_report.event_verdict,
    retail_report.gaming_verdict,
    retail_report.chain_verdict,
)


@pytest.fixture(scope="module")
def config():
    return study.Config(**SMALL)


@pytest.fixture(scope="module")
def result(config):
    return study.run(config)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_run__every_tariff__is_certified_and_harms_nobody(result):
    assert result.weeks["gap"].max() <= 1e-6
    assert result.weeks["promised"].min() >= -1e-7
    assert (result.weeks["gain"] >= -1e-9).all()


def test_run__reference_prices__change_nothing(result):
    reference = result.weeks[result.weeks["tariff"] == retail_tariffs.REFERENCE]
    np.testing.assert_allclose(reference[["gain", "credit", "top_up", "worst"]], 0, atol=1e-7)


def test_run__fear_of_risk__trades_the_mean_for_the_worst(result):
    days = result.frontier.set_index(["day", "aversion"])
    for day in result.frontier["day"].unique():
        assert (np.diff(days.loc[day, "mean"]) <= 1e-6).all()
        assert (np.diff(days.loc[day, "cvar"]) >= -1e-6).all()


def test_run__impossible_tariff__is_explained(result):
    assert "price bounds give" in result.conflict
    assert "customers give 0.1 of a reference bill" in result.conflict


def test_run__events__move_energy_that_comes_back(result):
    for day in result.called:
        assert not day.promised[:, day.control].any()
        for load in day.loads.values():
            np.testing.assert_allclose(load[: day.event.start], day.today[: day.event.start], atol=1e-6)
        assert (day.true_kwh >= -1e-6).all()
        assert (day.paid_kwh(retail_events.CAPPED) <= day.promised).all()
    ways = result.effects.set_index(["event", "way"])["rebound"].unstack()
    assert (ways[retail_events.PLANNED] <= ways[retail_events.AT_ONCE] + 1e-6).all()
    assert result.effects["returned"].between(0, 1 + 1e-6).all()


def test_run__payment__is_conserved_to_the_unit(result):
    assert result.paid.spent == sum(result.paid.credited)
    assert any(result.paid.credited)


def test_run__rules__leave_no_gain_where_they_shut_the_door(result):
    gains = result.pretending.groupby(["rule", "way"])["gain"].mean()
    before = retail_report.HOURS_BEFORE
    assert gains[retail_events.UNADJUSTED.name, before] == 0
    assert gains[retail_events.LATE, before] == 0
    assert gains["control group", before] == 0
    assert gains[retail_events.CAPPED.name, before] > 0


def test_run__again__gives_the_same_numbers(result, config, monkeypatch):
    monkeypatch.setattr(retail_tariffs, "try_weeks", lambda *_: result.weeks)
    monkeypatch.setattr(retail_events, "pay", lambda *_: result.paid)
    again = study.run(config)
    assert again.effects.equals(result.effects)
    assert again.accuracy.equals(result.accuracy)
    assert again.frontier.equals(result.frontier)


def test_eve__day_itself__is_not_known(config):
    days = retail_days.load_days(config)
    number = config.history + 5
    future = {name: values.copy() for name, values in vars(days).items() if name != "date"}
    for values in future.values():
        values[number:] = 9.9
    known, blind = (retail_days.Eve.of(each, number, config) for each in (days, replace(days, **future)))
    assert known.reference_price == blind.reference_price
    assert known.delivery == blind.delivery
    np.testing.assert_array_equal(known.expected_kwh, blind.expected_kwh)
    np.testing.assert_array_equal(known.scenarios.wholesale, blind.scenarios.wholesale)
    np.testing.assert_array_equal(known.scenarios.load_kwh, blind.scenarios.load_kwh)


@pytest.mark.parametrize("draw", DRAWINGS, ids=lambda draw: draw.__name__)
def test_draw__result__labels_every_panel(result, draw):
    figure = draw(result)
    assert isinstance(figure, Figure)
    assert all(axes.get_xlabel() for axes in figure.axes)


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_words__result__hold_numbers_only(result, words):
    text = words(result)
    assert "nan" not in text
    assert any(letter.isdigit() for letter in text)
