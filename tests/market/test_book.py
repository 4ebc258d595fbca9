import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dem.market import OrderError, double_auction
from dem.market.book import OrderBook


def book():
    return OrderBook(double_auction.clear)


def test_clear__partly_filled_order__waits_with_its_rest_and_keeps_its_place():
    orders = book()
    first = orders.place("bid", "ann", 10, 8)
    orders.place("bid", "bob", 10, 8)
    orders.place("ask", "eve", 2, 5)
    orders.clear(now=0)
    assert [(order.trader, order.quantity) for order in orders] == [("ann", 3), ("bob", 8)]
    orders.place("ask", "eve", 2, 3)
    _, fills = orders.clear(now=1)
    assert [(fill.order.id, fill.quantity) for fill in fills if fill.order.side == "bid"] == [(first.id, 3)]


def test_clear__expired_order__does_not_trade():
    orders = book()
    orders.place("bid", "ann", 10, 5, expires=3)
    orders.place("ask", "eve", 2, 5)
    clearing, _ = orders.clear(now=3)
    assert clearing.quantity == 0
    assert [order.trader for order in orders] == ["eve"]


def test_cancel__own_order__is_gone():
    orders = book()
    order = orders.place("bid", "ann", 10, 5)
    assert orders.cancel(order.id, "ann") == order
    assert len(orders) == 0


def test_cancel__someone_elses_order__is_refused():
    orders = book()
    order = orders.place("bid", "ann", 10, 5)
    with pytest.raises(OrderError, match="belongs to 'ann', not to 'bob'"):
        orders.cancel(order.id, "bob")
    assert len(orders) == 1


def test_cancel__unknown_order__is_refused():
    with pytest.raises(OrderError, match="no open order 7"):
        book().cancel(7, "ann")


@pytest.mark.parametrize(
    ("side", "price", "quantity", "message"),
    [
        ("sell", 1, 1, "side must be 'bid' or 'ask'"),
        ("bid", -1, 1, "is negative"),
        ("ask", float("nan"), 1, "is not finite"),
        ("ask", 1, 0, "would never trade"),
    ],
)
def test_place__bad_order__is_refused_and_the_book_unchanged(side, price, quantity, message):
    orders = book()
    with pytest.raises(OrderError, match=message):
        orders.place(side, "ann", price, quantity)
    assert len(orders) == 0


def test_place__expiry_that_is_no_moment__is_refused():
    orders = book()
    with pytest.raises(OrderError, match="expires is NaN"):
        orders.place("bid", "ann", 1, 1, expires=float("nan"))
    assert len(orders) == 0


class Trading(RuleBasedStateMachine):
    """Random traders; energy and money are accounted for outside the book."""

    def __init__(self):
        super().__init__()
        self.book = book()
        self.now = 0
        self.placed = {"bid": 0, "ask": 0}
        self.removed = {"bid": 0, "ask": 0}
        self.traded = {"bid": 0, "ask": 0}
        self.money = 0

    @rule(
        side=st.sampled_from(["bid", "ask"]),
        price=st.integers(0, 9),
        quantity=st.integers(1, 5),
        life=st.integers(1, 4),
    )
    def place(self, side, price, quantity, life):
        self.book.place(side, "ann", price, quantity, expires=self.now + life)
        self.placed[side] += quantity

    @rule(data=st.data())
    def cancel(self, data):
        if len(self.book):
            order = data.draw(st.sampled_from(list(self.book)))
            self.removed[order.side] += self.book.cancel(order.id, "ann").quantity

    @rule()
    def clear(self):
        self.now += 1
        for order in self.book:
            if order.expires <= self.now:
                self.removed[order.side] += order.quantity
        _, fills = self.book.clear(self.now)
        for fill in fills:
            self.traded[fill.order.side] += fill.quantity
            self.money += fill.payment if fill.order.side == "bid" else -fill.payment

    @invariant()
    def energy_and_money_are_conserved(self):
        assert self.traded["bid"] == self.traded["ask"]
        assert self.money == 0
        for side in ("bid", "ask"):
            waiting = sum(order.quantity for order in self.book if order.side == side)
            assert self.placed[side] == waiting + self.removed[side] + self.traded[side]


Trading.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestTrading = Trading.TestCase
