import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dem import data, paths
from dem.federated import houses
from dem.homes import PaperHome


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 100))
def test_split_weeks__any_counts__are_apart_and_within_the_data(training, trial, spare):
    weeks = training + trial + spare
    learned, tried = houses.split_weeks(weeks, training, trial)
    assert len(set(learned)) == training
    assert len(set(tried)) == trial
    assert not set(learned) & set(tried)
    assert set(learned) | set(tried) <= set(range(weeks))


def test_split_weeks__too_little_data__is_refused_with_the_counts():
    with pytest.raises(ValueError, match="4 training and 4 trial weeks need more than the 7 whole weeks"):
        houses.split_weeks(7, 4, 4)


def test_tables__training_and_trial__keep_weekday_and_hour_and_share_no_week(tiny):
    config = tiny(environment="home")
    learned, tried = houses.training_table(config, 1), houses.trial_table(config, 1)
    assert data.home_names(learned) == data.home_names(tried) == data.home_names(data.load())[1:2]
    assert len(learned) == len(tried) == 4 * 7 * 48
    original = data.load(tariff="time_of_use", seed=config.data_seed)
    original = original[original["home"] == data.home_names(original)[1]]
    first_week, last_week = tried["load_kwh"].to_numpy()[: 7 * 48], tried["load_kwh"].to_numpy()[-7 * 48 :]
    for week in (first_week, last_week):
        start = find(original["load_kwh"].to_numpy(), week)
        assert original.index[start].hour == original.index[start].minute == 0
        assert original.index[start].weekday() == tried.index[0].weekday()
        assert find(learned["load_kwh"].to_numpy(), week) is None


def find(series, piece):
    windows = np.lib.stride_tricks.sliding_window_view(series, len(piece))[::48]
    rows = np.flatnonzero((windows == piece).all(axis=1))
    return int(rows[0]) * 48 if len(rows) else None


def test_one_house__of_a_batch__steps_as_in_the_whole():
    table = data.load(homes=2, end="2023-02-01")
    whole, part = PaperHome.from_table(table, 3, copies=2), PaperHome.from_table(table, 3, copies=2)
    house = houses.OneHouse(part, house=1, houses=3)
    assert house.batch_size == 2
    np.testing.assert_array_equal(house.reset(), whole.reset()[[1, 4]])
    for action in range(5):
        mine = house.step(np.full(2, action))
        all_of_them = whole.step(np.full(6, action))
        np.testing.assert_array_equal(mine.observation, all_of_them.observation[[1, 4]])
        np.testing.assert_array_equal(mine.reward, all_of_them.reward[[1, 4]])
    np.testing.assert_array_equal(house.observe(), mine.observation)


def test_environment__asked_twice__gives_two_that_do_not_touch(tiny):
    config = tiny(environment="home")
    first, second = houses.environment(config, 0), houses.environment(config, 0)
    first.step(np.zeros(2, dtype=int))
    assert int(second.state()["done_steps"]) == 0


@pytest.mark.parametrize("environment", ["paper", "home"])
@pytest.mark.parametrize("folder", ["drahix", "citylearn_2022_phase_1"])
def test_environment__real_data__steps(tiny, folder, environment):
    source = data_folder(folder)
    config = tiny(environment=environment, data=str(source))
    for house in range(2):
        home = houses.environment(config, house)
        home.reset()
        assert np.isfinite(home.step(np.full(2, 4)).reward).all()


def data_folder(name):
    folder = paths.ROOT.parent / "shared" / "data" / name
    if not folder.exists():
        pytest.skip(f"no real data in {folder}")
    return folder
