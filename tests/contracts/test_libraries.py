"""The pure parts: clearing against exact fractions, and every packed word at its limits."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from marketplace import SOLAR, load, reverts
from reference import Promise, settle

LARGEST_PRICE = 2**56 - 1
LARGEST_TOTAL = 2**56 - 1
PURE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def harness(accounts):
    return load("LibraryHarness").deploy(sender=accounts[0])


@st.composite
def tariffs(draw, largest=LARGEST_PRICE):
    """Retail, feed-in and a price between them."""
    retail = draw(st.integers(1, largest))
    feed_in = draw(st.integers(0, retail))
    return retail, feed_in, draw(st.integers(feed_in, retail))


def promises(largest=2**32 - 2):
    promise = st.integers(1, largest).flatmap(
        lambda promised: st.builds(
            Promise, st.booleans(), st.just(promised), st.one_of(st.just(promised), st.integers(0, promised))
        )
    )
    return st.lists(promise, max_size=8).map(lambda each: dict(enumerate(each)))


def totals(chosen):
    def total(field, production):
        return sum(getattr(promise, field) for promise in chosen.values() if promise.production is production)

    return (total("promised", True), total("promised", False), total("delivered", True), total("delivered", False))


@PURE
@given(promises(), tariffs())
@example({}, (1, 0, 0))
@example({0: Promise(True, 2**32 - 2, 2**32 - 2)}, (LARGEST_PRICE, LARGEST_PRICE, LARGEST_PRICE))
def test_clear__any_interval__equals_exact_fractions_to_the_wei(harness, chosen, tariff):
    retail, feed_in, price = tariff
    expected = settle(chosen, retail, feed_in, price)
    result, grid_change = harness.clear(totals(chosen), retail, feed_in, price)
    _, _, supply, demand = totals(chosen)
    supply_fill = expected.matched * 10_000 // supply if supply else 0
    demand_fill = expected.matched * 10_000 // demand if demand else 0
    prices = (price, expected.sell_price, expected.buy_price, retail - feed_in)
    assert tuple(result) == (*prices, supply_fill, demand_fill)
    assert grid_change == expected.grid


@PURE
@given(promises(largest=500), tariffs(largest=1000))
def test_reference__any_interval__keeps_what_the_specification_promises(chosen, tariff):
    retail, feed_in, price = tariff
    outcome = settle(chosen, retail, feed_in, price)
    promised_supply, _, supply, _ = totals(chosen)
    for key, promise in chosen.items():
        most = promise.promised * (retail - feed_in if promise.production else retail)
        assert outcome.payments[key] >= -most, "nobody owes more than was reserved"
    assert outcome.grid >= -supply * feed_in >= -promised_supply * feed_in, "nor does the grid"
    assert feed_in <= outcome.sell_price <= price <= outcome.buy_price <= retail, "nobody does worse than with the grid"


@PURE
@given(promises(largest=500), tariffs(largest=1000), st.booleans())
def test_reference__one_side_fails__the_other_is_made_whole_and_no_more(chosen, tariff, production):
    kept = {
        key: Promise(p.production, p.promised, p.promised if p.production is production else p.delivered)
        for key, p in chosen.items()
    }
    actual, ideal = (settle(each, *tariff) for each in (chosen, kept))
    price = "buy_price" if production else "sell_price"
    assert getattr(actual, price) == getattr(ideal, price)


@PURE
@given(promises(largest=500), tariffs(largest=1000))
def test_reference__failing_on_purpose__never_pays_for_all_homes_together(chosen, tariff):
    """Whatever they agree on among themselves, homes that deliver less together receive no more together."""
    retail, feed_in, _ = tariff
    kept = {key: Promise(p.production, p.promised, p.promised) for key, p in chosen.items()}
    value = {True: feed_in, False: retail}  # what a Wh is worth outside: sold to or bought from the grid instead
    outside = sum(
        value[p.production] * (p.promised - p.delivered) * (1 if p.production else -1) for p in chosen.values()
    )
    actual, ideal = (settle(each, *tariff) for each in (chosen, kept))
    energy = sum(p.promised for p in chosen.values())  # each price is rounded by less than a wei
    assert -actual.grid + outside <= -ideal.grid + energy


def test_clear__largest_totals_and_prices__fit(harness):
    largest = (LARGEST_TOTAL,) * 4
    result, grid_change = harness.clear(largest, LARGEST_PRICE, 0, LARGEST_PRICE)
    assert tuple(result) == (LARGEST_PRICE,) * 4 + (10_000, 10_000)
    assert grid_change == 0
    _, grid_change = harness.clear((LARGEST_TOTAL, 0, LARGEST_TOTAL, 0), LARGEST_PRICE, LARGEST_PRICE, LARGEST_PRICE)
    assert grid_change == -LARGEST_TOTAL * LARGEST_PRICE


def test_add__beyond_the_field__is_refused_and_never_spills_over(harness):
    full, one = (LARGEST_TOTAL, 0, 0, 0), (1, 0, 0, 0)
    assert tuple(harness.add(full, (0, 1, 1, 1))) == (LARGEST_TOTAL, 1, 1, 1)
    with reverts("Panic"):
        harness.add(full, one)


@PURE
@given(st.data())
def test_commitment__any_fields__come_back(harness, data):
    fields = [data.draw(st.one_of(st.integers(0, 2**bits - 1), st.just(2**bits - 1))) for bits in (32, 56, 56, 24, 8)]
    side, claimed = data.draw(st.integers(0, 1)), data.draw(st.integers(0, 2**24 - 1))
    reading, state = data.draw(st.integers(0, 2**32 - 1)), data.draw(st.integers(0, 4))
    info, read = harness.commitment((*fields, side, 0, claimed), reading, state)
    assert tuple(info) == (*fields, side, state, claimed)
    assert read == reading


@PURE
@given(st.integers(0, 2**80 - 1), st.integers(0, 5), st.binary(min_size=6, max_size=6), st.data())
def test_home__any_fields__come_back(harness, collateral, energy_type, location, data):
    reserved = data.draw(st.integers(0, collateral))
    profile = harness.home(collateral, reserved, energy_type, location)
    assert (profile.collateral, profile.reserved, profile.commitmentCount, profile.active) == (
        collateral,
        reserved,
        1,
        1,
    )
    assert (profile.energyType, bytes(profile.location)) == (energy_type, location)


def test_home__too_much_of_anything__is_refused(harness):
    with reverts("FieldOverflow", value=2**80, maximum=2**80 - 1):
        harness.home(2**80, 0, SOLAR, b"u09tvw")
    with reverts("FieldOverflow", maximum=2**24 - 1):
        harness.countOneMore(2**184 - 1, False)
    with reverts("FieldOverflow", maximum=2**16 - 1):
        harness.countOneMore(2**200 - 1, True)
