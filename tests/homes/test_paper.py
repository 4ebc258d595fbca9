"""The paper's environment, one test per quirk, numbered as in the class's docstring."""

import numpy as np
import pytest

from dem.homes import BatchedEnvironment, PaperHome
from dem.homes.paper import BUY, CHARGE, CHARGE_AND_SELL, DISCHARGE, SELL, sell_price


def one_row(pv=0.0, consumption=0.0, market=0.0, hour=0, batch=1):
    """Every member of the batch reads the same single row for ever."""
    return PaperHome(np.array([[[pv, consumption, market]]]), np.array([hour]), np.zeros(batch, dtype=int))


def after(action, battery=0.0, **row):
    """Reward and battery after one action from a battery level."""
    home = one_row(**row)
    home.load_state({"battery": np.array([battery]), "row": np.array(0)})
    step = home.step(np.array([action]))
    return step.reward[0], step.observation[0, 0]


def test_quirk_1__mixed_units__pv_in_wh_consumption_in_kwh_price_in_eur_per_mwh_over_100(one_home):
    home = PaperHome.from_table(one_home, houses=1)
    row = one_home.iloc[20]
    for _ in range(20):
        home.step(np.array([SELL]))
    assert home.observe()[0, 1:3] == pytest.approx([1000 * row["pv_kwh"], row["load_kwh"]])
    home = one_row(consumption=1.0, market=row["wholesale_price"] * 1000 / 100)
    assert home.step(np.array([BUY])).reward[0] == pytest.approx(-24 * row["wholesale_price"] * 10)


@pytest.mark.parametrize(
    ("action", "factor"), [(CHARGE, 12), (CHARGE_AND_SELL, 6), (DISCHARGE, 2), (SELL, 0), (BUY, 0)]
)
def test_quirk_2__surplus_multiplied__by_12_6_2_0_0(action, factor):
    assert after(action, battery=0.5, pv=0.11, consumption=0.01)[1] == pytest.approx(0.5 + factor * 0.1)


def test_quirk_2__discharging_in_the_sun__charges():
    assert after(DISCHARGE, battery=1.0, pv=0.2)[1] == pytest.approx(1.4)


@pytest.mark.parametrize(("surplus", "level"), [(50.0, 2.0), (-50.0, 0.0)])
def test_quirk_3__clipping__makes_energy_vanish_and_appear(surplus, level):
    assert after(CHARGE, battery=1.0, pv=max(surplus, 0), consumption=max(-surplus, 0))[1] == level


@pytest.mark.parametrize(
    ("action", "row", "reward"),
    [
        (CHARGE, {"pv": 1.0}, -24 * (12 - 2)),
        (CHARGE, {"pv": 0.1}, 0.0),
        (CHARGE_AND_SELL, {"pv": 1.0, "hour": 10}, -6 * sell_price(10) * (6 - 2)),
        (DISCHARGE, {"consumption": 1.0}, -40 * (0.2 + 2)),
        (SELL, {"pv": 1.0, "hour": 10}, -6 * sell_price(10)),
        (BUY, {"consumption": 1.5, "market": 0.4}, -24 * 0.4 * 1.5),
        (BUY, {"pv": 1.5, "market": 0.4}, 0.0),
    ],
)
def test_quirk_4__rewards_are_penalties__by_action(action, row, reward):
    assert after(action, **row)[0] == pytest.approx(reward)


def test_quirk_4__no_action__earns_anything_at_positive_prices(table):
    home = PaperHome.from_table(table.assign(wholesale_price=0.05), copies=50)
    generator = np.random.default_rng(1)
    assert max(home.step(generator.integers(0, 5, home.batch_size)).reward.max() for _ in range(90)) <= 0


def test_quirk_5__selling_has_the_wrong_sign__more_surplus_is_worse():
    rewards = [after(SELL, pv=pv, hour=9)[0] for pv in (1.0, 2.0, 4.0)]
    assert rewards[0] > rewards[1] > rewards[2]
    assert rewards[2] == pytest.approx(4 * rewards[0])


def test_quirk_6__discharge_below_a_tenth_of_capacity__is_penalised_not_prevented():
    assert after(DISCHARGE, battery=0.3, consumption=0.04) == (0.0, pytest.approx(0.22))
    reward, battery = after(DISCHARGE, battery=0.3, consumption=0.1)
    assert reward == pytest.approx(-40 * 0.1)
    assert battery == pytest.approx(0.1)


def test_quirk_7__sell_price__comes_from_the_clock():
    assert sell_price(14) == 0
    assert sell_price(13) == pytest.approx(0.3e-3 * (1 - np.exp(-1 / 5)))
    assert sell_price(np.arange(24)).max() <= 3e-4


def test_quirk_8__reset__moves_neither_row_nor_battery(table):
    home = PaperHome.from_table(table)
    first = home.reset()
    for _ in range(3):
        last = home.step(np.full(2, DISCHARGE)).observation
    again = home.reset(seed=1)
    assert (again == last).all()
    assert (again[:, 2] != first[:, 2]).all()


def test_quirk_8__end_of_the_series__wraps_to_the_first_row(table):
    home = PaperHome.from_table(table)
    first = home.reset()
    for _ in range(len(table) // 3 // 2):
        last = home.step(np.full(2, SELL)).observation
    assert (last == first).all()


def test_quirk_9__no_step__is_ever_done(table):
    home = PaperHome.from_table(table)
    for _ in range(300):
        step = home.step(np.full(2, BUY))
        assert not step.terminated.any()
        assert not step.truncated.any()


def test_quirk_10__houses__read_alternate_rows(one_home):
    home = PaperHome.from_table(one_home, houses=3, copies=2)
    load = one_home["load_kwh"].to_numpy(np.float32)
    hour = one_home.index.hour.to_numpy()
    for row in range(0, 30, 3):
        seen = home.observe()
        expected = [row, row + 1, row + 2] * 2
        assert (seen[:, 2] == load[expected]).all()
        assert (seen[:, 3] == hour[expected]).all()
        home.step(np.full(6, SELL))


def test_quirk_11__market_price__is_hidden():
    observations = [one_row(consumption=1.0, market=market).observe() for market in (0.1, 5.0)]
    assert (observations[0] == observations[1]).all()


def test_from_table__several_homes__are_one_building_with_one_panel(table):
    home = PaperHome.from_table(table, houses=1)
    seen = []
    for _ in range(48):
        seen.append(home.observe()[0])
        home.step(np.array([SELL]))
    seen = np.array(seen)
    load = table.groupby(level="time")["load_kwh"].sum().to_numpy()
    pv = table.groupby(level="time")["pv_kwh"].mean().to_numpy()
    assert seen[:, 2] == pytest.approx(load[:48], rel=1e-6)
    assert seen[:, 1].max() == pytest.approx(125)
    assert seen[:, 1] == pytest.approx(125 * pv[:48] / pv.max(), rel=1e-6)


def test_from_table__hourly_steps__give_the_panel_twice_the_energy(make_table):
    home = PaperHome.from_table(make_table(freq="1h"), houses=1)
    assert max(home.step(np.array([SELL])).observation[0, 1] for _ in range(24)) == pytest.approx(250)


def test_batch__copies__equal_houses_stepped_one_by_one(one_home):
    together = PaperHome.from_table(one_home, houses=2, copies=3)
    alone = [PaperHome.from_table(one_home, houses=2) for _ in range(3)]
    actions = np.random.default_rng(5).integers(0, 5, (60, 6))
    for action in actions:
        step = together.step(action)
        singles = [home.step(part) for home, part in zip(alone, action.reshape(3, 2), strict=True)]
        assert (step.observation == np.concatenate([single.observation for single in singles])).all()
        assert (step.reward == np.concatenate([single.reward for single in singles])).all()


def test_load_state__after_more_steps__continues_bit_identically(table):
    home = PaperHome.from_table(table, copies=4)
    actions = np.random.default_rng(2).integers(0, 5, (40, 8))
    for action in actions[:20]:
        home.step(action)
    saved = home.state()
    first = [home.step(action) for action in actions[20:]]
    restored = PaperHome.from_table(table, copies=4)
    restored.load_state(saved)
    for step, action in zip(first, actions[20:], strict=True):
        again = restored.step(action)
        assert (again.observation == step.observation).all()
        assert (again.reward == step.reward).all()


def test_load_state__wrong_shape__is_refused_and_changes_nothing(table):
    home = PaperHome.from_table(table)
    before = home.state()
    with pytest.raises(ValueError, match=r"state 'battery' must have shape \(2,\), got \(3,\)"):
        home.load_state({"battery": np.ones(3), "row": np.array(1)})
    with pytest.raises(ValueError, match=r"state 'row' must be in \[0, 96\), got 96"):
        home.load_state({"battery": np.ones(2), "row": np.array(96)})
    assert all((home.state()[name] == before[name]).all() for name in before)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ([0, 5], r"action of home 1 must be in \[0, 5\), got 5"),
        ([-1, 0], r"action of home 0 must be in \[0, 5\), got -1"),
        ([0.0, np.nan], r"action must be integers"),
        ([0], r"action must have shape \(2,\)"),
    ],
)
def test_step__bad_action__is_refused_and_nothing_moves(table, action, message):
    home = PaperHome.from_table(table)
    with pytest.raises(ValueError, match=message):
        home.step(np.array(action))
    assert home.state()["row"] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"series": np.zeros((2, 3))}, r"series must have shape \(houses, rows, 3\), got \(2, 3\)"),
        ({"series": np.full((1, 2, 3), np.nan)}, r"series\[0, 0, 0\] must be finite, got nan"),
        ({"hour": np.zeros(5)}, r"hour must have shape"),
        ({"hour": np.array([0, 24])}, r"hour must be in \[0, 24\), got 24"),
        ({"house": np.array([0, 1])}, r"house must be in \[0, 1\)"),
        ({"house": np.array([0.0])}, r"house must be a non-empty vector of integers"),
        ({"capacity": 0.0}, r"capacity must be positive, got 0"),
    ],
)
def test_constructor__bad_argument__is_refused_by_name(change, message):
    arguments = {"series": np.zeros((1, 2, 3)), "hour": np.zeros(2), "house": np.array([0])} | change
    with pytest.raises(ValueError, match=message):
        PaperHome(**arguments)


@pytest.mark.parametrize("name", ["houses", "copies"])
def test_from_table__no_houses_or_copies__is_refused(table, name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        PaperHome.from_table(table, **{name: 0})


def test_paper_home__follows_the_protocol(table):
    assert isinstance(PaperHome.from_table(table), BatchedEnvironment)


def test_drahix__first_rows__are_the_papers_numbers(drahix):
    seen = PaperHome.from_table(drahix).observe()
    assert seen == pytest.approx(np.array([[0, 0, 4.788667, 0], [0, 0, 4.58, 0]]), abs=1e-5)


def test_drahix__a_year__peaks_at_one_panel(drahix):
    home = PaperHome.from_table(drahix.loc["2017"], houses=1)
    most = max(home.step(np.array([SELL])).observation[0, 1] for _ in range(365 * 48))
    assert 110 < most < 125
