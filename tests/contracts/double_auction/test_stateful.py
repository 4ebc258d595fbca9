"""Random lives of a market: after every step the money adds up to the wei, and in the end everybody is paid out.

The model here knows money and quantities only: what each order locked, what of it is resolved. That fills are right
is the differential test's business.

``DEM_STATEFUL_EXAMPLES=500 pytest tests/contracts/double_auction/test_stateful.py`` looks further.
"""

from dataclasses import dataclass, field

import ape
from auction_market import (
    ALL,
    MIN_QTY,
    ORDER_TTL,
    SETTLEMENT_TTL,
    TICK,
    deposit_per_wh,
    escrow,
    reverts,
)
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from lives import try_lives

TRADERS = 4

picks = st.integers(0, 10**6)
shares = st.sampled_from([0, 0, 3, 10])  # tenths of a trade that the buyer refuses


@dataclass
class Placed:
    """An order: what is still locked for it, and what it was credited and paid."""

    trader: int
    is_bid: bool
    price: int
    locked: int  # Wh whose escrow is neither refunded nor resolved
    credit: int = 0
    paid: int = 0

    @property
    def escrow(self) -> int:
        return escrow(self.is_bid, self.price, self.locked)


@dataclass
class Pair:
    """A trade and whether it is resolved."""

    bid: int
    ask: int
    round: int
    quantity: int
    price: int
    cleared_at: int
    resolved: bool = False


@dataclass
class Books:
    """What the market must hold."""

    orders: dict[int, Placed] = field(default_factory=dict)
    trades: dict[int, Pair] = field(default_factory=dict)

    def balance(self) -> int:
        return sum(order.escrow + order.credit - order.paid for order in self.orders.values())

    def release(self, order_id: int, quantity: int, credit: int) -> None:
        order = self.orders[order_id]
        order.locked -= quantity
        order.credit += credit
        assert order.locked >= 0, "more was resolved than was locked"


class Lives(RuleBasedStateMachine):
    """Traders, meters, admins and time, each acting at random."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = self.auction  # set on the class by the test
        self.before = ape.chain.snapshot()
        self.books = Books()
        self.paused = False
        self.round = 0

    def teardown(self) -> None:
        try:
            self.end()
        finally:
            ape.chain.restore(self.before)

    @property
    def market(self):
        return self.chain.market

    def trader(self, order_id: int):
        return self.chain.traders[self.books.orders[order_id].trader]

    def some_order(self, pick: int) -> int:
        return sorted(self.books.orders)[pick % len(self.books.orders)]

    def some_trade(self, pick: int) -> int:
        """An open trade where there is one, now and then a resolved one."""
        trades = self.books.trades
        opened = [each for each in sorted(trades) if not trades[each].resolved]
        pool = opened if opened and pick % 8 else sorted(trades)
        return pool[pick // 8 % len(pool)]

    def is_late(self, trade: Pair) -> bool:
        """Whether the next block comes after the time for a proof."""
        return self.chain.now + 1 > trade.cleared_at + SETTLEMENT_TTL

    # ---- reading what calls did

    def note(self, receipt) -> None:
        """Take removals and rematches over into the books."""
        for event in receipt.decode_logs(self.market.OrderCancelled):
            assert event.refund == escrow(*self.terms(event.orderId), event.qty)
            self.books.release(event.orderId, event.qty, event.refund)
        for event in receipt.decode_logs(self.market.OrderRematched):
            old = self.books.orders[event.orderId]
            qty = self.market.orderOf(event.newOrderId).qty
            old.credit -= escrow(old.is_bid, old.price, qty)  # what the trade released went into the new order
            self.books.orders[event.newOrderId] = Placed(old.trader, old.is_bid, old.price, qty)
        for event in receipt.decode_logs(self.market.TradeMatched):
            self.note_round(event.round, event.quantity, event.mcp)

    def terms(self, order_id: int) -> tuple[bool, int]:
        order = self.books.orders[order_id]
        return order.is_bid, order.price

    def note_round(self, number: int, quantity: int, price: int) -> None:
        self.round = number
        fills = {order: self.market.fillOf(order, number) for order in self.books.orders}
        bids = [k for k, fill in fills.items() if self.books.orders[k].is_bid and fill.end > fill.begin]
        asks = [k for k, fill in fills.items() if not self.books.orders[k].is_bid and fill.end > fill.begin]
        traded = 0
        for bid in bids:
            assert self.books.orders[bid].price >= price
            for ask in asks:
                assert self.books.orders[ask].price <= price
                shared = min(fills[bid].end, fills[ask].end) - max(fills[bid].begin, fills[ask].begin)
                if shared > 0:
                    trade_id = self.market.tradeIdOf(bid, ask, number)
                    self.books.trades[trade_id] = Pair(bid, ask, number, shared, price, self.chain.now)
                    traded += shared
                    assert self.books.orders[bid].trader != self.books.orders[ask].trader
        assert traded == quantity

    # ---- rules

    @precondition(lambda self: not self.paused)
    @rule(
        trader=st.integers(0, TRADERS - 1),
        is_bid=st.booleans(),
        ticks=st.integers(8, 13),
        qty=st.integers(10, 60),
        minutes=st.sampled_from([5, 60, 600]),
    )
    def place(self, trader, is_bid, ticks, qty, minutes):
        signer = self.chain.traders[trader]
        own = [order for order in self.books.orders.values() if order.trader == trader and order.is_bid != is_bid]
        market_open = not self.market.status().inProgress
        try:
            order_id = self.chain.order_id(self.chain.place(signer, is_bid, ticks, qty, self.chain.now + 60 * minutes))
        except ape.exceptions.ContractLogicError:
            assert own or not market_open, "only a trader's own orders or a round in progress stand in the way"
            return
        self.books.orders[order_id] = Placed(trader, is_bid, ticks * TICK, qty)

    @precondition(lambda self: self.books.orders)
    @rule(pick=picks)
    def cancel(self, pick):
        order_id = self.some_order(pick)
        order = self.market.orderOf(order_id)
        if order.qty == order.qtyFilled:
            with reverts("NothingLeft", orderId=order_id):
                self.market.cancelOrder(order_id, sender=self.trader(order_id))
        else:
            self.note(self.market.cancelOrder(order_id, sender=self.trader(order_id)))

    @rule(steps=st.sampled_from([1, 2, ALL, ALL]))
    def match(self, steps):
        if self.paused and not self.market.status().inProgress:
            with reverts("MarketIsPaused"):
                self.market.matchOrders(steps, sender=self.chain.stranger)
        else:
            self.note(self.market.matchOrders(steps, sender=self.chain.stranger))

    @precondition(lambda self: self.books.trades)
    @rule(pick=picks, refused=shares)
    def settle(self, pick, refused):
        trade_id = self.some_trade(pick)
        trade = self.books.trades[trade_id]
        ask = self.books.orders[trade.ask]
        refuses = trade.quantity * refused // 10
        proof = self.chain.proof(trade_id, trade.quantity - refuses, refuses, signer=self.chain.traders[ask.trader])
        late = self.is_late(trade)
        if trade.resolved or late:
            with reverts("SettlementClosed" if late else "TradeResolved"):
                self.market.settle(trade_id, proof, sender=self.chain.stranger)
            return
        bid = self.books.orders[trade.bid]
        penalty = refuses * min(trade.price, deposit_per_wh(bid.price))
        paid = (trade.quantity - refuses) * trade.price + penalty
        self.books.release(trade.bid, trade.quantity, escrow(True, bid.price, trade.quantity) - paid)
        self.books.release(trade.ask, trade.quantity, paid + escrow(False, ask.price, trade.quantity))
        trade.resolved = True
        self.note(self.market.settle(trade_id, proof, sender=self.chain.stranger))

    @precondition(lambda self: self.books.trades)
    @rule(pick=picks)
    def expire(self, pick):
        trade_id = self.some_trade(pick)
        trade = self.books.trades[trade_id]
        late = self.is_late(trade)
        if trade.resolved or not late:
            with reverts("TradeResolved" if late else "SettlementOpen"):
                self.market.expire(trade_id, sender=self.chain.stranger)
            return
        self.fail(trade_id, trade)

    def fail(self, trade_id: int, trade: Pair) -> None:
        """The seller did not deliver: its deposit goes to the buyer."""
        bid, ask = self.books.orders[trade.bid], self.books.orders[trade.ask]
        compensation = escrow(False, ask.price, trade.quantity)
        self.books.release(trade.bid, trade.quantity, escrow(True, bid.price, trade.quantity) + compensation)
        self.books.release(trade.ask, trade.quantity, 0)
        trade.resolved = True
        self.note(self.market.expire(trade_id, sender=self.chain.stranger))

    @precondition(lambda self: self.books.trades)
    @rule(pick=picks)
    def admin_cancels_trade(self, pick):
        trade_id = self.some_trade(pick)
        trade = self.books.trades[trade_id]
        if trade.resolved:
            with reverts("TradeResolved"):
                self.market.adminCancelTrade(trade_id, sender=self.chain.admin)
            return
        for order_id in (trade.bid, trade.ask):
            self.books.release(order_id, trade.quantity, escrow(*self.terms(order_id), trade.quantity))
        trade.resolved = True
        self.market.adminCancelTrade(trade_id, sender=self.chain.admin)

    @precondition(lambda self: self.books.orders)
    @rule(pick=picks)
    def admin_cancels_order(self, pick):
        order_id = self.some_order(pick)
        order = self.market.orderOf(order_id)
        if order.qty > order.qtyFilled:
            self.note(self.market.adminCancelOrder(order_id, sender=self.chain.admin))

    @precondition(lambda self: self.books.orders)
    @rule(pick=picks)
    def withdraw(self, pick):
        self.pay_out([self.some_order(pick)])

    def pay_out(self, order_ids: list[int]) -> None:
        owner = self.trader(order_ids[0])
        due = sum(self.books.orders[order].credit - self.books.orders[order].paid for order in order_ids)
        receipt = self.market.withdraw(order_ids, owner, sender=owner)
        (event,) = list(receipt.decode_logs(self.market.Withdrawn))
        assert event.amount == due
        for order in order_ids:
            self.books.orders[order].paid = self.books.orders[order].credit

    @rule(seconds=st.sampled_from([60, 400, SETTLEMENT_TTL + 1]))
    def time_passes(self, seconds):
        self.chain.wait(seconds)

    @rule()
    def somebody_removes_expired(self):
        self.note(self.market.removeExpired(2, sender=self.chain.stranger))

    @rule(stop=st.sampled_from([True, False, False]))
    def pausing(self, stop):
        if stop != self.paused:
            (self.market.pause if stop else self.market.unpause)(sender=self.chain.admin)
            self.paused = stop

    # ---- what always holds

    @invariant()
    def money_adds_up_to_the_wei(self):
        assert self.market.balance == self.books.balance()

    @invariant()
    def nothing_is_credited_but_what_is_resolved(self):
        for order_id, order in self.books.orders.items():
            assert self.market.proceedsOf(order_id) == order.credit - order.paid

    def end(self) -> None:
        """Whatever happened, even paused: unproven trades expire, orders leave, everybody gets the last wei."""
        if not self.paused:
            self.market.pause(sender=self.chain.admin)
        if self.market.status().inProgress:
            self.note(self.market.matchOrders(ALL, sender=self.chain.stranger))
        self.chain.wait(ORDER_TTL + SETTLEMENT_TTL)
        for trade_id, trade in self.books.trades.items():
            if not trade.resolved:
                self.fail(trade_id, trade)
        self.note(self.market.removeExpired(ALL, sender=self.chain.stranger))
        for trader in range(TRADERS):
            own = [order_id for order_id, order in self.books.orders.items() if order.trader == trader]
            if own:
                self.pay_out(own)
        assert self.market.balance == self.books.balance() == 0


def test_market__random_lives__conserve_money_and_pay_everyone_out(auction):
    assert MIN_QTY <= 10
    Lives.auction = auction
    try_lives(Lives, examples=12, steps=30)
