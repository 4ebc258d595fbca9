from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from dem.market import double_auction
from dem.studies import mechanism_gas, mechanism_report, misreporting
from dem.studies import mechanisms as study
from dem.studies.market_week import books, load_week
from dem.studies.mechanism_rules import (
    BALANCING,
    MECHANISMS,
    MUDA,
    PAIR,
    PAY_AS_BID,
    POOLED,
    POSTED,
    VCG,
    play,
)

SMALL = {"homes": 4, "draws": 2, "coins": 2, "sampled_orders": 6, "false_prices": 5, "gas_homes": 4}
DRAWINGS = (
    mechanism_report.draw_welfare,
    mechanism_report.draw_prices,
    mechanism_report.draw_fairness,
    mechanism_report.draw_triangle,
    mechanism_report.draw_gas,
)
gains = st.lists(st.floats(0, 1e3), min_size=1, max_size=12).map(np.array)


@pytest.fixture(scope="module")
def config():
    return study.Config(**SMALL)


@pytest.fixture(scope="module")
def result(config):
    return study.run(config)


@pytest.fixture(scope="module")
def week(config):
    return books(load_week(config), config, 0)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_optimum__week__is_what_the_double_auction_reaches_in_every_interval(week):
    welfare, _ = study.optimum(week)
    np.testing.assert_allclose(welfare, [double_auction.clear(*book.orders).welfare for book in week], atol=1e-6)


def test_run__every_mechanism__gains_no_more_than_the_optimum(result):
    assert (result.intervals["welfare"] <= result.intervals["optimum"] + 1e-6).all()


def test_run__parts__add_up_to_the_welfare(result):
    parts = result.draws[["buyers", "sellers", "budget"]].sum(axis=1)
    np.testing.assert_allclose(parts, result.draws["welfare"])
    gains = result.homes.groupby(["draw", "mechanism"])["gain"].sum()
    money = result.intervals.groupby(["draw", "mechanism"])[["buyers", "sellers"]].sum().sum(axis=1) / 1_000
    np.testing.assert_allclose(gains, money[gains.index], atol=1e-9)


def test_run__theory__is_what_is_measured(result):
    welfare, budget = result.mean("welfare"), result.mean("budget")
    for mechanism in MECHANISMS:
        assert not mechanism.efficient or welfare[mechanism.name] == pytest.approx(1)
        if mechanism.budget == "balanced":
            assert budget[mechanism.name] == pytest.approx(0, abs=1e-9)
        elif mechanism.budget == "surplus":
            assert budget[mechanism.name] >= 0
    assert budget[VCG.name] < 0


def test_run__lies__pay_where_bids_are_paid_and_never_where_theory_forbids(result):
    for mechanism in MECHANISMS:
        lies = result.lies[result.lies["mechanism"] == mechanism.name]
        if mechanism.truthful:
            assert (lies["best"] <= lies["honest"] + 1e-9).all(), mechanism.name
    assert result.mean("lying")[PAY_AS_BID.name] > 0


def test_run__no_mechanism__has_everything(result):
    assert "**All three at once**: none" in mechanism_report.findings(result)


def test_run__again__gives_the_same_numbers(result, config, monkeypatch):
    monkeypatch.setattr(mechanism_gas, "measure", lambda *_: result.gas)
    again = study.run(config)
    assert again.draws.equals(result.draws)
    assert again.lies.equals(result.lies)


def test_play__lottery__is_averaged_over_its_coins(week):
    book = max(week, key=len)
    single = np.array([play(MUDA, book, [coin]).bid_gain for coin in range(20)])
    np.testing.assert_allclose(play(MUDA, book, range(20)).bid_gain, single.mean(axis=0))
    assert len(np.unique(single, axis=0)) > 1


def test_play__false_report__is_valued_at_the_true_price(week):
    book = next(each for each in week if double_auction.clear(*each.orders).quantity)
    bids = book.bid_price * 0 + book.dearest_retail
    outcome = play(PAY_AS_BID, book, [0], (bids, book.bid_quantity, book.ask_price, book.ask_quantity))
    filled = outcome.bid_gain != 0
    assert (outcome.bid_gain <= 1e-9).all()
    assert filled.any()


def test_play__imbalance_of_the_curve__is_bought_from_the_grid(week):
    asks = {name: getattr(week[0], name)[:0] for name in ("ask_price", "ask_quantity", "ask_home", "ask_time")}
    book = replace(week[0], **asks)
    outcome = play(BALANCING, book, [0])
    assert outcome.bought > outcome.sold == 0
    assert outcome.budget == pytest.approx(outcome.paid - outcome.bought * book.dearest_retail)
    assert outcome.welfare <= 0


def test_measure__lies__include_the_best_response_to_pay_as_bid(week):
    lies = misreporting.measure(
        [PAY_AS_BID, VCG], week, orders=8, reports=9, coins=[0], generator=np.random.default_rng(1)
    )
    bids = lies[(lies["mechanism"] == PAY_AS_BID.name) & (lies["side"] == "bid")]
    assert (bids["honest"].abs() < 1e-9).all()
    assert set(lies["side"]) == {"bid", "ask"}


@given(gains)
def test_gini_and_jain__any_gains__stay_in_their_ranges(values):
    if values.sum() > 1e-9 and (values**2).sum() > 1e-9:
        assert -1e-9 <= study.gini(values) < 1
        assert 1 / len(values) - 1e-9 <= study.jain(values) <= 1 + 1e-9


def test_gini_and_jain__known_gains__have_the_textbook_values():
    assert study.gini(np.array([1.0, 1, 1, 1])) == pytest.approx(0)
    assert study.gini(np.array([0.0, 0, 0, 4])) == pytest.approx(0.75)
    assert study.gini(np.array([1.0, 3])) == pytest.approx(0.25)
    assert study.jain(np.array([2.0, 2, 2])) == pytest.approx(1)
    assert study.jain(np.array([0.0, 0, 5])) == pytest.approx(1 / 3)
    assert np.isnan(study.gini(np.zeros(3)))
    assert np.isnan(study.jain(np.zeros(3)))


def test_gas__every_contract__is_measured_in_full(result):
    steps = result.gas.groupby("mechanism")["step"].agg(set)
    assert set(steps.index) == {PAIR.name, POOLED.name, POSTED.name, BALANCING.name}
    assert all({"promise", "settle", "withdraw"} <= each for each in steps)
    assert (result.gas["energy_kwh"] > 0).all()


def test_gas__double_auction__trades_what_the_engine_does(result):
    orders = result.gas_book.in_wei(10**9, result.config.eur_per_ether)
    energy = result.gas.set_index("mechanism")["energy_kwh"][PAIR.name].iloc[0]
    assert energy == pytest.approx(double_auction.clear(*orders).quantity / 1_000)


def test_costs__gas_price__scales_the_euros(result):
    euros = result.costs.pivot_table(index="mechanism", columns="gwei", values="eur_per_kwh")
    np.testing.assert_allclose(euros[20], euros[1] * 20)
    used = result.costs.drop_duplicates("mechanism").set_index("mechanism")["gas_per_kwh"]
    np.testing.assert_allclose(euros[1], used[euros.index] * 1e-9 * result.config.eur_per_ether)


def test_representative__interval__is_one_in_which_every_contract_trades(result):
    assert all(play(mechanism, result.gas_book, [0]).bought > 0 for mechanism in mechanism_gas.MARKETS)


def test_representative__homes_that_never_trade__are_refused(week):
    with pytest.raises(ValueError, match="the first 1 homes never trade"):
        mechanism_gas.representative(week, 1)


def test_ranking__table__puts_the_efficient_first(result):
    table = mechanism_report.ranking(result)
    assert len(table) == len(MECHANISMS)
    assert table["welfare (% of optimum)"].iloc[0] == "100.0"
    assert table.set_index("mechanism").loc[VCG.name, "EUR/kWh at 1 gwei"] == ""


def test_price_numbers__both_panels__are_there(result):
    numbers = mechanism_report.price_numbers(result).set_index("panel")
    assert len(numbers.loc["week"]) == len(MECHANISMS)
    week = numbers.loc["week", list(mechanism_report.QUANTILES)].to_numpy()
    assert (np.diff(week, axis=1) >= 0).all()
    assert numbers.loc["days", "time"].nunique() == 2 * 48


@pytest.mark.parametrize("draw", DRAWINGS, ids=lambda draw: draw.__name__)
def test_draw__result__labels_every_panel(result, draw):
    figure = draw(result)
    assert isinstance(figure, Figure)
    assert all(axes.get_xlabel() for axes in figure.axes)
