import contextlib
import functools
import sqlite3
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from dem.agents import value_iteration
from dem.market import Clearing
from dem.market.orders import side
from dem.vpp import JournalError, Plant
from dem.vpp.config import Agent
from dem.vpp.market import MECHANISMS

STEPS = 6


def steps(plant, count=STEPS):
    for _ in range(count):
        plant.step()
    return plant.events()


def test_run__a_day__every_interval_once_and_progress_told(small):
    told = []
    with Plant(small()) as plant:
        events = plant.run(1, progress=lambda done, total: told.append((done, total)))
        assert plant.done == plant.homes.per_day == len(events)
        with pytest.raises(RuntimeError, match="all happened"):
            plant.step()
    assert told[-1] == (len(events), len(events))
    assert len(told) == len(events)
    assert events["traded_kwh"].sum() > 0
    assert (events["metered_kwh"] - events["expected_kwh"] - events["deviation_kwh"]).abs().max() < 1e-9


def test_home_events__of_all_intervals__add_up_to_the_events(small):
    with Plant(small()) as plant:
        events = steps(plant)
        homes = plant.home_events()
        of_one = plant.home_events(2)
    metered = homes.groupby("number")["metered_wh"].sum() / 1_000
    np.testing.assert_allclose(metered, events["metered_kwh"])
    np.testing.assert_allclose(-homes.groupby("number")["cash"].sum() / 1e8, events["cost_eur"])
    pd.testing.assert_frame_equal(of_one, homes[homes["number"] == 2])


@pytest.mark.parametrize("changes", [{}, {"agent": "planning", "peak_limit": 0.4, "carbon_price": 0.5}])
def test_plant__opened_again__goes_on_as_if_it_had_never_stopped(small, tmp_path, changes):
    with Plant(small(journal=tmp_path / "whole.sqlite", **changes)) as plant:
        whole = steps(plant, 2 * STEPS)
    with Plant(small(**changes)) as plant:
        steps(plant)
    with Plant(small(**changes)) as plant:
        assert plant.done == STEPS
        pd.testing.assert_frame_equal(steps(plant), whole)


def test_plant__journal_of_another__names_the_setting(small):
    with Plant(small()):
        pass
    with pytest.raises(JournalError, match="mechanism is 'double_auction' there and 'vcg' here"):
        Plant(small(mechanism="vcg"))


def test_plant__like_another__uses_its_homes_and_goes_the_same_way(small):
    with Plant(small()) as one, Plant(small(journal=None), like=one) as other:
        assert other.source is one.source
        pd.testing.assert_frame_equal(steps(other), steps(one))


def test_plant__like_one_of_other_homes__names_the_setting(small):
    with Plant(small()) as one, pytest.raises(ValueError, match="seed is 7 here and 2023 in the plant"):
        Plant(small(seed=7, journal=None), like=one)


def test_plant__journal_of_before_a_setting_was_there__names_the_setting(small):
    with Plant(small()):
        pass
    with contextlib.closing(sqlite3.connect(small().journal, isolation_level=None)) as database:
        database.execute("UPDATE plant SET identity = json_remove(identity, '$.retail')")
    with pytest.raises(JournalError, match="retail is None there and 'source' here"):
        Plant(small())


def test_plant__journal_open_elsewhere__is_refused(small):
    with Plant(small()), pytest.raises(JournalError, match="locked"):
        Plant(small())


def test_plant__file_that_is_no_journal__is_refused_and_left_alone(small):
    config = small()
    config.journal.write_text("home,load_kwh\n" * 200)
    with pytest.raises(JournalError, match=r"journal\.sqlite"):
        Plant(config)
    assert config.journal.read_text().startswith("home,load_kwh")


def test_plant__folder_as_journal__is_refused(small, tmp_path):
    with pytest.raises(JournalError, match="unable to open"):
        Plant(small(journal=tmp_path))


def test_plant__database_of_something_else__is_refused_and_left_alone(small):
    config = small()
    with contextlib.closing(sqlite3.connect(config.journal)) as database:
        database.execute("CREATE TABLE homes (name TEXT)")
    before = config.journal.read_bytes()
    with pytest.raises(JournalError, match="no plant's journal: its tables are homes"):
        Plant(config)
    assert config.journal.read_bytes() == before


def test_step__closed_plant__says_so(small):
    with Plant(small()) as plant:
        plant.step()
    with pytest.raises(RuntimeError, match="closed"):
        plant.step()


@pytest.mark.parametrize("days", [0, -1, 2])
def test_run__days_out_of_range__are_refused(small, days):
    with Plant(small()) as plant, pytest.raises(ValueError, match="horizon_days = 1"):
        plant.run(days)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_step__any_mechanism__balances(small, mechanism):
    with Plant(small(mechanism=mechanism, start="2023-06-05 10:00", journal=None)) as plant:
        assert len(steps(plant, 3)) == 3


@pytest.mark.parametrize("agent", get_args(Agent))
def test_step__any_agent__stores_what_batteries_hold(small, agent, monkeypatch):
    brief = functools.partial(value_iteration.train, config=value_iteration.ValueConfig(updates=5, rows=500))
    monkeypatch.setattr(value_iteration, "train", brief)
    with Plant(small(agent=agent, forecaster="ridge", journal=None)) as plant:
        events = steps(plant)
    assert events["stored_kwh"].between(0, 15).all()
    assert (events["battery_kwh"] == 0).all() == (agent == "rest")


class FullPower:
    """Charges in the morning and discharges later, by discrete actions."""

    def __init__(self, home):
        self.hour = home.observation_names.index("hour_sin")
        self.highest = home.action_count - 1

    def act(self, observation):
        return np.where(observation[:, self.hour] > 0, self.highest, 0)


def never(bid_price, bid_quantity, ask_price, ask_quantity):
    bids, asks = side("bid", bid_price, bid_quantity), side("ask", ask_price, ask_quantity)
    return Clearing.at_price(bids, asks, bids.fill(0), asks.fill(0), 1)


def test_step__own_agent__runs_the_batteries(small):
    with Plant(small(agent="rest", start="2023-06-05 01:00"), agent=FullPower) as plant:
        assert (steps(plant, 2)["battery_kwh"] > 0).all()


def test_step__own_mechanism__clears(small):
    changes = {"start": "2023-06-05 08:00", "journal": None}
    traded = []
    for mechanism in (None, never):
        with Plant(small(**changes), mechanism=mechanism) as plant:
            traded.append(steps(plant, 3)["traded_kwh"].sum())
    assert traded[0] > 0 == traded[1]


def test_plant__journal_of_own_parts__serves_no_others(small):
    with Plant(small(), agent=FullPower, mechanism=never):
        pass
    with pytest.raises(JournalError, match=r"agent is '.*FullPower' there and 'self_consumption' here"):
        Plant(small(), mechanism=never)


def test_step__batteries_with_room__keep_to_what_was_ordered(small):
    share, missed = {"battery_share": 1, "start": "2023-06-05 10:00", "journal": None}, {}
    for agent in ("rest", "self_consumption"):
        with Plant(small(agent=agent, **share)) as plant:
            missed[agent] = steps(plant)["deviation_kwh"].abs().sum()
    assert missed["self_consumption"] < missed["rest"]


def test_run__on_a_full_feeder__trades_are_cut_and_energy_still_balances(small):
    with Plant(small(homes=15, feeder=True, feeder_homes=3_000, start="2023-06-05 08:00", journal=None)) as plant:
        events = steps(plant, 12)
        assert plant.network.taps == events["taps"].iloc[-1]
    assert events["cut_kwh"].sum() > 0
    assert events["highest_pu"].gt(1).all()
    assert (events["spilled_kwh"] <= events["cut_kwh"] + 1e-9).all()


def test_plant__start_before_there_is_history__says_what_there_is(small, tmp_path):
    from dem import data

    path = tmp_path / "homes.csv"
    data.load(homes=2, start="2023-05-01", end="2023-06-01").to_csv(path)
    with pytest.raises(ValueError, match="to learn from"):
        Plant(small(data=str(path), homes=2, start="2023-05-02"))
    with pytest.raises(ValueError, match="has 2 homes, 3 were asked for"):
        Plant(small(data=str(path)))


def test_forecast__at_a_gate__begins_with_what_homes_then_order(small):
    with Plant(small(agent="rest")) as plant:
        plant.step()
        expected = plant.forecast()
        happened = plant.step()
        now = expected.loc[happened.time]
        assert list(now["home"]) == plant.homes.names
        ordered = (now["load_kwh"] - now["pv_kwh"]).to_numpy() * 1_000
        assert plant.home_events(1)["expected_wh"].to_numpy() == pytest.approx(ordered, abs=1)


def test_forecast__at_the_end__is_empty(small):
    with Plant(small(agent="rest")) as plant:
        plant.run(days=1)
        assert plant.forecast().empty
