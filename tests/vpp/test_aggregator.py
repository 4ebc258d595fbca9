from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dem.vpp import ConservationError, Plant, aggregator, conservation
from dem.vpp.forecasts import look_out
from dem.vpp.neighbourhood import EUR_PER_KWH, Neighbourhood
from dem.vpp.response import Caller
from dem.vpp.retailer import Morning, Retailer

HOURLY = {"retail": "hourly", "horizon_days": 2, "journal": None}


def agreed(config):
    homes = Neighbourhood.load(config)
    return homes, aggregator.agree(homes, look_out(homes, config.forecaster), config)


def test_agree__source_tariff_and_no_events__changes_nothing(small):
    homes, result = agreed(small())
    assert result.homes is homes
    assert not result.response(5).reward.any()


def test_price__hourly__nobody_is_expected_to_pay_more(small):
    config = small(**HOURLY)
    homes = Neighbourhood.load(config)
    morning = Morning.at(0, homes, look_out(homes, config.forecaster))
    tariff = Retailer(homes, config).price(morning)
    more = (tariff.prices - morning.source) @ morning.grid_kwh - tariff.credit * EUR_PER_KWH / 1_000
    assert tariff.name == "hourly"
    assert more.max() < 1e-6
    assert (tariff.prices > morning.source).any()
    assert (tariff.prices >= morning.feed_in - EUR_PER_KWH).all()


def test_agree__dear_peaks__expected_peak_falls(small):
    config = small(**HOURLY)
    homes, result = agreed(config)
    today, outlook = slice(homes.per_day), look_out(homes, config.forecaster)
    before, after = (each.at(0)[0, today].sum(axis=1) for each in (outlook, result.outlook))
    assert after.max() < before.max()


def test_agree__another_future__leaves_todays_prices(small):
    config = small(**HOURLY, forecaster="ridge")
    homes = Neighbourhood.load(config)
    later = homes.window.index >= homes.times[homes.per_day // 2]
    changed = replace(homes, window=homes.window.assign(load_kwh=homes.window["load_kwh"] * np.where(later, 3, 1)))
    one, other = (aggregator.agree(each, look_out(each, "ridge"), config).homes.retail for each in (homes, changed))
    np.testing.assert_array_equal(one[: homes.per_day], other[: homes.per_day])
    assert (one[homes.per_day :] != other[homes.per_day :]).any()


@pytest.mark.parametrize("changes", [{"response_share": 0, **HOURLY}, {}, HOURLY])
def test_agree__perfect_forecast__gates_expect_what_happens(calling, changes):
    _, result = agreed(calling(forecaster="perfect", **changes))
    np.testing.assert_allclose(result.outlook.load, result.homes.load_kwh, atol=1e-4)
    ahead = result.outlook.ahead.made
    np.testing.assert_allclose(ahead.load[0, :-1], result.homes.load_kwh[1 : ahead.load.shape[1]], atol=1e-4)
    assert (result.homes.load_kwh >= 0).all()


def test_run__no_prices_keep_all_limits__source_tariff_and_the_reason(small):
    with Plant(small(retail="flat", margin=0, peak_charge=0, journal=None)) as plant:
        event = plant.step().event()
        assert event["tariff"].startswith("source: No prices keep all limits. It takes one of: ")
        np.testing.assert_array_equal(plant.homes.retail, plant.source.retail)
        np.testing.assert_array_equal(plant.homes.load_kwh, plant.source.load_kwh)


def test_run__prices_and_events__books_tell_what_was_agreed(calling):
    with Plant(calling(retail="hourly")) as plant:
        events = plant.run(1)
        homes = plant.home_events()
        assert (homes["retail"].to_numpy() == plant.homes.retail.ravel()).all()
    assert events["tariff"].eq("hourly").all()
    assert events["event"].sum() == 4
    assert events["credit_eur"].iloc[1:].eq(0).all()
    assert (homes["response_wh"] <= homes["promised_wh"]).all()
    missing = homes["promised_wh"] - homes["response_wh"]
    assert (homes["reward"] == 10_000 * homes["response_wh"] - 2_000 * missing).all()
    np.testing.assert_allclose(homes["reward"].sum() / 1e8, events["reward_eur"].sum())
    assert homes["response_wh"].sum() > 0


def test_plant__opened_again_amid_an_event__goes_on_as_if_it_had_never_stopped(calling, tmp_path):
    config = calling(retail="hourly", journal=tmp_path / "journal.sqlite")
    with Plant(config.model_copy(update={"journal": None})) as plant:
        whole = plant.run(1)
    with Plant(config) as plant:
        for _ in range(np.flatnonzero(whole["event"])[1]):
            plant.step()
    with Plant(config) as plant:
        pd.testing.assert_frame_equal(plant.run(1), whole)


def test_agree__everybody_overrides__nothing_moves_and_promises_are_missing(calling):
    homes, result = agreed(calling(override=1))
    np.testing.assert_array_equal(result.homes.load_kwh, homes.load_kwh)
    assert result.promised_wh.any()


def test_agree__homes_that_shift__energy_comes_back_the_same_day(calling):
    homes, result = agreed(calling())
    change = result.homes.load_kwh - homes.load_kwh
    left, back = np.minimum(change, 0).sum(axis=0), np.maximum(change, 0).sum(axis=0)
    assert (left < 0).any()
    assert (back <= -left + 0.02).all()
    assert (back >= -0.8 * left - 0.02).all()
    called = result.promised_wh.sum(axis=1) > 0
    assert not (change[~called] < 0).any()


def test_agree__peak_costs_nothing__nobody_is_called(calling):
    _, result = agreed(calling(peak_charge=0, reward=0.01))
    assert not result.promised_wh.any()


def test_plan__weekend__nobody_is_called(calling):
    config = calling(start="2023-06-10")
    homes = Neighbourhood.load(config)
    caller, load = Caller(homes, config), homes.load_kwh
    assert caller.plan(homes.times[0], load, homes.pv_kwh) is None


def test_agree__day_without_room_for_an_event__is_refused(calling):
    config = calling()
    homes = Neighbourhood.load(config)
    halves = [table[table.index.minute + table.index.hour % 12 == 0] for table in (homes.history, homes.window)]
    with pytest.raises(ValueError, match="no room"):
        Caller(replace(homes, history=halves[0], window=halves[1]), config)


def test_agree__homes_with_prices_of_their_own__are_refused(small):
    config = small(**HOURLY)
    homes = Neighbourhood.load(config)
    factor = np.where(homes.window["home"] == homes.names[0], 1.1, 1.0)
    other = replace(homes, window=homes.window.assign(import_price=homes.window["import_price"] * factor))
    with pytest.raises(ValueError, match="different prices"):
        aggregator.agree(other, look_out(other, "yesterday"), config)


@pytest.mark.parametrize(("left", "back"), [([0.6, 0.0], [0.0, 0.5]), ([0.2, 0.0], [0.0, 0.3])])
def test_check_response__energy_of_nothing__is_found(left, back):
    load = np.array([[0.5], [0.5]])
    with pytest.raises(ConservationError, match="home 0"):
        conservation.check_response(load, np.array(left)[:, None], np.array(back)[:, None])


def test_margin__source_tariff_and_no_batteries__is_what_is_kept_of_each_kwh(small):
    config = small(battery_share=0, roof_share=0, forecaster="perfect", journal=None)
    with Plant(config) as plant:
        events = plant.run(1)
        margin = aggregator.margin_eur(plant.source, events, config)
        kept = aggregator.kept_of_a_kwh(plant.source, config) * events["metered_kwh"].sum()
        peak = config.peak_charge * events["metered_kwh"].max() / plant.homes.step_hours
    assert margin == pytest.approx(kept - peak, abs=1e-4)
