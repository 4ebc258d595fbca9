import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from pydantic import ValidationError

from dem.market import double_auction
from dem.studies import auction_figures, auction_gas
from dem.studies import double_auction as study

SMALL = {
    "homes": 5,
    "draws": 2,
    "random_books": 60,
    "random_orders": (4, 20),
    "random_quantities": (1, 100),
    "gas_orders": (4, 8),
    "gas_ticks": (10**9,),
}
DRAWINGS = (
    auction_figures.draw_crossing,
    auction_figures.draw_midpoint,
    auction_figures.draw_price_rules,
    auction_figures.draw_gas,
)


@pytest.fixture(scope="module")
def result():
    return study.run(study.Config(**SMALL))


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_run__week__equilibrium_price_clears_and_outside_is_said_of_the_other(result):
    week = result.week
    assert (week["equilibrium_midpoint"] >= week["low"] - 1e-9).all()
    assert (week["equilibrium_midpoint"] <= week["high"] + 1e-9).all()
    beyond = (week["pair_midpoint"] < week["low"] - 1e-9) | (week["pair_midpoint"] > week["high"] + 1e-9)
    assert (beyond == week["outside"]).all()


def test_run__random_books__miss_hardly_ever_by_accident_but_for_partly_filled_orders(result):
    table = result.outside.set_index(["largest", "orders"])
    assert (table.loc[1, "partly"] == 0).all()
    assert (table.loc[100, "outside"] > table.loc[1, "outside"]).all()
    assert ((table["from"] <= table["outside"]) & (table["outside"] <= table["to"])).all()


def test_run__price_rules__share_the_same_gains(result):
    total = result.split["buyers"] + result.split["sellers"]
    by_draw = total.groupby(result.split["draw"])
    np.testing.assert_allclose(by_draw.max(), by_draw.min())
    assert result.split.set_index("rule").loc["pay_as_bid", "buyers"].abs().max() < 1e-9


def test_run__curves__cross_where_the_auction_clears(result):
    curves, rules = result.curves, result.rules.iloc[0]
    demand, supply = (curves[curves["side"] == side] for side in ("demand", "supply"))
    assert demand["price"].is_monotonic_decreasing
    assert supply["price"].is_monotonic_increasing
    last_bid = demand[demand["from_kwh"] < rules["quantity"]]["price"].iloc[-1]
    last_ask = supply[supply["from_kwh"] < rules["quantity"]]["price"].iloc[-1]
    assert last_bid >= last_ask
    assert rules["pair_midpoint"] == pytest.approx((last_bid + last_ask) / 2)


def test_run__on_the_chain__price_and_quantity_are_the_engines(result):
    assert (result.gas["price"] == result.gas["engine_price"]).all()
    assert (result.gas["quantity"] == result.gas["engine_quantity"]).all()
    assert (result.gas["quantity"] > 0).any()


def test_run__again__gives_the_same_numbers(result):
    again = study.run(study.Config(**SMALL))
    assert again.gas.equals(result.gas)
    assert again.week.equals(result.week)


def test_measure__more_orders_than_the_week_has__is_refused(result):
    with pytest.raises(ValueError, match="orders, 900 were asked for"):
        auction_gas.measure([result.book], (900,), (10**9,), 3_000, 1)


def test_outside_table__published_share__stands_beside_the_books_it_is_for(result):
    table = study.outside_table(result).set_index("books")["prototype (%)"]
    assert table["random, 1 to 100 Wh an order"] == "94 to 96"
    assert (table.drop("random, 1 to 100 Wh an order") == "").all()


def test_findings__words__carry_the_measured_numbers(result):
    homes = result.outside.iloc[0]
    assert f"{homes['outside']:.1%} of the homes'" in study.findings(result)
    assert "2 of 2 books" in study.gas_findings(result)


def test_book__of_the_picture__leaves_something_on_both_sides(result):
    quantity = double_auction.clear(*result.book.orders).quantity
    assert quantity < min(result.book.bid_quantity.sum(), result.book.ask_quantity.sum())


@pytest.mark.parametrize("draw", DRAWINGS, ids=lambda draw: draw.__name__)
def test_draw__result__gives_every_axis_its_unit(result, draw):
    figure = draw(result)
    assert isinstance(figure, Figure)
    labels = " ".join(axes.get_xlabel() + axes.get_ylabel() for axes in figure.axes)
    assert any(unit in labels for unit in ("cents/kWh", "gas per order"))


def test_config__tick_too_small_for_the_contract__is_refused():
    with pytest.raises(ValidationError, match="gas_ticks"):
        study.Config(gas_ticks=(10,))
