import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem import data
from dem.agents import MPC, Agent, DoNothing, evaluate, optimum
from dem.agents.limit import Plan
from dem.homes import Battery, Home

MEASURES = {
    "bill_eur",
    "bill_without_eur",
    "bill_optimal_eur",
    "captured",
    "cycles",
    "self_consumption",
    "emissions_kg",
    "peak_kw",
}


@pytest.fixture(scope="module")
def optimal(one_week):
    return optimum(Home(one_week))


def test_evaluate__optimum_and_nothing__capture_one_and_zero(one_week, optimal):
    powers = optimal["battery_kwh"].to_numpy().reshape(2, -1).T / 0.5
    assert evaluate(Plan(powers), one_week, optimal=optimal)["captured"].to_numpy() == pytest.approx(1, abs=1e-6)
    nothing = evaluate(DoNothing(), one_week, optimal=optimal)
    assert set(nothing) == MEASURES
    assert nothing["captured"].to_numpy() == pytest.approx(0)
    assert (nothing["cycles"] == 0).all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), drain=st.floats(-1, 1))
def test_evaluate__any_powers__never_beat_the_optimum(one_week, optimal, seed, drain):
    powers = np.random.default_rng(seed).normal(drain, 1.0, (336, 2))
    assert (evaluate(Plan(powers), one_week, optimal=optimal)["captured"] <= 1 + 1e-6).all()


def test_evaluate__without_optimum__computes_it(one_week, optimal):
    pd.testing.assert_frame_equal(evaluate(DoNothing(), one_week), evaluate(DoNothing(), one_week, optimal=optimal))


def test_evaluate__no_battery__captured_is_not_a_number(one_week):
    measured = evaluate(DoNothing(), one_week, Battery(capacity_kwh=0.0))
    assert measured["captured"].isna().all()
    assert (measured["cycles"] == 0).all()


def test_evaluate__start__only_judges_what_follows(neighbourhood, foresight):
    agent = MPC(foresight, Battery())
    assert isinstance(agent, Agent)
    judged = neighbourhood[neighbourhood.index >= "2023-05-08"]
    measured = evaluate(agent, neighbourhood, start="2023-05-08")
    np.testing.assert_allclose(measured["bill_without_eur"], evaluate(DoNothing(), judged)["bill_without_eur"])
    assert (measured["captured"] > 0.8).all()


def test_evaluate__start_after_the_end__refused(one_week):
    with pytest.raises(ValueError, match="start leaves fewer than two intervals"):
        evaluate(DoNothing(), one_week, start="2024-01-01")


@pytest.mark.parametrize("part", [lambda t: t[t.index < "2023-04-05"], lambda t: t[t["home"] == "home_001"]])
def test_evaluate__optimum_of_something_else__refused(one_week, optimal, part):
    with pytest.raises(ValueError, match=r"optimal must be of home_001.* it is of home_001, home_002 from 2023-04-03"):
        evaluate(DoNothing(), part(one_week), optimal=optimal)


def test_mpc__batteries_of_other_homes__refused(one_week, foresight):
    with pytest.raises(ValueError, match=r"battery must name exactly the homes .* got .'home_001'"):
        MPC(foresight, {"home_001": Battery()}).features(one_week)


def test_evaluate__power_not_finite__names_the_home(one_week, optimal):
    powers = np.zeros((336, 2))
    powers[7, 1] = np.nan
    with pytest.raises(ValueError, match="power_kw of home 1 must be finite, got nan"):
        evaluate(Plan(powers), one_week, optimal=optimal)


def test_evaluate__tariff_with_nan__refused():
    broken = data.Tariff("broken", lambda local: np.where(local.hour == 3, np.nan, 0.1))
    with pytest.raises(data.DataError, match=r"import_price.: the value is missing"):
        evaluate(DoNothing(), data.load("synthetic", homes=1, start="2023-01-02", end="2023-01-04", tariff=broken))
