import numpy as np
import pytest
from pydantic import ValidationError

from dem import data, paths
from dem.studies.market_week import BATTERY, WeekConfig, books, load_week

REAL = paths.ROOT.parent / "shared" / "data"
CONFIG = WeekConfig(homes=6)


@pytest.fixture(scope="module")
def table():
    return load_week(CONFIG)


@pytest.fixture(scope="module")
def week(table):
    return books(table, CONFIG, 0)


def test_load_week__synthetic__is_a_whole_week_from_monday_with_half_the_roofs(table):
    assert table.index[0].dayofweek == 0
    assert table.index[0].month == CONFIG.month
    assert len(table) == 6 * 7 * 48
    assert (table.groupby("home")["pv_kwh"].sum() > 0).sum() == 3


def test_load_week__month_that_the_data_lack__takes_the_first_whole_week(tmp_path):
    path = tmp_path / "spring.csv"
    data.load("synthetic", homes=2, start="2023-03-02", end="2023-03-20").to_csv(path)
    assert str(load_week(WeekConfig(data=str(path))).index[0].date()) == "2023-03-06"


def test_books__energy__is_what_the_homes_and_batteries_have_left(table, week):
    net = (data.wide(table, "load_kwh") - data.wide(table, "pv_kwh")).to_numpy()
    batteries = round(CONFIG.battery_share * 6) * BATTERY.capacity_kwh / 24
    for book, homes in zip(week, net, strict=True):
        wanted, offered = book.bid_quantity.sum() / 1000, book.ask_quantity.sum() / 1000
        assert wanted - offered == pytest.approx(homes.sum(), abs=0.006)
        assert wanted <= homes.clip(min=0).sum() + batteries + 0.006


def test_books__home_with_a_battery__never_meets_its_own_order(week):
    for book in week:
        for home in set(book.bid_home) & set(book.ask_home):
            assert book.bid_price[book.bid_home == home].max() < book.ask_price[book.ask_home == home].min()


def test_books__prices__lie_between_the_homes_own_contracts(week):
    for book in week:
        assert (book.bid_price >= 0).all()
        assert (book.bid_price <= book.dearest_retail + 1e-4).all()
        assert (book.ask_price >= book.lowest_feed_in - 1e-4).all()
        for price in (book.bid_price, book.ask_price):
            np.testing.assert_allclose(price, np.round(price, 4))


def test_books__orders__differ_between_homes_and_stand_in_order_of_arrival(week):
    assert len({price for book in week for price in book.bid_price.tolist()}) > 100
    assert all((np.diff(times) > 0).all() for book in week for times in (book.bid_time, book.ask_time))


def test_books__same_draw__same_orders_and_another_draw_others(table, week):
    again, other = books(table, CONFIG, 0), books(table, CONFIG, 1)
    assert all((one.bid_price == same.bid_price).all() for one, same in zip(week, again, strict=True))
    assert any(one.bid_price.tolist() != new.bid_price.tolist() for one, new in zip(week, other, strict=True))


def test_in_wei__tick__rounds_against_no_one(week):
    tick, book = 10**9, max(week, key=len)
    bid, bid_quantity, ask, _ = book.in_wei(tick, 3_000)
    assert (bid % tick == 0).all()
    assert (ask % tick == 0).all()
    exact = book.bid_price / 3_000 * 1e15
    assert (bid <= exact + 1).all()
    assert (bid > exact - tick - 1).all()
    assert (ask >= book.ask_price / 3_000 * 1e15 - 1).all()
    assert bid_quantity is book.bid_quantity


@pytest.mark.parametrize("field", ["homes", "roof_share", "battery_share", "patience", "month"])
def test_config__out_of_range__names_the_field(field):
    with pytest.raises(ValidationError, match=field):
        WeekConfig(**{field: -1})


@pytest.mark.parametrize("folder", ["drahix", "citylearn_2022_phase_1"])
def test_books__real_homes__have_both_sides(folder):
    if not (REAL / folder).is_dir():
        pytest.skip(f"{folder} is not here (dem.data.download fetches it)")
    config = WeekConfig(data=str(REAL / folder), homes=5)
    week = books(load_week(config), config, 0)
    assert sum(len(book.bid_price) > 0 and len(book.ask_price) > 0 for book in week) > len(week) / 2
