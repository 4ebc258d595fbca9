"""The balancing curve: direction and bounds of the price, exact path independence, the mechanism's promises."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.market import OrderError
from dem.market.balancing_curve import Curve, clear

CURVE = Curve(base=200, amplitude=100, scale=1_000, surplus_limit=2_000)


@st.composite
def curves(draw, largest=2**48 - 1):
    base = draw(st.integers(1, largest))
    return Curve(
        base,
        draw(st.integers(0, base)),
        draw(st.integers(1, largest)),
        draw(st.integers(1, largest)),
    )


nets = st.integers(-(2**40), 2**40)
# Prices in large units, so that the rounding of single units stays far below them.
limits = st.integers(0, 20).map(lambda price: price * 10**6)
orders = st.lists(st.tuples(limits, st.integers(0, 60)), max_size=7)
market_curves = st.builds(
    lambda base, share, scale, limit: Curve(base * 10**6, base * 10**6 * share // 4, scale, limit),
    st.integers(1, 15),
    st.integers(0, 4),
    st.integers(1, 100),
    st.integers(1, 150),
)


def arrays(bids, asks):
    return [[order[column] for order in book] for book in (bids, asks) for column in (0, 1)]


def test_price__balance__is_the_base_price():
    assert CURVE.price(0) == 200


def test_price__more_production_than_consumption__is_below_base_and_falls():
    assert [CURVE.price(net) for net in (-1, -500, -1_000, -2_000)] == [Fraction(1999, 10), 150, 100, 100]


def test_price__more_consumption_than_production__is_above_base_and_rises():
    assert [CURVE.price(net) for net in (1, 500, 1_000, 10**9)] == [Fraction(2001, 10), 250, 300, 300]


def test_price__beyond_the_surplus_limit__is_zero():
    assert CURVE.price(-2_001) == 0
    assert CURVE.cost(-5_000) == CURVE.cost(-2_000) == -CURVE.worst_case_loss


def test_cost__by_hand__is_the_area_under_the_price():
    assert CURVE.cost(1_000) == 1_000 * 250
    assert CURVE.cost(3_000) == 1_000 * 250 + 2_000 * 300
    assert CURVE.worst_case_loss == 1_000 * 150 + 1_000 * 100


@given(curve=curves(), net=nets)
@settings(deadline=None)
def test_cost__integers__are_the_exact_integral_rounded_up_once(curve, net):
    base, amplitude, scale = Fraction(curve.base), Fraction(curve.amplitude), Fraction(curve.scale)
    x = max(net, -curve.surplus_limit)
    inside = min(abs(x), curve.scale)
    exact = base * x + amplitude * inside**2 / (2 * scale) + amplitude * (abs(x) - inside)
    assert exact <= curve.cost(net) < exact + 1


@given(curve=curves(), net=nets)
@settings(deadline=None)
def test_cost__one_unit_more__costs_between_zero_and_the_highest_price(curve, net):
    assert 0 <= curve.cost(net + 1) - curve.cost(net) <= curve.max_price


@given(curve=curves(), net=nets)
@settings(deadline=None)
def test_cost__wherever__is_above_minus_the_worst_case(curve, net):
    assert curve.cost(net) >= -curve.worst_case_loss


@given(curve=curves(largest=10**6), path=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=20))
@settings(deadline=None)
def test_payment__any_path__depends_on_its_ends_only(curve, path):
    net = total = 0
    for step in path:
        total += curve.payment(net, step)
        net += step
    assert total == curve.payment(0, sum(path))


@given(curve=curves(largest=10**6), net=st.integers(-(10**6), 10**6))
@settings(deadline=None)
def test_cost__floats__agree_with_integers(curve, net):
    floats = Curve(float(curve.base), float(curve.amplitude), float(curve.scale), float(curve.surplus_limit))
    assert floats.cost(float(net)) == pytest.approx(curve.cost(net), rel=1e-9, abs=1.0)


@given(curve=market_curves, bids=orders, asks=orders)
@settings(deadline=None)
def test_clear__any_orders__keep_limits_and_quantities(curve, bids, asks):
    bp, bq, ap, aq = arrays(bids, asks)
    clearing = clear(bp, bq, ap, aq, curve=curve)
    assert ((clearing.bid_fill >= 0) & (clearing.bid_fill <= np.array(bq, int))).all()
    assert ((clearing.ask_fill >= 0) & (clearing.ask_fill <= np.array(aq, int))).all()
    assert all(p * f >= paid for p, f, paid in zip(bp, clearing.bid_fill, clearing.bid_payment, strict=True))
    assert all(p * f <= paid for p, f, paid in zip(ap, clearing.ask_fill, clearing.ask_payment, strict=True))


@given(curve=market_curves, bids=orders, asks=orders)
@settings(deadline=None)
def test_clear__any_orders__network_holds_the_cost_of_the_imbalance(curve, bids, asks):
    clearing = clear(*arrays(bids, asks), curve=curve)
    assert clearing.surplus == curve.cost(int(clearing.imbalance)) >= -curve.worst_case_loss


@given(curve=market_curves, bids=orders, asks=orders, data=st.data())
@settings(max_examples=300, deadline=None)
def test_clear__a_false_price__never_pays_by_more_than_rounding(curve, bids, asks, data):
    book = [(p, q, 0) for p, q in bids] + [(p, q, 1) for p, q in asks]
    if not book:
        return
    chosen = data.draw(st.integers(0, len(book) - 1))
    which, index = (0, chosen) if chosen < len(bids) else (1, chosen - len(bids))
    honest = arrays(bids, asks)
    value = honest[2 * which][index]
    false = [list(column) for column in honest]
    false[2 * which][index] = data.draw(limits)
    assert (
        gain(clear(*false, curve=curve), which, index, value)
        <= gain(clear(*honest, curve=curve), which, index, value) + 1
    )


def gain(clearing, which, index, value):
    if which == 0:
        return value * int(clearing.bid_fill[index]) - clearing.bid_payment[index]
    return clearing.ask_payment[index] - value * int(clearing.ask_fill[index])


def test_clear__buyers_only__pay_ever_more_until_their_limit():
    clearing = clear([300, 250, 250], [400, 400, 400], [], [], curve=CURVE)
    assert clearing.bid_fill.tolist() == [400, 100, 0]
    assert clearing.bid_payment.tolist() == [400 * 220, 100 * 245, 0]
    assert clearing.imbalance == 500


@pytest.mark.parametrize("orders", [([300], [400], [], []), ([], [], [100], [400])])
def test_trades__one_side_only__has_no_pairs(orders):
    clearing = clear(*orders, curve=CURVE)
    assert clearing.bid_fill.sum() + clearing.ask_fill.sum() > 0
    assert clearing.trades().to_frame().empty


def test_clear__times__decide_who_comes_first():
    late_seller = clear([220], [1_000], [100], [1_000], curve=CURVE, bid_time=[0], ask_time=[1])
    early_seller = clear([220], [1_000], [100], [1_000], curve=CURVE, bid_time=[1], ask_time=[0])
    assert late_seller.bid_fill.tolist() == [200]
    assert early_seller.bid_fill.tolist() == [1_000]
    assert early_seller.imbalance == 0


def test_clear__times_of_one_side_only__are_refused():
    with pytest.raises(OrderError, match="given together"):
        clear([1], [1], [1], [1], curve=CURVE, bid_time=[0])


def test_clear__floats__come_near_integers():
    whole = clear([300, 190], [400, 300], [120, 180], [500, 300], curve=CURVE)
    floats = clear([300.0, 190.0], [400.0, 300.0], [120.0, 180.0], [500.0, 300.0], curve=CURVE)
    assert floats.bid_fill == pytest.approx(whole.bid_fill, abs=1)
    assert floats.welfare == pytest.approx(whole.welfare, rel=0.01)


def test_clear__welfare__counts_the_networks_energy_at_the_base_price():
    clearing = clear([300], [100], [], [], curve=CURVE)
    assert clearing.welfare == 100 * (300 - 200)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"base": 0}, "base must be finite and positive, got 0"),
        ({"amplitude": -1}, "amplitude must be finite and positive"),
        ({"amplitude": 201}, "amplitude must not exceed base, got 201 > 200"),
        ({"scale": float("nan")}, "scale must be finite"),
        ({"surplus_limit": float("inf")}, "surplus_limit must be finite"),
    ],
)
def test_curve__bad_parameter__is_named(fields, message):
    with pytest.raises(OrderError, match=message):
        Curve(**({"base": 200, "amplitude": 100, "scale": 1_000} | fields))


def test_curve__numpy_integers__do_not_overflow():
    curve = Curve(np.int64(2**50), np.int64(2**50), np.int64(2**40), np.int64(2**40))
    assert curve.worst_case_loss == 2**50 * 2**39
