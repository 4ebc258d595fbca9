import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from dem import paths, plots
from dem.homes import bill_without_battery
from dem.studies import balancing_day
from dem.studies import balancing_market as study
from dem.studies import balancing_report as report
from dem.studies.balancing_chain import equal_parts

TINY = {"homes": 2, "days": 2, "errors": (0.0, 0.2), "scales": (0.5, 1.0), "parts": (1, 3)}
DAY = balancing_day.Day(
    start=pd.Timestamp("2023-06-01", tz="UTC"),
    load_wh=np.full((24, 3), 500.0),
    pv_wh=np.tile([0.0, 400.0, 2_000.0], (24, 1)),
    retail=0.20,
    feed_in=0.06,
)


@pytest.fixture(scope="module")
def result():
    return study.run(study.Config.for_profile("quick", **TINY))


def orders(first, final=None):
    first = np.tile(first, (24, 1))
    return balancing_day.Orders(first, first if final is None else np.tile(final, (24, 1)))


def test_run__contract_and_off_chain__come_to_the_same_money_to_the_unit(result):
    assert result.on_chain.cash.tolist() == result.off_chain_cash.tolist()
    assert any(result.on_chain.cash)


def test_run__chain_day__has_purchases_sales_cancellations_and_every_settlement(result):
    counts = result.gas.set_index("operation")["orders"]
    assert (counts[["buy", "sell", "cancel"]] > 0).all()
    assert counts["certify"] == counts["settle"] == counts["buy"] + counts["sell"] - counts["cancel"]
    assert len(result.on_chain.slots) == 24


def test_run__slots_with_more_production__close_below_the_base_price_and_the_others_above(result):
    slots = result.on_chain.slots
    base = (result.day.retail + result.day.feed_in) / 2
    assert np.array_equal(np.sign(slots["price"] - base), np.sign(slots["ordered_kwh"]))
    assert slots["ordered_kwh"].min() < 0 < slots["ordered_kwh"].max()


def test_run__split_purchase__costs_the_same_and_comes_back_whole(result):
    assert result.split["paid"].nunique() == 1
    assert result.split["paid"].equals(result.split["returned"])
    assert result.split["naive_eur"].is_monotonic_increasing
    assert (result.split["naive_eur"] < result.split["paid_eur"]).all()


def test_run__reserve__starts_as_demanded_and_every_slot_stays_above_the_worst_case(result):
    reserve = result.on_chain.reserve
    assert reserve["reserve_eur"].iloc[0] == pytest.approx(result.required_eur)
    assert reserve["reserve_eur"].min() > 0
    assert reserve["pending"].tolist()[:2] == [0, 24]
    assert reserve["pending"].iloc[-1] == 0
    assert result.on_chain.slots["kept_eur"].min() > -result.worst_eur
    gained = reserve["reserve_eur"].iloc[-1] - result.required_eur
    assert gained == pytest.approx(result.on_chain.slots["kept_eur"].sum())


def test_run__worst_slot__costs_exactly_the_bound(result):
    assert result.worst_slot_eur == result.worst_eur


def test_run__better_foresight__saves_more(result):
    rows = result.savings.query("market == 'balancing market' and scale == 1").set_index("error")
    assert rows.loc[0.0, "eur"] > rows.loc[0.2, "eur"]


def test_draw_days__seed__repeats_and_another_differs():
    days = [balancing_day.draw_days("synthetic", 2, 1, seed) for seed in (2023, 2023, 2024)]
    assert [day.start for day in days[0]] == [day.start for day in days[1]]
    assert np.array_equal(days[0][0].load_wh, days[1][0].load_wh)
    assert [day.start for day in days[0]] != [day.start for day in days[2]]


def test_bill_on_grid__is_the_bill_of_the_homes_table():
    times = pd.date_range(DAY.start, periods=24, freq="h", name="time")
    homes = [
        pd.DataFrame({"home": f"h{home}", "load_kwh": load / 1000, "pv_kwh": pv / 1000}, index=times)
        for home, (load, pv) in enumerate(zip(DAY.load_wh.T, DAY.pv_wh.T, strict=True))
    ]
    rest = {"wholesale_price": DAY.feed_in, "carbon_intensity": 0.05, "temperature": 10.0}
    table = pd.concat(homes).assign(import_price=DAY.retail, export_price=DAY.feed_in, **rest)
    np.testing.assert_allclose(balancing_day.bill_on_grid(DAY), bill_without_battery(table).to_numpy())


def test_bill_on_fixed_price__all_foreseen__saves_half_the_spread_on_each_side():
    saved = balancing_day.bill_on_grid(DAY) - balancing_day.bill_on_fixed_price(DAY, orders([500, 100, -1_500]))
    np.testing.assert_allclose(saved, 24 * 0.07 * np.array([0.5, 0.1, 0.6]))


def test_bill_on_fixed_price__sold_and_not_had__is_bought_at_retail():
    blind = orders([500, 0, -2_000])
    saved = balancing_day.bill_on_grid(DAY) - balancing_day.bill_on_fixed_price(DAY, blind)
    np.testing.assert_allclose(saved, 24 * 0.07 * np.array([0.5, 0, 0.5]))


def test_bill_on_balancing_market__no_orders__is_the_grids():
    traded = balancing_day.play(DAY, orders([0, 0, 0]), DAY.curve(1_000), 0)
    assert not traded.cash.any()
    np.testing.assert_allclose(balancing_day.bill_on_balancing_market(DAY, traded), balancing_day.bill_on_grid(DAY))


def test_bill_on_balancing_market__all_foreseen__is_never_above_the_grids():
    traded = balancing_day.play(DAY, orders([500, 100, -1_500]), DAY.curve(1_000), 0)
    saved = balancing_day.bill_on_grid(DAY) - balancing_day.bill_on_balancing_market(DAY, traded)
    assert (saved > 0).all()


def test_play__change_within_the_tolerance__leaves_the_order():
    curve = DAY.curve(1_000)
    changed = orders([500, 100, -1_500], [540, 100, -1_500])
    kept = balancing_day.play(DAY, changed, curve, 40)
    assert kept.energy[0].tolist() == [500, 100, -1_500]
    assert balancing_day.play(DAY, changed, curve, 39).energy[0].tolist() == [540, 100, -1_500]


def test_place_orders__no_error__is_what_comes_and_errors_of_the_sun_are_shared():
    exact = balancing_day.place_orders(DAY, 0.0, np.random.default_rng(1))
    assert np.array_equal(exact.first, DAY.net_wh)
    assert np.array_equal(exact.final, DAY.net_wh)
    sunny = balancing_day.Day(DAY.start, 0 * DAY.load_wh, np.full((24, 3), 1_000.0), DAY.retail, DAY.feed_in)
    missed = balancing_day.place_orders(sunny, 0.2, np.random.default_rng(1))
    assert np.array_equal(missed.final[:, 0], missed.final[:, 1])
    assert not np.array_equal(missed.final, sunny.net_wh)
    assert np.abs(missed.first - sunny.net_wh).sum() > np.abs(missed.final - sunny.net_wh).sum()


def test_within__covers_up_to_the_order_and_nothing_the_other_way():
    order, metered = np.array([5, 5, 5, -5, -5, -5, 0]), np.array([3, 9, -2, -3, -9, 2, 4])
    assert balancing_day.within(order, metered).tolist() == [3, 5, 0, -3, -5, 0, 0]


def test_equal_parts__add_up_and_differ_by_one_at_most():
    for quantity, parts in ((10, 3), (8, 8), (7, 1)):
        sizes = list(equal_parts(quantity, parts))
        assert len(sizes) == parts
        assert sum(sizes) == quantity
        assert max(sizes) - min(sizes) <= 1


def test_draw_days__more_than_there_are__says_how_many():
    folder = paths.ROOT.parent / "shared" / "data" / "citylearn_2022_phase_1"
    if not folder.exists():
        pytest.skip(f"{folder} is not here")
    with pytest.raises(ValueError, match="has 364 whole days, 1000 were asked for"):
        balancing_day.draw_days(str(folder), 5, 1000, 1)


@pytest.mark.parametrize("source", ["drahix", "citylearn_2022_phase_1"])
def test_draw_days__real_data__are_whole_days_of_the_homes(source):
    folder = paths.ROOT.parent / "shared" / "data" / source
    if not folder.exists():
        pytest.skip(f"{folder} is not here")
    days = balancing_day.draw_days(str(folder), 5, 3, 1)
    assert [day.load_wh.shape for day in days] == [(24, 5)] * 3
    assert all(day.start.hour == 0 and 0 <= day.feed_in < day.retail for day in days)
    assert 500 < np.mean([day.load_wh.sum(axis=0) for day in days]) < 100_000


@pytest.mark.parametrize("draw", [report.draw_curve, report.draw_day, report.draw_reserve, report.draw_savings])
def test_draw__every_axis__has_its_unit(result, draw):
    plots.use_style()
    figure = draw(result)
    for axes in figure.axes:
        assert axes.get_ylabel() or axes.get_shared_y_axes().get_siblings(axes)
        assert axes.get_xlabel() or axes.get_shared_x_axes().get_siblings(axes)
    plt.close(figure)


def test_words__every_number__comes_from_the_result(result):
    slots = result.on_chain.slots
    surplus = int((slots["ordered_kwh"] < 0).sum())
    assert f"{surplus} closed with more production than consumption, {surplus} of" in report.direction(result)
    assert f"{result.split['paid_eur'].iloc[0]:.6f} EUR" in report.path_independence(result)
    assert f"{result.required_eur:.2f} EUR" in report.reserve_verdict(result)
    usual = report.savings_table(result).set_index("market").loc["balancing market", "saving (EUR a home and day)"]
    assert f"saves {usual} EUR a day" in report.savings_verdict(result)
    assert "million gas" in report.gas_verdict(result)


def test_config__unknown_or_impossible_settings__are_refused():
    for wrong in ({"homes": 1}, {"errors": ()}, {"scales": (0.0,)}, {"tolerance": 3}):
        with pytest.raises(ValidationError):
            study.Config.for_profile("quick", **wrong)
