import itertools

import numpy as np
import pandas as pd
import pytest

from dem.grid import Feeder, GridError, Limits, feasibility, feasible
from dem.grid.schedule import injections, value
from dem.grid.sensitivity import solve_at

HOURS = 1 / 12
PLACES = [
    ("634", "A"),
    ("646", "B"),
    ("652", "A"),
    ("671", "C"),
    ("675", "A"),
    ("675", "C"),
    ("611", "C"),
    ("692", "B"),
]
HOMES = pd.DataFrame([(f"home {k}", *place) for k, place in enumerate(PLACES)], columns=["home", "bus", "phase"])


@pytest.fixture
def street():
    """The feeder at 60 % load with lower taps: every voltage inside 0.95–1.05."""
    feeder = Feeder.ieee13(HOMES)
    feeder.taps, feeder.load_scale = [5, 3, 6], 0.6
    return feeder


def trades(*rows):
    frame = pd.DataFrame(rows, columns=["seller", "buyer", "energy_kwh", "bid", "ask"])
    return frame.assign(seller="home " + frame["seller"].astype(str), buyer="home " + frame["buyer"].astype(str))


def random_trades(seed, most_kwh):
    generator = np.random.default_rng(seed)
    half = len(PLACES) // 2
    return trades(
        *(
            (
                generator.integers(half),
                half + generator.integers(half),
                generator.uniform(most_kwh / 10, most_kwh),
                generator.uniform(0.15, 0.3),
                generator.uniform(0.0, 0.15),
            )
            for _ in range(12)
        )
    )


def voltages_after(feeder, schedule):
    kw = feeder.power_kw + injections(schedule, feeder.homes, HOURS)
    point = solve_at(feeder, kw, "carried")
    feeder.set_power(feeder.power_kw - injections(schedule, feeder.homes, HOURS))
    return point


def test_feasible__light_trading__carries_everything(street):
    schedule = random_trades(0, 0.5)
    result = feasible(street, schedule, HOURS)
    assert result.broken.empty
    assert result.lost_eur == pytest.approx(0)
    pd.testing.assert_frame_equal(result.trades, schedule, check_dtype=False)


def test_feasible__nothing_to_trade__carries_nothing(street):
    result = feasible(street, trades().astype({"energy_kwh": float, "bid": float, "ask": float}), HOURS)
    assert result.trades.empty
    assert result.value_eur == 0


@pytest.mark.parametrize("method", ["curtail", "redispatch"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_feasible__heavy_trading__a_power_flow_confirms_what_is_left(street, method, seed):
    schedule = random_trades(seed, 25.0)
    result = feasible(street, schedule, HOURS, method=method)
    assert not result.broken.empty
    assert 0 < result.value_eur < value(schedule)
    assert result.value_eur + result.lost_eur == pytest.approx(value(schedule))
    assert result.supplied.sum() == pytest.approx(result.delivered.sum())
    assert result.trades["energy_kwh"].sum() == pytest.approx(result.delivered.sum())
    assert value(result.trades) == pytest.approx(result.value_eur)
    street.solve()
    before = street.loading().to_numpy()
    after = voltages_after(street, result.trades)
    assert after.voltage.min() >= 0.95 - 1e-4
    assert after.voltage.max() <= 1.05 + 1e-4
    assert (after.loading <= np.maximum(1, before) + 1e-3).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_feasible__redispatch__never_loses_more_than_curtailment(street, seed):
    schedule = random_trades(seed, 25.0)
    curtailed, redispatched = (feasible(street, schedule, HOURS, method=way) for way in ("curtail", "redispatch"))
    assert redispatched.lost_eur <= curtailed.lost_eur + 0.01


def test_feasible__two_trades__as_good_as_trying_all_shares(street):
    schedule = trades((0, 5, 30.0, 0.30, 0.10), (2, 6, 30.0, 0.25, 0.10))
    result = feasible(street, schedule, HOURS)
    street.solve()
    before = street.loading().to_numpy()
    best = 0.0
    for shares in itertools.product(np.linspace(0, 1, 21), repeat=2):
        carried = schedule.assign(energy_kwh=schedule["energy_kwh"] * shares)
        after = voltages_after(street, carried)
        inside = after.voltage.min() >= 0.95 and after.voltage.max() <= 1.05
        if inside and (after.loading <= np.maximum(1, before)).all():
            best = max(best, value(carried))
    assert best <= result.value_eur + 1e-3
    assert result.value_eur <= best * 1.1


def test_feasible__beyond_any_solution__says_collapse_and_still_carries_some(street):
    result = feasible(street, trades((0, 5, 2000.0, 0.3, 0.1)), HOURS)
    assert result.broken["kind"].tolist() == ["collapse"]
    assert 0 < result.delivered[0] < 2000


def test_feasible__limit_broken_without_trades__trades_may_not_make_it_worse(street):
    street.taps = [10, 8, 11]
    street.solve()
    before = np.abs(street.voltage_pu())
    assert before.max() > 1.05
    result = feasible(street, trades((5, 0, 10.0, 0.3, 0.1)), HOURS)
    after = voltages_after(street, result.trades)
    assert (after.voltage <= np.maximum(1.05, before) + 1e-4).all()


def test_feasible__afterwards__the_feeder_stands_as_before(street):
    street.set_power({"home 0": 12.0})
    feasible(street, random_trades(1, 25.0), HOURS)
    assert street.power_kw.tolist() == [12.0] + [0.0] * (len(PLACES) - 1)
    street.voltages()


def test_feasible__wider_limits__carry_more(street):
    schedule = random_trades(2, 25.0)
    narrow = feasible(street, schedule, HOURS)
    wide = feasible(street, schedule, HOURS, limits=Limits(0.9, 1.1, 1.5))
    assert wide.value_eur > narrow.value_eur


@pytest.mark.parametrize(
    ("column", "entry", "reason"),
    [
        ("seller", "nobody", "row 1: seller = nobody is no home"),
        ("energy_kwh", np.nan, "row 1: energy_kwh = nan is not a finite number"),
        ("energy_kwh", "much", "row 1: energy_kwh = much is not a finite number"),
        ("energy_kwh", -1.0, "row 1: energy_kwh = -1.0 is negative"),
        ("bid", 0.0, "row 1: bid = 0.0 is below the ask"),
    ],
)
def test_feasible__bad_schedule__names_row_and_column(street, column, entry, reason):
    schedule = trades((0, 1, 1.0, 0.2, 0.1), (2, 3, 1.0, 0.2, 0.1))
    schedule[column] = [schedule[column][0], entry]
    with pytest.raises(GridError, match=reason):
        feasible(street, schedule, HOURS)


def test_feasible__column_missing_or_unknown_method__refused(street):
    with pytest.raises(GridError, match="'ask' is missing"):
        feasible(street, trades((0, 1, 1.0, 0.2, 0.1)).drop(columns="ask"), HOURS)
    with pytest.raises(ValueError, match="curtail, redispatch"):
        feasible(street, trades((0, 1, 1.0, 0.2, 0.1)), HOURS, method="pray")


def test_feasible__interval_without_length__refused(street):
    with pytest.raises(ValueError, match="step_hours must be positive, got 0"):
        feasible(street, trades((0, 1, 1.0, 0.2, 0.1)), 0)


@pytest.mark.parametrize(("limits", "name"), [((1.05, 0.95), "low_pu"), ((0.95, 1.05, 0.0), "loading")])
def test_limits__nothing_allowed__refused(limits, name):
    with pytest.raises(GridError, match=f"{name} must be"):
        Limits(*limits)


def test_pair__energies_that_differ_by_rounding__no_trade_is_made_of_it():
    trades = pd.DataFrame(
        {"seller": ["a", "b"], "buyer": ["c", "d"], "energy_kwh": [5.0, 5.0], "bid": [0.3, 0.2], "ask": [0.1, 0.1]}
    )
    carried = feasibility._pair(trades, np.array([4.0, 3.0 + 1e-8]), np.array([4.0, 3.0]))
    assert carried["energy_kwh"].tolist() == [4.0, 3.0]
