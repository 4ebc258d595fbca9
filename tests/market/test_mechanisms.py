"""Each mechanism keeps exactly the promises of its docstring: rationality, budget, truthfulness, efficiency."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.market import OrderError, double_auction, fixed_price, mcafee, muda, pooled, trade_reduction, vcg
from dem.market.rationing import ration

POOLED = functools.partial(pooled.clear, price=6)
MUDA = functools.partial(muda.clear, seed=3)
MECHANISMS = {
    "double_auction": double_auction.clear,
    "vcg": vcg.clear,
    "mcafee": mcafee.clear,
    "trade_reduction": trade_reduction.clear,
    "muda": MUDA,
    "pooled": POOLED,
    "fixed_price": fixed_price.clear,
}
TRUTHFUL = {
    "vcg": ("bid", "ask"),
    "mcafee": ("bid", "ask"),
    "trade_reduction": ("bid", "ask"),
    "muda": ("bid", "ask"),
    "pooled": ("bid", "ask"),
    "fixed_price": ("bid",),
}
orders = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=7)
each = pytest.mark.parametrize("name", MECHANISMS)


def arrays(bids, asks):
    return [[order[column] for order in book] for book in (bids, asks) for column in (0, 1)]


def utility(clearing, side, index, value):
    if side == "bid":
        return value * clearing.bid_fill[index] - clearing.bid_payment[index]
    return clearing.ask_payment[index] - value * clearing.ask_fill[index]


@each
@given(bids=orders, asks=orders)
@settings(max_examples=150, deadline=None)
def test_clear__any_book__matches_supply_and_demand_within_the_orders(name, bids, asks):
    bp, bq, ap, aq = arrays(bids, asks)
    clearing = MECHANISMS[name](bp, bq, ap, aq)
    assert clearing.bid_fill.sum() == clearing.ask_fill.sum()
    assert ((clearing.bid_fill >= 0) & (clearing.bid_fill <= bq)).all()
    assert ((clearing.ask_fill >= 0) & (clearing.ask_fill <= aq)).all()


@each
@given(bids=orders, asks=orders)
@settings(max_examples=150, deadline=None)
def test_clear__any_book__nobody_is_worse_off_than_without_trade(name, bids, asks):
    bp, bq, ap, aq = arrays(bids, asks)
    clearing = MECHANISMS[name](bp, bq, ap, aq)
    assert all(utility(clearing, "bid", i, bp[i]) >= 0 for i in range(len(bp)))
    assert all(utility(clearing, "ask", i, ap[i]) >= 0 for i in range(len(ap)))


@each
@given(bids=orders, asks=orders)
@settings(max_examples=150, deadline=None)
def test_clear__any_book__keeps_its_budget(name, bids, asks):
    clearing = MECHANISMS[name](*arrays(bids, asks))
    if name in ("mcafee", "trade_reduction"):
        assert clearing.surplus >= 0
    elif name == "vcg":
        assert clearing.surplus <= 0
    else:
        assert clearing.surplus == 0


@each
@given(bids=orders, asks=orders)
@settings(max_examples=100, deadline=None)
def test_clear__huge_integers__stay_exact(name, bids, asks):
    """The same book in a smaller unit of money: the same fills, and payments larger by just that factor."""
    huge = 2**58
    bp, bq, ap, aq = arrays([(2 * price, qty) for price, qty in bids], [(2 * price, qty) for price, qty in asks])
    clearing = MECHANISMS[name](bp, bq, ap, aq)
    mechanism = functools.partial(pooled.clear, price=6 * huge) if name == "pooled" else MECHANISMS[name]
    scaled = mechanism([price * huge for price in bp], bq, [price * huge for price in ap], aq)
    for field in ("bid_fill", "ask_fill"):
        assert getattr(scaled, field).tolist() == getattr(clearing, field).tolist()
    for field in ("bid_payment", "ask_payment"):
        money = getattr(clearing, field).tolist()
        assert all(isinstance(paid, int) for paid in money)
        assert getattr(scaled, field).tolist() == [paid * huge for paid in money]
    assert scaled.surplus == clearing.surplus * huge


@pytest.mark.parametrize("name", TRUTHFUL)
@given(bids=orders, asks=orders, data=st.data())
@settings(max_examples=500, deadline=None)
def test_clear__a_false_price__never_pays(name, bids, asks, data):
    bp, bq, ap, aq = arrays(bids, asks)
    sides = [side for side in TRUTHFUL[name] if (bp if side == "bid" else ap)]
    if not sides:
        return
    side = data.draw(st.sampled_from(sides))
    prices = bp if side == "bid" else ap
    index = data.draw(st.integers(0, len(prices) - 1))
    value = prices[index]
    honest = utility(MECHANISMS[name](bp, bq, ap, aq), side, index, value)
    prices[index] = data.draw(st.integers(0, 13))
    assert utility(MECHANISMS[name](bp, bq, ap, aq), side, index, value) <= honest


def test_double_auction__a_shaded_bid__can_pay():
    honest = double_auction.clear([10, 6], [1, 1], [2, 4], [1, 1])
    shaded = double_auction.clear([10, 4], [1, 1], [2, 4], [1, 1])
    assert utility(shaded, "bid", 1, 6) > utility(honest, "bid", 1, 6)


@given(bids=orders, asks=orders)
@settings(max_examples=300, deadline=None)
def test_vcg__any_book__charges_each_trader_its_cost_to_the_others(bids, asks):
    """Against the definition: welfare of the others without the trader, less their welfare with it."""
    bp, bq, ap, aq = arrays(bids, asks)
    clearing = vcg.clear(bp, bq, ap, aq)
    for i in range(len(bp)):
        without = double_auction.clear(bp[:i] + bp[i + 1 :], bq[:i] + bq[i + 1 :], ap, aq).welfare
        assert clearing.bid_payment[i] == without - (clearing.welfare - bp[i] * clearing.bid_fill[i])
    for j in range(len(ap)):
        without = double_auction.clear(bp, bq, ap[:j] + ap[j + 1 :], aq[:j] + aq[j + 1 :]).welfare
        assert clearing.ask_payment[j] == clearing.welfare + ap[j] * clearing.ask_fill[j] - without


def efficiency(mechanism, orders, generator, books=60):
    gained = possible = 0
    for _ in range(books):
        bp, ap = generator.integers(0, 10_000, (2, orders // 2))
        ones = np.ones(orders // 2, dtype=int)
        gained += mechanism(bp, ones, ap, ones).welfare
        possible += double_auction.clear(bp, ones, ap, ones).welfare
    return gained / possible


# MUDA's lottery serves the longer side at random, so its loss shrinks with the root of the market's size only.
@pytest.mark.parametrize(("name", "many"), [("mcafee", 200), ("trade_reduction", 200), ("muda", 20_000)])
def test_truthful_mechanisms__growing_market__lose_ever_less(name, many):
    generator = np.random.default_rng(5)
    small, large = (efficiency(MECHANISMS[name], size, generator) for size in (10, many))
    assert small < large
    assert large > 0.97


def test_mcafee__price_outside_the_margin__falls_back_to_reduction():
    # The orders left out, 1 and 11, would give 6; the marginal pair is (10, 8), which would not sell at 6.
    clearing = mcafee.clear([12, 10, 1], [1, 1, 1], [2, 8, 11], [1, 1, 1])
    assert clearing.bid_fill.tolist() == [1, 0, 0]
    assert (clearing.bid_payment[0], clearing.ask_payment[0]) == (10, 8)


def test_mcafee__price_inside_the_margin__trades_everything():
    clearing = mcafee.clear([12, 10, 6], [1, 1, 1], [2, 4, 8], [1, 1, 1])
    assert clearing.bid_fill.tolist() == [1, 1, 0]
    assert clearing.price == 7


def test_trade_reduction__uneven_rest__rations_the_longer_side_in_proportion():
    clearing = trade_reduction.clear([9, 8, 7], [4, 8, 5], [1, 2], [6, 8])
    assert clearing.ask_fill.tolist() == [6, 0]
    assert clearing.bid_fill.tolist() == [2, 4, 0]


def test_pooled__shortage__is_shared_in_proportion_whatever_the_bid():
    clearing = pooled.clear([9, 7, 5], [10, 20, 30], [3], [15], price=6)
    assert clearing.bid_fill.tolist() == [5, 10, 0]
    assert clearing.price == 6


@pytest.mark.parametrize("price", [-1, float("nan"), float("inf")])
def test_pooled__bad_price__is_refused(price):
    with pytest.raises(OrderError, match="price must be finite and not negative"):
        pooled.clear([1], [1], [1], [1], price=price)


def test_fixed_price__early_buyer__takes_what_a_late_one_values_more():
    clearing = fixed_price.clear([5, 50], [1, 1], [3], [1])
    assert clearing.bid_fill.tolist() == [1, 0]
    assert fixed_price.clear([5, 50], [1, 1], [3], [1], bid_time=[2, 1]).bid_fill.tolist() == [0, 1]


def test_muda__same_seed__same_outcome():
    book = ([9, 8, 7, 6, 5], [3] * 5, [1, 2, 3, 4, 5], [2] * 5)
    first, again = (muda.clear(*book, seed=12) for _ in range(2))
    assert first.bid_fill.tolist() == again.bid_fill.tolist()


@given(
    wanted=st.lists(st.integers(0, 10**12), min_size=1, max_size=8),
    share=st.fractions(0, 1),
)
def test_ration__integers__add_up_and_stay_within_one_unit_of_the_exact_share(wanted, share):
    wanted = np.array(wanted)
    available = int(share * int(wanted.sum()))
    shares = ration(wanted, available)
    assert shares.sum() == available
    assert ((shares >= 0) & (shares <= wanted)).all()
    total = int(wanted.sum())
    assert all(abs(int(s) * total - int(w) * available) <= total for s, w in zip(shares, wanted, strict=True))
