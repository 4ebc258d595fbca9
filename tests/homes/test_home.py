import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem import data
from dem.homes import BatchedEnvironment, Battery, Home, bill_without_battery, look_ahead

REST = 2
SMALL = Battery(
    capacity_kwh=2.0, power_kw=1.5, charge_efficiency=0.9, discharge_efficiency=0.8, min_soc=0.1, max_soc=0.9
)


def random_powers(home, steps, seed=0):
    return np.random.default_rng(seed).uniform(-4, 4, (steps, home.batch_size))


def one_by_one(table, name, battery, powers):
    """The same physics and bill in plain Python, for one home, as an independent reference."""
    energy, bill, emissions = battery.capacity_kwh * battery.initial_soc, 0.0, 0.0
    for row, power in zip(table[table["home"] == name].itertuples(), powers, strict=False):
        flow = max(-battery.power_kw, min(battery.power_kw, power)) * 0.5
        flow = min(flow, (battery.max_soc * battery.capacity_kwh - energy) / battery.charge_efficiency)
        flow = max(flow, (battery.min_soc * battery.capacity_kwh - energy) * battery.discharge_efficiency)
        energy += flow * battery.charge_efficiency if flow > 0 else flow / battery.discharge_efficiency
        grid = row.load_kwh - row.pv_kwh + flow
        bill += grid * row.import_price if grid > 0 else grid * row.export_price
        emissions += max(grid, 0) * row.carbon_intensity
    return energy, bill, emissions


def test_step_power__random_powers__equal_the_plain_one_home_loop(table):
    batteries = {"home 0": SMALL, "home 1": Battery(), "home 2": Battery(power_kw=0.3)}
    home = Home(table, batteries)
    powers = random_powers(home, home.episode_steps)
    steps = [(home.step_power(power), home.settlement) for power in powers]
    for k, (name, battery) in enumerate(batteries.items()):
        energy, bill, emissions = one_by_one(table, name, battery, powers[:, k])
        assert home.energy_kwh[k] == pytest.approx(energy)
        assert sum(done.bill_eur[k] for _, done in steps) == pytest.approx(bill)
        assert sum(done.emissions_kg[k] for _, done in steps) == pytest.approx(emissions)
        assert -sum(step.reward[k] for step, _ in steps) == pytest.approx(bill)


@settings(max_examples=25, deadline=None)
@given(powers=st.lists(st.floats(-5, 5), min_size=1, max_size=60))
def test_step_power__any_powers__balances_meter_battery_load_and_pv(one_home, powers):
    home = Home(one_home, SMALL)
    for row, power in enumerate(powers):
        before = home.energy_kwh
        home.step_power(np.array([power]))
        done = home.settlement
        net_load = one_home["load_kwh"].iloc[row] - one_home["pv_kwh"].iloc[row]
        assert done.grid_kwh[0] == pytest.approx(net_load + done.battery_kwh[0])
        stored = np.where(done.battery_kwh > 0, done.battery_kwh * 0.9, done.battery_kwh / 0.8)
        assert home.energy_kwh - before == pytest.approx(stored, abs=1e-12)
        assert 0.1 <= home.soc[0] <= 0.9 + 1e-15


def test_step__resting__pays_the_bill_without_battery(table):
    home = Home(table)
    bill = sum(-home.step(np.full(3, REST)).reward for _ in range(home.episode_steps))
    expected = bill_without_battery(table)
    assert list(expected.index) == list(home.homes)
    assert bill == pytest.approx(expected.to_numpy())


def test_bill_without_battery__two_intervals__by_hand(one_home):
    rows = one_home.iloc[:2].assign(
        load_kwh=[1.0, 0.2], pv_kwh=[0.4, 0.5], import_price=[0.3, 0.4], export_price=[0.1, 0.2]
    )
    assert bill_without_battery(rows)["home 0"] == pytest.approx(0.6 * 0.3 - 0.3 * 0.2)


def test_step__no_capacity__pays_the_bill_without_battery_whatever_it_does(table):
    home = Home(table, Battery(capacity_kwh=0.0))
    powers = random_powers(home, home.episode_steps)
    bill = sum(-home.step_power(power).reward for power in powers)
    assert bill == pytest.approx(bill_without_battery(table).to_numpy())


def test_step__charging_and_discharging_at_one_price__loses_the_round_trip(one_home):
    flat = one_home.assign(load_kwh=0.0, pv_kwh=0.0, import_price=0.2, export_price=0.2)
    home = Home(flat, Battery(initial_soc=0.0, charge_efficiency=0.9, discharge_efficiency=0.8))
    charged = -home.step_power(np.array([1.0])).reward[0]
    earned = home.step_power(np.array([-1.0])).reward[0]
    assert charged == pytest.approx(0.5 * 0.2)
    assert earned == pytest.approx(charged * 0.9 * 0.8)


def test_reward__carbon_price__charges_imports_beside_the_bill(table):
    plain, taxed = Home(table), Home(table, carbon_price=0.1)
    for power in random_powers(plain, 50):
        step, taxed_step = plain.step_power(power), taxed.step_power(power)
        assert (taxed.settlement.bill_eur == plain.settlement.bill_eur).all()
        assert taxed_step.reward == pytest.approx(step.reward - 0.1 * plain.settlement.emissions_kg)


@pytest.mark.parametrize("actions", [3, 5, 11])
def test_step__discrete_level__equals_continuous_of_the_same_kw(table, actions):
    discrete, continuous = Home(table, SMALL, actions=actions), Home(table, SMALL)
    levels = 1.5 * np.linspace(-1, 1, actions)
    for action in np.random.default_rng(3).integers(0, actions, (80, 3)):
        step, same = discrete.step(action), continuous.step_power(levels[action])
        assert (step.reward == same.reward).all()
        assert (step.observation == same.observation).all()


def test_step__middle_action__rests(table):
    home = Home(table, actions=7)
    home.step(np.full(3, 3))
    assert (home.settlement.battery_kwh == 0).all()


def test_batch__copies_of_homes__equal_homes_stepped_one_by_one(table):
    together = Home(table, SMALL, copies=2)
    alone = [Home(table[table["home"] == name], SMALL) for name in together.homes * 2]
    for power in random_powers(together, 60):
        step = together.step_power(power)
        singles = [home.step_power(power[k : k + 1]) for k, home in enumerate(alone)]
        assert (step.observation == np.concatenate([single.observation for single in singles])).all()
        assert (step.reward == np.concatenate([single.reward for single in singles])).all()


def test_observation__names_and_scales__are_as_documented(table):
    battery = Battery(power_kw=2.0, initial_soc=0.25)
    home = Home(table, battery)
    for _ in range(13):
        home.step_power(np.zeros(3))
    seen = dict(zip(home.observation_names, home.observe()[1], strict=True))
    row = table[table["home"] == "home 1"].iloc[13]
    assert seen["soc"] == 0.25
    assert seen["load"] == pytest.approx(row["load_kwh"] / 0.5 / 2.0)
    assert seen["pv"] == pytest.approx(row["pv_kwh"] / 0.5 / 2.0)
    assert seen["import_price"] == pytest.approx(row["import_price"] / 0.2)
    assert seen["export_price"] == pytest.approx(row["export_price"] / 0.2)
    angle = 2 * np.pi * 6.5 / 24
    assert [seen["hour_sin"], seen["hour_cos"]] == pytest.approx([np.sin(angle), np.cos(angle)])
    angle = 2 * np.pi * row.name.weekday() / 7
    assert [seen["weekday_sin"], seen["weekday_cos"]] == pytest.approx([np.sin(angle), np.cos(angle)])


def test_observation__is_a_new_float32_array_each_time_within_its_bounds(table):
    home = Home(table, copies=3, episode_steps=48)
    low, high = home.observation_bounds
    first = home.observe()
    kept = first.copy()
    step = home.step(np.full(9, 4))
    assert first.dtype == step.observation.dtype == np.float32
    assert (first == kept).all()
    assert ((low <= step.observation) & (step.observation <= high)).all()


def test_features__look_ahead__shows_later_rows_and_repeats_the_last(table):
    features = look_ahead(table, "import_price", [1, 4], scale=0.2)
    home = Home(table, features=features)
    prices = data.wide(table, "import_price").to_numpy() / 0.2
    assert home.observation_names[-2:] == ("import_price+1", "import_price+4")
    for row in range(home.episode_steps):
        later = prices[[min(row + 1, len(prices) - 1), min(row + 4, len(prices) - 1)]].T
        assert home.observe()[:, -2:] == pytest.approx(later, rel=1e-6)
        home.step(np.full(3, REST))


def test_features__columns_in_another_order__belong_to_their_homes(table):
    feature = data.wide(table, "load_kwh")
    straight = Home(table, features={"x": feature})
    shuffled = Home(table, features={"x": feature[feature.columns[::-1]]})
    assert (straight.observe() == shuffled.observe()).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.iloc[1:], "feature 'x' must have the table's 192 times as its index"),
        (lambda frame: frame.drop(columns="home 1"), "feature 'x' must have the homes .* got .'home 0', 'home 2'"),
        (
            lambda frame: frame.replace(frame.iloc[3, 1], np.nan),
            r"feature 'x' of home 'home 1' at 2020-03-01 01:30:00\+00:00 must be finite, got nan",
        ),
        (lambda frame: frame.to_numpy(), r"feature 'x' must be a \(time × home\) frame, got ndarray"),
    ],
)
def test_features__that_do_not_fit__are_refused_by_name(table, change, message):
    with pytest.raises(ValueError, match=message):
        Home(table, features={"x": change(data.wide(table, "load_kwh"))})


def test_features__name_that_homes_observe_anyway__is_refused(table):
    with pytest.raises(ValueError, match="feature 'soc' must have a name of its own: homes observe soc, load"):
        Home(table, features={"soc": data.wide(table, "load_kwh")})


def test_look_ahead__step_backwards__is_refused(table):
    with pytest.raises(ValueError, match="steps must be positive, got 0"):
        look_ahead(table, "load_kwh", [1, 0])


def test_episode__end__truncates_once_and_then_asks_for_reset(table):
    home = Home(table, episode_steps=4)
    ends = [home.step(np.full(3, REST)).truncated.tolist() for _ in range(4)]
    assert ends == [[False] * 3] * 3 + [[True] * 3]
    with pytest.raises(RuntimeError, match=r"the episode of 4 steps is over: call reset\(\)"):
        home.step(np.full(3, REST))
    home.reset()
    assert not home.step(np.full(3, REST)).truncated.any()


def test_reset__starts__are_days_shared_by_the_homes_of_a_copy(table):
    home = Home(table, copies=40, episode_steps=48)
    starts = home.state()["time"].reshape(40, 3)
    assert (starts == starts[:, :1]).all()
    assert set(starts.ravel()) == {0, 48, 96, 144}
    assert (home.soc == 0.5).all()


def test_reset__same_seed__reproduces_the_episodes(table):
    first, second = Home(table, copies=5, episode_steps=48, seed=7), Home(table, copies=5, episode_steps=48, seed=8)
    episodes = [first.reset(seed=11), first.reset(), first.reset()]
    again = [second.reset(seed=11), second.reset(), second.reset()]
    assert all((one == other).all() for one, other in zip(episodes, again, strict=True))
    assert any((episodes[0] != later).any() for later in episodes[1:])


def test_load_state__in_mid_episode__continues_bit_identically_into_the_next(table):
    def play(home, powers):
        steps = []
        for power in powers:
            steps.append(home.step_power(power))
            if steps[-1].truncated[0]:
                home.reset()
        return steps

    home = Home(table, SMALL, copies=4, episode_steps=48)
    powers = random_powers(home, 120)
    play(home, powers[:30])
    saved = home.state()
    restored = Home(table, SMALL, copies=4, episode_steps=48, seed=1)
    restored.load_state(saved)
    for step, again in zip(play(home, powers[30:]), play(restored, powers[30:]), strict=True):
        assert (step.observation == again.observation).all()
        assert (step.reward == again.reward).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"energy_kwh": np.array([1.0, 9.0, 1.0])}, r"energy_kwh of home 1 must be in \[0\.0, 5\.0\], got 9"),
        ({"energy_kwh": np.full(3, np.nan)}, r"energy_kwh of home 0 must be in"),
        ({"energy_kwh": np.ones(2)}, r"state 'energy_kwh' must have shape \(3,\), got \(2,\)"),
        ({"time": np.full(3, 190)}, "state 'time' does not leave room"),
        ({"done_steps": np.array(50)}, r"state 'done_steps' must be in \[0, 48\], got 50"),
        ({"unknown": np.array(0)}, "state must hold"),
    ],
)
def test_load_state__that_does_not_fit__is_refused_and_changes_nothing(table, change, message):
    home = Home(table, episode_steps=48)
    before = home.state()
    with pytest.raises(ValueError, match=message):
        home.load_state(before | change)
    assert all((home.state()[name] == before[name]).all() for name in before)


@pytest.mark.parametrize(
    ("power", "message"),
    [
        ([0.0, np.nan, 0.0], "power_kw of home 1 must be finite, got nan"),
        ([0.0, 0.0, -np.inf], "power_kw of home 2 must be finite, got -inf"),
        ([0.0], r"power_kw must have shape \(3,\), one per home, got \(1,\)"),
    ],
)
def test_step_power__bad_power__is_refused_and_nothing_moves(table, power, message):
    home = Home(table)
    before = home.observe()
    with pytest.raises(ValueError, match=message):
        home.step_power(np.array(power))
    assert (home.observe() == before).all()


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ([0, 1, 5], r"action of home 2 must be in \[0, 5\), got 5"),
        ([0.0, 1.0, np.nan], r"action must be integers in \[0, 5\), got float64"),
        ([[0, 1, 2]], r"action must have shape \(3,\), one per home, got \(1, 3\)"),
    ],
)
def test_step__bad_action__is_refused_and_nothing_moves(table, action, message):
    home = Home(table)
    before = home.observe()
    with pytest.raises(ValueError, match=message):
        home.step(np.array(action))
    assert (home.observe() == before).all()


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"copies": 0}, "copies must be at least 1, got 0"),
        ({"episode_steps": 0}, r"episode_steps must be in \[1, 192\], got 0"),
        ({"episode_steps": 193}, r"episode_steps must be in \[1, 192\], got 193"),
        ({"actions": 4}, "actions must be odd and at least 3, got 4"),
        ({"actions": 1}, "actions must be odd and at least 3, got 1"),
        ({"carbon_price": -1.0}, "carbon_price must be at least 0, got -1"),
        ({"carbon_price": np.nan}, "carbon_price must be at least 0, got nan"),
        ({"battery": {"home 0": SMALL}}, "battery must name exactly the homes .* got .'home 0'"),
        ({"battery": 5.0}, "battery must be a Battery, or one per home by name, got 5.0"),
        ({"seed": -3}, "seed must be at least 0, got -3"),
    ],
)
def test_constructor__bad_argument__is_refused_by_name_and_value(table, argument, message):
    with pytest.raises(ValueError, match=message):
        Home(table, **argument)


def test_constructor__invalid_table__is_refused_by_the_data_room(table):
    with pytest.raises(data.DataError, match="load_kwh"):
        Home(table.assign(load_kwh=-1.0))
    with pytest.raises(data.DataError, match="sorted"):
        bill_without_battery(pd.concat([table[table["home"] == "home 2"], table[table["home"] == "home 1"]]))


def test_home__follows_the_protocol(table):
    assert isinstance(Home(table), BatchedEnvironment)


def test_drahix__household__lowers_its_bill_by_charging_in_the_sun(drahix):
    household = data.households(drahix, 1).loc["2017-05":"2017-08"]
    home = Home(household)
    surplus = (data.wide(household, "pv_kwh") - data.wide(household, "load_kwh")).to_numpy() / home.step_hours
    bill = sum(-home.step_power(power).reward[0] for power in surplus)
    without = bill_without_battery(household).iloc[0]
    assert 0.2 * without < bill < 0.95 * without
