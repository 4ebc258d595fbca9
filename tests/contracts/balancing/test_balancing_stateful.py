"""Random lives of a balancing market: money conserved to the unit, every payout as recomputed, everybody can leave.

``DEM_STATEFUL_EXAMPLES=500 pytest tests/contracts/balancing`` looks further.
"""

from dataclasses import dataclass

from balancing_world import CANCELLED, CERTIFIED, CURVE, OPEN, SETTLED, TERMS, World
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from lives import try_lives
from refusals import refused

from dem.chain.balancing import BalancingOrder
from dem.market.balancing_slot import SlotOrder, imbalance_price, payout

homes = st.integers(0, 3)
quantities = st.one_of(st.integers(1, 50), st.integers(1, 3_000), st.sampled_from([1_000, 2_000, 10**6]))


@dataclass
class Life:
    """What the model knows of an order."""

    order: BalancingOrder
    production: bool
    state: int = OPEN
    metered: int | None = None


class BalancingMachine(RuleBasedStateMachine):
    world: World

    def __init__(self):
        super().__init__()
        self.before = self.world.connection.snapshot()
        self.lives: list[Life] = []
        self.nets: dict[int, int] = {}
        self.balances = self.world.balances()
        self.reserve_at_start = self.world.reserve()
        self.brought_in = sum(self.balances) + self.reserve_at_start

    @initialize()
    def tokens_are_counted(self):
        assert self.world.tokens(self.world.contract) == self.brought_in

    # ---------------------------------------------------------------------------------------------- trade

    @rule(home=homes, ahead=st.integers(1, TERMS.horizon), quantity=quantities, production=st.booleans())
    def trade(self, home, ahead, quantity, production):
        slot = (self.world.connection.now - self.world.genesis) // TERMS.slot_s + ahead
        net = self.nets.get(slot, 0)
        after = net - quantity if production else net + quantity
        value = abs(CURVE.cost(after) - CURVE.cost(net))
        money = quantity * CURVE.max_price - value if production else value
        trade = self.world.market.sell if production else self.world.market.buy
        if self._gate_closed(slot):
            with refused("GateClosed"):
                trade(self.world.homes[home], slot, quantity)
            return
        order = trade(self.world.homes[home], slot, quantity)
        assert order.value == value
        self.nets[slot] = after
        self.balances[home] -= money
        self.lives.append(Life(order, production))

    @precondition(lambda self: any(life.state == OPEN for life in self.lives))
    @rule(data=st.data())
    def cancel(self, data):
        life = data.draw(st.sampled_from([life for life in self.lives if life.state == OPEN]))
        order = life.order
        if self._gate_closed(order.slot):
            with refused("GateClosed"):
                self.world.market.cancel(order)
            return
        net = self.nets[order.slot]
        after = net + order.quantity if life.production else net - order.quantity
        change = abs(CURVE.cost(after) - CURVE.cost(net))
        held = order.quantity * CURVE.max_price
        expected = held - max(order.value, change) if life.production else min(order.value, change)
        assert self.world.market.cancel(order).value("OrderCancelled", "payout") == expected
        self.nets[order.slot] = after
        self.balances[self._home(life)] += expected
        life.state = CANCELLED

    # ---------------------------------------------------------------------------------------------- settlement

    @rule(seconds=st.sampled_from([600, 2_700, 3_600, 7_200]))
    def time_passes(self, seconds):
        self.world.connection.advance_to(self.world.connection.now + seconds)

    @rule(data=st.data())
    def certify(self, data):
        waiting = [life for life in self._orders_over() if life.state == OPEN and not self._overdue(life.order.slot)]
        if not waiting:
            return
        slot = data.draw(st.sampled_from(sorted({life.order.slot for life in waiting})))
        read = [life for life in waiting if life.order.slot == slot and data.draw(st.integers(0, 3))]
        metered = [data.draw(st.integers(0, life.order.quantity)) for life in read]
        self.world.market.certify(slot, {life.order.id: wh for life, wh in zip(read, metered, strict=True)})
        for life, wh in zip(read, metered, strict=True):
            life.metered, life.state = wh, CERTIFIED

    @rule(data=st.data(), sender=homes)
    def settle(self, data, sender):
        slots = sorted({life.order.slot for life in self._orders_over()})
        if not slots:
            return
        slot = data.draw(st.sampled_from(slots))
        orders = [life for life in self._of(slot) if life.state != CANCELLED]
        chosen = [life for life in orders if data.draw(st.booleans())]
        ids = [life.order.id for life in chosen]
        if any(life.state == OPEN for life in orders) and not self._overdue(slot):
            with refused("CertificationPending"):
                self.world.market.settle(slot, ids, sender=self.world.homes[sender])
            return
        self._settle(slot, chosen, self.world.homes[sender])

    @rule(home=homes, part=st.integers(1, 10))
    def withdraw(self, home, part):
        account = self.world.homes[home]
        amount = self.balances[home] // part
        if amount:
            self.world.send(self.world.contract.withdraw, amount, account, sender=account)
            self.balances[home] -= amount
            self.world.market.join(account, amount)  # back in, so that trade can go on
            self.balances[home] += amount

    # ---------------------------------------------------------------------------------------------- promises

    @invariant()
    def money_is_conserved(self):
        held = self.world.reserve() + sum(self.world.pot(slot) for slot in self.nets)
        assert sum(self.balances) + held == self.brought_in

    def teardown(self):
        try:
            self._everybody_leaves()
        finally:
            self.world.connection.restore(self.before)

    def _everybody_leaves(self):
        """Whatever happened: all slots settle, by a stranger and without the certifier, and all money comes out."""
        world = self.world
        if self.nets and not self._overdue(max(self.nets)):
            world.end_certification(max(self.nets))
        for slot in self.nets:
            self._settle(slot, [life for life in self._of(slot) if life.state != CANCELLED], world.stranger)
        assert world.balances() == self.balances
        assert world.tokens(world.contract) == self.brought_in
        for account, balance in zip(world.homes, self.balances, strict=True):
            if balance:
                world.send(world.contract.withdraw, balance, account, sender=account)
        assert world.tokens(world.contract) == world.reserve()
        assert world.reserve() >= self.reserve_at_start - len(self.nets) * CURVE.worst_case_loss

    def _settle(self, slot, chosen, sender):
        orders = [life for life in self._of(slot) if life.metered is not None]
        missing = {
            side: sum(life.order.quantity - life.metered for life in orders if life.production == side)
            for side in (True, False)
        }
        price = imbalance_price(CURVE, self.nets[slot], missing[True], missing[False])
        for life in (life for life in chosen if life.state != SETTLED):
            order = SlotOrder(life.production, life.order.quantity, life.order.value)
            self.balances[self._home(life)] += payout(order, life.metered, price, CURVE)
            life.state = SETTLED
        self.world.market.settle(slot, [life.order.id for life in chosen], sender=sender)

    def _of(self, slot):
        return [life for life in self.lives if life.order.slot == slot]

    def _home(self, life):
        return self.world.homes.index(life.order.owner)

    def _gate_closed(self, slot):
        # The transaction's own block comes at least a second later.
        return self.world.connection.now + 1 >= self.world.start(slot) - TERMS.gate_closure_s

    def _orders_over(self):
        return [life for life in self.lives if self.world.connection.now >= self.world.start(life.order.slot + 1)]

    def _overdue(self, slot):
        return self.world.connection.now + 1 >= self.world.start(slot + 1) + TERMS.certification_s


def test_balancing_market__random_lives__conserve_money_and_let_everybody_leave(world):
    BalancingMachine.world = world
    try_lives(BalancingMachine, examples=6, steps=20)
