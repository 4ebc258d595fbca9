"""Every book against an independent optimum: exact greedy matching and, on a sample, the linear programme itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from dem.market import OrderError, double_auction

PRICINGS = ("pair_midpoint", "equilibrium_midpoint", "pay_as_bid")


def optimum(bids, asks):
    """Exact quantity and welfare of the best allocation: trade the best bid with the best ask while it pays."""
    bids = sorted(([p, q] for p, q in bids if q), reverse=True)
    asks = sorted([p, q] for p, q in asks if q)
    quantity = welfare = 0
    while bids and asks and bids[0][0] >= asks[0][0]:
        traded = min(bids[0][1], asks[0][1])
        quantity += traded
        welfare += traded * (bids[0][0] - asks[0][0])
        for book in (bids, asks):
            book[0][1] -= traded
            if book[0][1] == 0:
                book.pop(0)
    return quantity, welfare


def random_book(generator, largest=8, prices=10, quantities=5):
    counts = generator.integers(0, largest, 2)
    return [
        array
        for count in counts
        for array in (generator.integers(0, prices, count), generator.integers(0, quantities, count))
    ]


orders = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6)), max_size=9)
large = st.lists(st.tuples(st.integers(0, 10**18), st.integers(0, 10**15)), max_size=6)


def arrays(book):
    return [p for p, _ in book], [q for _, q in book]


@pytest.mark.parametrize("tick", [None, 1])
def test_clear__twenty_thousand_random_books__reach_the_optimum_exactly(tick):
    generator = np.random.default_rng(7)
    for _ in range(20_000):
        bp, bq, ap, aq = random_book(generator)
        clearing = double_auction.clear(bp, bq, ap, aq, tick=tick)
        expected = optimum(zip(bp.tolist(), bq.tolist(), strict=True), zip(ap.tolist(), aq.tolist(), strict=True))
        assert (clearing.quantity, clearing.welfare) == expected


def test_clear__random_float_books__agree_with_the_linear_programme():
    generator = np.random.default_rng(11)
    for _ in range(200):
        bids, asks = generator.integers(1, 12, 2)
        bp, bq, ap, aq = (generator.random(n) for n in (bids, bids, asks, asks))
        clearing = double_auction.clear(bp, bq, ap, aq)
        balance = np.concatenate([np.ones(bids), -np.ones(asks)])[None]
        solution = linprog(np.concatenate([-bp, ap]), A_eq=balance, b_eq=[0], bounds=[(0, q) for q in (*bq, *aq)])
        assert clearing.welfare == pytest.approx(-solution.fun, abs=1e-9)


@given(bids=orders, asks=orders, pricing=st.sampled_from(PRICINGS), tick=st.sampled_from([None, 1]))
@settings(max_examples=400, deadline=None)
def test_clear__any_book__is_balanced_rational_and_pays_exactly(bids, asks, pricing, tick):
    (bp, bq), (ap, aq) = arrays(bids), arrays(asks)
    clearing = double_auction.clear(bp, bq, ap, aq, pricing=pricing, tick=tick)
    assert (clearing.quantity, clearing.welfare) == optimum(bids, asks)
    assert clearing.bid_fill.sum() == clearing.ask_fill.sum()
    assert clearing.surplus == 0
    assert (clearing.bid_payment <= clearing.bid_fill * np.array(bp, dtype=int)).all()
    assert (clearing.ask_payment >= clearing.ask_fill * np.array(ap, dtype=int)).all()
    assert (clearing.bid_fill <= bq).all()
    assert (clearing.ask_fill <= aq).all()


@given(bids=orders, asks=orders, pricing=st.sampled_from(PRICINGS))
@settings(max_examples=300, deadline=None)
def test_trades__any_book__add_up_to_fills_and_payments(bids, asks, pricing):
    (bp, bq), (ap, aq) = arrays(bids), arrays(asks)
    clearing = double_auction.clear(bp, bq, ap, aq, pricing=pricing)
    trades = clearing.trades().to_frame()
    assert (trades["quantity"] > 0).all()
    value = trades["quantity"] * trades["price"]
    for index, fill, payment in (
        (trades["bid"], clearing.bid_fill, clearing.bid_payment),
        (trades["ask"], clearing.ask_fill, clearing.ask_payment),
    ):
        everyone = range(len(fill))
        assert trades["quantity"].groupby(index).sum().reindex(everyone, fill_value=0).tolist() == fill.tolist()
        assert value.groupby(index).sum().reindex(everyone, fill_value=0).tolist() == payment.tolist()


@given(bids=large, asks=large, pricing=st.sampled_from(PRICINGS))
@settings(max_examples=200, deadline=None)
def test_clear__huge_integers__stay_exact(bids, asks, pricing):
    (bp, bq), (ap, aq) = arrays(bids), arrays(asks)
    clearing = double_auction.clear(bp, bq, ap, aq, pricing=pricing)
    assert (clearing.quantity, clearing.welfare) == optimum(bids, asks)
    assert clearing.surplus == 0


@given(bids=orders, asks=orders)
@settings(max_examples=300, deadline=None)
def test_equilibrium_midpoint__any_book__leaves_nobody_wishing_otherwise(bids, asks):
    (bp, bq), (ap, aq) = arrays(bids), arrays(asks)
    # Even prices, so that the midpoint of two of them is exact.
    clearing = double_auction.clear([2 * p for p in bp], bq, [2 * p for p in ap], aq, pricing="equilibrium_midpoint")
    if clearing.price is None:
        return
    left = np.array(bq, dtype=int) > clearing.bid_fill
    assert all(2 * p <= clearing.price for p in np.array(bp, dtype=int)[left])
    unsold = np.array(aq, dtype=int) > clearing.ask_fill
    assert all(2 * p >= clearing.price for p in np.array(ap, dtype=int)[unsold])


def test_clear__equal_prices__first_come_first_served():
    clearing = double_auction.clear([5, 5, 5], [4, 4, 4], [1], [6])
    assert clearing.bid_fill.tolist() == [4, 2, 0]


@pytest.mark.parametrize("tick", [None, 1])
def test_clear__times_given__earlier_goes_first_whatever_the_index(tick):
    clearing = double_auction.clear([5, 5, 5], [4, 4, 4], [1], [6], bid_time=[30.0, 10.0, 20.0], tick=tick)
    assert clearing.bid_fill.tolist() == [0, 4, 2]


def test_clear__same_price_and_trader_twice__both_count():
    clearing = double_auction.clear([9, 9], [30, 40], [1], [100])
    assert clearing.quantity == 70


def test_clear__pair_midpoint__halves_the_marginal_pair():
    clearing = double_auction.clear([10, 8, 3], [5, 5, 5], [2, 6, 9], [5, 5, 5])
    assert clearing.price == 7
    assert clearing.bid_payment.tolist() == [35, 35, 0]


def test_clear__equilibrium_midpoint__stays_between_the_unfilled_orders():
    # The second bid is half filled, so any price below it would leave it wanting: the interval is [8, 8].
    book = ([10, 8], [5, 5], [2], [7])
    assert double_auction.clear(*book, pricing="pair_midpoint").price == 5
    assert double_auction.clear(*book, pricing="equilibrium_midpoint").price == 8


@pytest.mark.parametrize("book", [([], [], [], []), ([5], [1], [], []), ([], [], [5], [1]), ([1], [1], [2], [1])])
@pytest.mark.parametrize("tick", [None, 1])
@pytest.mark.parametrize("pricing", PRICINGS)
def test_clear__nothing_crosses__nobody_trades_and_there_is_no_price(book, tick, pricing):
    clearing = double_auction.clear(*book, tick=tick, pricing=pricing)
    assert (clearing.price, clearing.quantity, clearing.welfare, len(clearing.trades())) == (None, 0, 0, 0)


@pytest.mark.parametrize(
    ("book", "message"),
    [
        (([1.0, float("nan")], [1, 1], [], []), r"bid_price\[1\] = nan is not finite"),
        (([1], [1], [float("inf")], [1]), r"ask_price\[0\] = inf is not finite"),
        (([1, -2], [1, 1], [], []), r"bid_price\[1\] = -2 is negative"),
        (([1], [1], [1, 1], [1, -1]), r"ask_quantity\[1\] = -1 is negative"),
        (([1, 2], [1], [], []), r"bid_quantity has shape \(1,\), bid_price has shape \(2,\)"),
        (([[1]], [[1]], [], []), r"bid_price: expected one dimension"),
        ((["dear"], [1], [], []), r"bid_price: expected numbers"),
        (([2**64], [1], [], []), r"bid_price\[0\] = 18446744073709551616 does not fit 64 bits"),
        (([1, 1], [2**62, 2**62], [], []), r"bid_quantity: the sum"),
    ],
)
def test_clear__bad_order__is_refused_by_side_field_and_index(book, message):
    with pytest.raises(OrderError, match=message):
        double_auction.clear(*book)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pricing": "median"}, "pricing must be one of pair_midpoint, equilibrium_midpoint, pay_as_bid, got 'median'"),
        ({"tick": 0}, "tick must be positive"),
        ({"tick": 2}, r"ask_price\[0\] = 3 is no multiple of the tick 2"),
        ({"bid_time": [float("nan")]}, r"bid_time\[0\] = nan is missing"),
        ({"bid_time": [1, 2]}, r"bid_time has shape \(2,\)"),
    ],
)
def test_clear__bad_argument__is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        double_auction.clear([4], [1], [3], [1], **arguments)


def test_clear__price_range_far_beyond_the_book__the_grid_gives_way_to_sorting():
    book = ([10**15, 5], [1, 1], [2, 10**14], [1, 1])
    with_tick, without = (double_auction.clear(*book, tick=tick) for tick in (1, None))
    assert with_tick.bid_fill.tolist() == without.bid_fill.tolist()
    assert with_tick.price == without.price
