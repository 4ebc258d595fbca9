"""The settlement's promises on thousands of random slots, by the arithmetic that the contract is held to."""

from balancing_world import CURVE, imbalance_price, payout
from hypothesis import given, settings
from hypothesis import strategies as st

# production, quantity, and the share metered (None: no reading)
orders = st.lists(
    st.tuples(st.booleans(), st.integers(1, 3_000), st.none() | st.fractions(0, 1)), min_size=1, max_size=12
)


def life_of_a_slot(chosen):
    """Orders with their value and reading, the net demand traded, the energy missing, the price of deviations."""
    net, placed = 0, []
    for production, quantity, share in chosen:
        after = net - quantity if production else net + quantity
        metered = None if share is None else int(share * quantity)
        placed.append((production, quantity, abs(CURVE.cost(after) - CURVE.cost(net)), metered))
        net = after
    missing = {True: 0, False: 0}
    for production, quantity, _, metered in placed:
        missing[production] += 0 if metered is None else quantity - metered
    return placed, net, missing, imbalance_price(net, missing[True], missing[False])


def paid_in(production, quantity, value):
    return quantity * CURVE.max_price - value if production else value


@given(orders)
@settings(max_examples=1_000, deadline=None)
def test_settlement__any_readings__leave_at_least_the_cost_of_what_was_metered(chosen):
    placed, net, missing, price = life_of_a_slot(chosen)
    kept = sum(paid_in(*order[:3]) - payout(*order, price) for order in placed)
    assert kept >= CURVE.cost(net + missing[True] - missing[False]) >= -CURVE.worst_case_loss


@given(orders)
@settings(max_examples=1_000, deadline=None)
def test_settlement__deviations__never_earn(chosen):
    placed, _, _, price = life_of_a_slot(chosen)
    for production, quantity, value, metered in placed:
        paid_out = payout(production, quantity, value, metered, price)
        gain = paid_out - paid_in(production, quantity, value)
        assert paid_out >= 0
        if metered is None:
            assert gain <= 0
        elif production:
            assert gain * quantity <= value * metered
        else:
            assert gain * quantity <= -value * metered


@given(orders, st.randoms())
@settings(max_examples=300, deadline=None)
def test_settlement__promises_kept__pay_exactly_what_was_agreed(chosen, generator):
    placed, net, _, price = life_of_a_slot([(production, quantity, 1) for production, quantity, _ in chosen])
    generator.shuffle(placed)
    kept = sum(paid_in(*order[:3]) - payout(*order, price) for order in placed)
    assert kept == CURVE.cost(net)
