import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from dem import data, paths
from dem.grid import Feeder
from dem.grid.feeder import streets
from dem.studies import feeder_trades, trading_days
from dem.studies import feeder_voltage as study
from dem.studies import voltage_contest as contest
from dem.studies.trading_days import INTENSITIES, STEPS, trading_day


@pytest.fixture(scope="module")
def table():
    return data.load(start="2023-04-01", end="2023-04-20")


@pytest.fixture(scope="module")
def feeder():
    return Feeder.ieee13(streets())


@pytest.fixture(scope="module")
def day(table):
    return trading_day(table, "heavy", 3)


@pytest.fixture(scope="module")
def played(feeder, day):
    return contest.play(feeder, day, lambda observation: 0)


def test_trading_day__same_seed__same_day(table, day):
    again = trading_day(table, "heavy", 3)
    assert (again.actual.home_kw == day.actual.home_kw).all()
    assert not (trading_day(table, "heavy", 4).actual.home_kw == day.actual.home_kw).all()


def test_trading_day__intensities__differ_in_trades_alone(table, day):
    mild = trading_day(table, "mild", 3)
    assert (mild.own_kw == day.own_kw).all()
    ratio = INTENSITIES["heavy"] / INTENSITIES["mild"]
    assert day.traded_kwh == pytest.approx(ratio * mild.traded_kwh)


def test_trading_day__trades__what_is_sold_is_bought(day):
    traded = day.expected.home_kw - day.own_kw
    assert traded.shape == (STEPS, len(streets()))
    assert traded.sum(axis=1) == pytest.approx(np.zeros(STEPS), abs=1e-9)
    assert np.abs(traded).max() <= INTENSITIES["heavy"] + 1e-9


def test_trading_day__forecast__is_near_what_comes(day):
    error = day.actual.home_kw - day.expected.home_kw
    assert 0 < np.abs(error).mean() < 0.2 * np.abs(day.own_kw).mean()


def test_trading_day__one_home_alone__fills_every_street(table):
    alone = table[table["home"] == table["home"].iloc[0]]
    lonely = trading_day(alone, "mild", 0)
    assert len({tuple(column) for column in lonely.own_kw.T}) > 1


@pytest.mark.parametrize("name", ["drahix", "citylearn_2022_phase_1"])
def test_trading_day__other_sources__fill_every_street(name):
    folder = paths.ROOT.parent / "shared" / "data" / name
    if not folder.exists():
        pytest.skip(f"the data is not at {folder}")
    day = trading_day(data.load(folder), "mild", 0)
    assert day.actual.home_kw.shape == (STEPS, len(streets()))
    assert len({tuple(column) for column in day.own_kw.T}) == len(streets())


def test_play__heavy_day__the_twin_is_between_baseline_and_limit(played):
    scores = contest.score(played).set_index("controller")
    assert list(scores.index) == list(contest.CONTROLLERS)
    assert scores.at[contest.TWIN, "avoidable"] == 0
    assert scores.at[contest.FORESIGHT, "operations"] <= scores.at[contest.TWIN, "operations"]
    assert scores.at[contest.TWIN, "operations"] < scores.at[contest.EXHAUSTIVE, "operations"]
    assert scores.at[contest.NO_CONTROL, "operations"] == scores.at[contest.LEARNED, "operations"] == 0


def test_carry__heavy_day__cuts_where_limits_break_and_nowhere_else(feeder, day):
    morning = trading_days.TradingDay(day.expected, day.actual, day.own_kw, day.schedules[:12])
    carried = feeder_trades.carry(feeder, morning)
    assert ((carried["curtailed_kwh"] > 1e-6) == (carried["limits"] > 0)).all()
    assert (carried["lost_eur_redispatch"] <= carried["lost_eur"] + 1e-3).all()
    assert "market intervals" in feeder_trades.words(carried)
    plt.close(feeder_trades.draw(carried))


def test_validate__published_solution__inside_the_goals():
    validation, losses = study.validate()
    assert len(validation) == 35
    assert validation["error_pu"].abs().max() <= study.GOAL_PU
    assert losses == pytest.approx(study.PUBLISHED_LOSSES_KW, abs=0.5)


def test_run__one_intensity__plays_every_day_under_every_controller(monkeypatch):
    heavy = {"heavy": INTENSITIES["heavy"]}
    monkeypatch.setattr(study, "INTENSITIES", heavy)
    monkeypatch.setattr(contest, "INTENSITIES", heavy)
    monkeypatch.setattr(study, "carry", lambda feeder, day: pd.DataFrame({"hour": [0.0]}))
    config = study.Config(days=2, training_steps=20)
    result = study.run(config)
    assert result.scores.groupby("day")["controller"].agg(list).tolist() == [list(config.controllers)] * 2
    assert set(result.operations) == set(config.controllers)
    assert (result.day.own_kw == trading_day(data.load(seed=config.seed), "heavy", config.seed).own_kw).all()
    assert (result.numbers["days"] == 2).all()


def test_figures_and_words__any_result__are_drawn_and_computed(feeder, day, played):
    scores = pd.concat(
        [contest.score(played).assign(intensity=intensity, day=k) for intensity in INTENSITIES for k in range(2)]
    )
    validation, losses = study.validate()
    result = study.Result(
        validation,
        losses,
        scores,
        study.summary(scores),
        day,
        played,
        feeder.nodes,
        pd.DataFrame(),
        study.course(played),
    )
    for draw in (study.draw_validation, study.draw_states, study.draw_day, study.draw_controllers):
        plt.close(draw(result))
    assert "inside" in study.validation_words(result)
    assert "line-drop" in study.verdict(result)
    assert len(study.score_table(result)) == len(contest.CONTROLLERS)
    assert set(study.state_numbers(result)["controller"]) == set(study.DRAWN)
