import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.vpp import ConservationError, accounts, conservation, market

EXAMPLES = int(os.environ.get("DEM_EXAMPLES", "20"))
energies = st.integers(-20_000, 20_000)


@st.composite
def neighbourhoods(draw):
    """What homes expect, what comes, and their prices."""
    homes = draw(st.integers(1, 8))
    several = [st.lists(values, min_size=homes, max_size=homes) for values in (energies, energies)]
    expected, metered = (np.array(draw(values)) for values in several)
    feed_in = np.array(draw(st.lists(st.integers(0, 20_000), min_size=homes, max_size=homes)))
    retail = feed_in + np.array(draw(st.lists(st.integers(0, 30_000), min_size=homes, max_size=homes)))
    return expected, metered, retail, feed_in


def cleared(name, expected, retail, feed_in, seed=1):
    book = market.place(expected, retail, feed_in, 5_000, seed)
    clearing = market.MECHANISMS[name](book)
    return book, market.positions(book, clearing, len(expected)), getattr(clearing, "imbalance", 0)


@pytest.mark.parametrize("name", market.MECHANISMS)
@settings(max_examples=EXAMPLES, deadline=None)
@given(neighbourhoods())
def test_settle__any_mechanism__energy_and_money_balance_to_the_unit(name, drawn):
    expected, metered, retail, feed_in = drawn
    book, traded, imbalance = cleared(name, expected, retail, feed_in)
    settled = accounts.settle(metered, expected, traded, retail, feed_in, book.curve)
    conservation.check_books(settled, imbalance, book.curve)
    assert settled.cash.sum() + settled.network_income + settled.market_surplus == 0


@pytest.mark.parametrize("name", sorted(set(market.MECHANISMS) - {"balancing_curve"}))
@settings(max_examples=EXAMPLES, deadline=None)
@given(neighbourhoods())
def test_settle__energy_comes_as_ordered__nobody_is_worse_off_than_at_the_network(name, drawn):
    expected, _, retail, feed_in = drawn
    book, traded, _ = cleared(name, expected, retail, feed_in)
    settled = accounts.settle(expected, expected, traded, retail, feed_in, book.curve)
    alone = np.where(expected > 0, -expected * retail, -expected * feed_in)
    assert (settled.cash >= alone).all()
    assert traded.energy_wh.sum() == 0


@pytest.mark.parametrize("field", ["position_wh", "deviation_wh", "market_cash", "balance_cash"])
def test_check__a_number_that_was_changed__is_found(field):
    expected, retail, feed_in = np.array([500, -700, 90]), np.full(3, 30_000), np.full(3, 8_000)
    book, traded, _ = cleared("double_auction", expected, retail, feed_in)
    settled = accounts.settle(expected + 40, expected, traded, retail, feed_in, book.curve)
    forged = replace(settled, **{field: getattr(settled, field) + np.array([0, 0, 9])})
    with pytest.raises(ConservationError):
        conservation.check_books(forged, 0, book.curve)


def test_settle__deviation_against_the_others__is_paid():
    expected, retail, feed_in = np.zeros(3, dtype=np.int64), np.full(3, 30_000), np.full(3, 8_000)
    book, traded, _ = cleared("double_auction", expected, retail, feed_in)
    settled = accounts.settle(np.array([900, 900, -300]), expected, traded, retail, feed_in, book.curve)
    assert settled.balance_cash[2] > 0 > settled.balance_cash[0]
    assert 19_000 < settled.imbalance_price < 30_000


@pytest.mark.parametrize(("metered", "price"), [([900, 900, -300], 30_000), ([-900, -900, 300], 8_000)])
def test_settle__shortage_or_surplus__balances_at_retail_or_feed_in(metered, price):
    expected, retail, feed_in = np.zeros(3, dtype=np.int64), np.full(3, 30_000), np.full(3, 8_000)
    _, traded, _ = cleared("double_auction", expected, retail, feed_in)
    curve = market.balance_curve(retail, feed_in)
    settled = accounts.settle(np.array(metered), expected, traded, retail, feed_in, curve)
    conservation.check_books(settled, 0, curve)
    assert settled.imbalance_price == pytest.approx(price, rel=1e-3)
