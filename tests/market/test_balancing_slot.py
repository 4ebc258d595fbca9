"""The settlement's promises on thousands of random slots, by the arithmetic that the contract is held to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.market.balancing_curve import Curve
from dem.market.balancing_slot import Slot, imbalance_price
from dem.market.orders import OrderError

CURVE = Curve(base=200, amplitude=100, scale=1_000, surplus_limit=2_000)

# production, quantity, and the share metered (None: no reading)
orders = st.lists(
    st.tuples(st.booleans(), st.integers(1, 3_000), st.none() | st.fractions(0, 1)), min_size=1, max_size=12
)


def place(slot, production, quantity):
    return slot.sell(quantity) if production else slot.buy(quantity)


def traded(chosen):
    """A slot with these orders, and their readings."""
    slot, readings = Slot(CURVE), {}
    for production, quantity, share in chosen:
        order = place(slot, production, quantity)
        if share is not None:
            readings[order] = int(share * quantity)
    return slot, readings


def paid_in(order):
    return order.quantity * CURVE.max_price - order.value if order.production else order.value


@given(orders)
@settings(max_examples=400, deadline=None)
def test_settle__any_readings__keeps_at_least_the_cost_of_what_was_metered(chosen):
    slot, readings = traded(chosen)
    metered = slot.net + sum(
        (order.quantity - energy) * (1 if order.production else -1) for order, energy in readings.items()
    )
    slot.settle(readings)
    assert slot.kept >= CURVE.cost(metered) >= -CURVE.worst_case_loss


@given(orders)
@settings(max_examples=400, deadline=None)
def test_settle__deviations__never_earn(chosen):
    slot, readings = traded(chosen)
    for order, paid_out in slot.settle(readings).items():
        gain = paid_out - paid_in(order)
        assert paid_out >= 0
        if order not in readings:
            assert gain <= 0
        elif order.production:
            assert gain * order.quantity <= order.value * readings[order]
        else:
            assert gain * order.quantity <= -order.value * readings[order]


@given(orders, st.randoms())
@settings(max_examples=150, deadline=None)
def test_settle__promises_kept__pays_exactly_what_was_agreed(chosen, generator):
    slot, readings = traded([(production, quantity, 1) for production, quantity, _ in chosen])
    shuffled = list(readings.items())
    generator.shuffle(shuffled)
    slot.settle(dict(shuffled))
    assert slot.kept == CURVE.cost(slot.net)


@given(orders, st.booleans(), st.integers(1, 3_000), st.integers(1, 20))
@settings(max_examples=150, deadline=None)
def test_orders__split__come_to_the_same_to_the_unit(before, production, quantity, parts):
    whole, split = traded(before)[0], traded(before)[0]
    value = place(whole, production, quantity).value
    sizes = [quantity // parts] * (parts - 1) + [quantity - quantity // parts * (parts - 1)]
    assert sum(place(split, production, size).value for size in sizes if size) == value
    assert (split.net, split.kept) == (whole.net, whole.kept)


@given(orders, st.booleans(), st.integers(1, 3_000))
@settings(max_examples=150, deadline=None)
def test_cancel__right_after__returns_exactly_what_was_paid_in(before, production, quantity):
    slot, _ = traded(before)
    state = slot.net, slot.kept
    order = place(slot, production, quantity)
    assert slot.cancel(order) == paid_in(order)
    assert (slot.net, slot.kept) == state


@given(orders, st.booleans(), st.integers(1, 3_000), orders)
@settings(max_examples=150, deadline=None)
def test_cancel__after_others_traded__never_gains(before, production, quantity, later):
    slot, _ = traded(before)
    order = place(slot, production, quantity)
    for side, size, _ in later:
        place(slot, side, size)
    assert slot.cancel(order) <= paid_in(order)


def test_cancel__order_that_is_not_live__is_refused():
    slot = Slot(CURVE)
    order = slot.buy(10)
    slot.cancel(order)
    for stranger in (order, Slot(CURVE).buy(10)):
        with pytest.raises(OrderError, match="is not live"):
            slot.cancel(stranger)


def test_settle__reading_above_the_order__counts_up_to_it():
    slot = Slot(CURVE)
    sold = slot.sell(500)
    assert slot.settle({sold: 900}) == {sold: 500 * CURVE.max_price}


def test_settle__cancelled_order__is_not_paid():
    slot = Slot(CURVE)
    dropped, kept = slot.buy(100), slot.buy(100)
    slot.cancel(dropped)
    assert slot.settle({kept: 100}) == {kept: 0}


def test_settle__all_production_no_consumption__loses_the_worst_case_to_the_unit():
    slot = Slot(CURVE)
    sold = slot.sell(CURVE.surplus_limit)
    slot.settle({sold: sold.quantity})
    assert slot.kept == -CURVE.worst_case_loss


def test_imbalance_price__missing_production__is_dearer_and_missing_consumption_cheaper():
    assert imbalance_price(CURVE, 0, 100, 0) > CURVE.price(0) > imbalance_price(CURVE, 0, 0, 100)
    assert imbalance_price(CURVE, 0, 100, 100) == CURVE.price(0)


@pytest.mark.parametrize("quantity", [0, -1, 1.5, float("nan"), "3"])
def test_orders__no_positive_whole_quantity__are_refused(quantity):
    slot = Slot(CURVE)
    for trade in (slot.buy, slot.sell):
        with pytest.raises(OrderError, match="positive whole number of Wh"):
            trade(quantity)
    assert (slot.net, slot.kept) == (0, 0)


def test_slot__curve_of_fractions__is_refused():
    with pytest.raises(OrderError, match="whole numbers"):
        Slot(Curve(0.2, 0.1, 5.0))
