"""Random lives of a marketplace, step by step beside a model in plain Python.

Every call must do what the model says or be refused with the error the model names; after every step all accounts must
agree to the wei. At the end everything is closed, claimed and withdrawn, whatever is paused or broken by then.

``DEM_STATEFUL_EXAMPLES=500 pytest tests/contracts/test_stateful.py`` looks further, differently every time.
"""

import ape
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from lives import try_lives
from marketplace import FEED_IN, INTERVAL, LOCATION, PRICE, REPORTING_WINDOW, RETAIL, SOLAR, WINDOW, reverts
from model import Model, Refused

OWNERS = 4
EARLY, LATE = 600, 1500  # seconds into an interval: before and after the reporting window of the one before
assert EARLY < REPORTING_WINDOW < LATE < INTERVAL

owners = st.integers(0, OWNERS - 1)
picks = st.integers(0, 10**6)
callers = st.one_of(st.none(), st.none(), st.none(), owners)  # none: whoever the call is for
amounts = st.one_of(st.integers(1, 50), st.integers(1, 10**7))
parts = st.sampled_from([0, 0, 1, 3, 7, 10, 10, 10, 25])  # tenths of what was promised


class Lives(RuleBasedStateMachine):
    """Homes, meters, the grid, the price feed and time, each acting at random."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = self.market  # set on the class by the test
        self.before = ape.chain.snapshot()
        self.changed = True
        self.model = Model(self.chain.genesis, self.chain.grid(), self.chain.feed.latestTimestamp())

    def teardown(self) -> None:
        try:
            self.end()
        finally:
            ape.chain.restore(self.before)

    # ---- acting on both

    def act(self, change, arguments: tuple, call, *sent, sender, value: int = 0):
        """Apply a change to the model and the call to the chain; they must agree."""
        try:
            change(self.chain.now + 1, *arguments)
        except Refused as refused:
            with reverts(str(refused)):
                call(*sent, sender=sender, value=value)
        else:
            call(*sent, sender=sender, value=value)
            self.changed = True

    def home(self, pick: int) -> int:
        return 1 + pick % len(self.model.homes)

    def commitment(self, pick: int) -> int:
        return sorted(self.model.commitments)[pick % len(self.model.commitments)]

    def caller(self, home: int, caller: int | None) -> int:
        return self.model.homes[home].owner if caller is None else caller

    def account(self, owner: int):
        return self.chain.owners[owner]

    # ---- homes

    @initialize()
    def open(self) -> None:
        for owner in range(3):
            self.register(owner, 10**18)

    @precondition(lambda self: len(self.model.homes) < 5)
    @rule(owner=owners, collateral=st.integers(0, 10**18))
    def register(self, owner: int, collateral: int) -> None:
        call = self.chain.profile.registerUser
        self.act(
            self.model.register,
            (owner, collateral),
            call,
            LOCATION,
            SOLAR,
            sender=self.account(owner),
            value=collateral,
        )

    @rule(pick=picks, amount=st.integers(1, 10**17))
    def add_collateral(self, pick: int, amount: int) -> None:
        home = self.home(pick)
        call = self.chain.profile.addCollateral
        self.act(self.model.add_collateral, (home, amount), call, home, sender=self.chain.stranger, value=amount)

    @rule(pick=picks, caller=callers, excess=st.sampled_from([-5, 0, 0, 1]))
    def withdraw(self, pick: int, caller: int | None, excess: int) -> None:
        home = self.home(pick)
        who, amount = self.caller(home, caller), max(1, self.model.free(home) + excess)
        call, to = self.chain.profile.withdrawCollateral, self.account(who)
        self.act(self.model.withdraw, (home, who, amount), call, home, amount, to, sender=to)

    @rule(pick=picks, to=owners)
    def transfer(self, pick: int, to: int) -> None:
        home = self.home(pick)
        owner = self.account(self.model.homes[home].owner)
        call = self.chain.profile.transferFrom
        self.act(self.model.transfer, (home, to), call, owner, self.account(to), home, sender=owner)

    # ---- promises

    @rule(
        pick=picks,
        caller=callers,
        side=st.integers(0, 1),
        amount=amounts,
        ahead=st.sampled_from([0, 1, 1, 1, 1, 2, 5, WINDOW]),
        duration=st.sampled_from([1, 1, 1, 2, 3, 10, WINDOW]),
        deposit=st.sampled_from([True, True, True, False]),
    )
    def commit(self, pick, caller, side, amount, ahead, duration, deposit) -> None:
        home = self.home(pick)
        who, start, made = self.caller(home, caller), self.chain.current + ahead, len(self.model.commitments)
        self.act(
            self.model.commit,
            (home, who, side, amount, start, duration),
            self.chain.profile.createCommitment,
            *(home, side, amount, start, duration),
            sender=self.account(who),
        )
        if deposit and len(self.model.commitments) > made:
            self.make_binding(list(self.model.commitments)[-1], who)

    @precondition(lambda self: self.model.commitments)
    @rule(pick=picks, caller=callers)
    def deposit(self, pick: int, caller: int | None) -> None:
        commitment = self.commitment(pick)
        self.make_binding(commitment, self.caller(commitment >> 24, caller))

    def make_binding(self, commitment: int, who: int) -> None:
        call = self.chain.pool.deposit
        self.act(self.model.deposit, (commitment, who), call, commitment, sender=self.account(who))

    @precondition(lambda self: self.model.commitments)
    @rule(pick=picks, caller=callers)
    def cancel(self, pick: int, caller: int | None) -> None:
        commitment = self.commitment(pick)
        who = self.caller(commitment >> 24, caller)
        call = self.chain.profile.cancelCommitment
        self.act(self.model.cancel, (commitment, who), call, commitment, sender=self.account(who))

    # ---- time and settlement

    @rule(intervals=st.sampled_from([1, 1, 1, 2, 3, 9, 26]), offset=st.sampled_from([EARLY, LATE]))
    def advance(self, intervals: int, offset: int) -> None:
        self.chain.go_to(self.chain.current + intervals, offset)

    @precondition(lambda self: self.model.open_intervals())
    @rule(delivered=st.lists(parts, min_size=1, max_size=6), skip=st.booleans(), offset=st.sampled_from([EARLY, LATE]))
    def live_through_the_next_open_interval(self, delivered, skip, offset) -> None:
        """Let it end, report its commitments (perhaps not the first), close it."""
        interval = self.model.open_intervals()[0]
        if self.chain.current <= interval:
            self.chain.go_to(interval + 1, offset)
        for number, commitment in enumerate(sorted(self.model.promised(interval))):
            if not (skip and number == 0):
                self.meter(commitment, interval, delivered[number % len(delivered)])
        self.close(interval)

    @precondition(lambda self: self.model.commitments)
    @rule(pick=picks, later=st.integers(0, 3), part=parts)
    def report(self, pick: int, later: int, part: int) -> None:
        commitment = self.commitment(pick)
        self.meter(commitment, self.model.commitments[commitment].start + later, part)

    def meter(self, commitment: int, interval: int, part: int) -> None:
        delivered = self.model.commitments[commitment].amount * part // 10
        call = self.chain.market.reportDeliveries
        self.act(
            self.model.report, (commitment, interval, delivered), call, interval, [(commitment, delivered)],
            sender=self.chain.admin,
        )  # fmt: skip

    @rule(back=st.integers(-1, 3))
    def close_some(self, back: int) -> None:
        self.close(max(0, self.chain.current - back))

    def close(self, interval: int) -> None:
        self.act(self.model.close, (interval,), self.chain.market.closeInterval, interval, sender=self.chain.stranger)

    @precondition(lambda self: self.model.commitments)
    @rule(pick=picks)
    def claim(self, pick: int) -> None:
        commitment = self.commitment(pick)
        self.act(self.model.claim, (commitment,), self.chain.market.claim, commitment, sender=self.chain.stranger)

    # ---- terms

    @rule(price=st.sampled_from([-1, 0, 1, FEED_IN, PRICE, PRICE + 1, RETAIL, 10 * RETAIL]), refresh=st.booleans())
    def move_price(self, price: int, refresh: bool) -> None:
        self.chain.feed.updateAnswer(price * 1000, sender=self.chain.admin)
        self.model.set_feed(self.chain.now, price)
        if refresh:
            self.refresh()

    @rule()
    def refresh(self) -> None:
        self.act(self.model.refresh, (), self.chain.market.refreshQuote, sender=self.chain.stranger)

    @rule(stop=st.sampled_from([True, False, False]))
    def pause_or_unpause(self, stop: bool) -> None:
        call = self.chain.profile.pause if stop else self.chain.profile.unpause
        self.act(self.model.pause if stop else self.model.unpause, (), call, sender=self.chain.admin)

    @rule(retail=st.integers(1, 2 * RETAIL), tenths=st.integers(0, 10), late=st.integers(0, 2))
    def set_tariff(self, retail: int, tenths: int, late: int) -> None:
        terms = (retail, retail * tenths // 10, self.chain.current + WINDOW + late)
        self.act(self.model.set_tariff, terms, self.chain.profile.setTariff, *terms, sender=self.chain.admin)

    @rule(amount=st.integers(1, 10**17))
    def fund_grid(self, amount: int) -> None:
        self.act(self.model.fund_grid, (amount,), self.chain.profile.fundGrid, sender=self.chain.admin, value=amount)

    @rule(excess=st.sampled_from([-(10**17), 0, 1]))
    def withdraw_grid(self, excess: int) -> None:
        amount = max(1, self.model.grid - self.model.grid_reserved + excess)
        call = self.chain.profile.withdrawGrid
        self.act(self.model.withdraw_grid, (amount,), call, amount, self.chain.admin, sender=self.chain.admin)

    # ---- what always holds

    @invariant()
    def accounts_hold(self) -> None:
        if self.changed:  # a refused call leaves the chain as it was
            self.changed = False
            self.accounts_agree_to_the_wei()
            self.what_is_held_is_what_is_owed()

    def accounts_agree_to_the_wei(self) -> None:
        for home, expected in self.model.homes.items():
            actual = self.chain.profile.profileOf(home)
            assert (actual.collateral, actual.reserved) == (expected.collateral, expected.reserved), home
            assert (actual.active, actual.commitmentCount) == (expected.active, expected.count), home
        assert tuple(self.chain.profile.gridAccount()) == (self.model.grid, self.model.grid_reserved)

    def what_is_held_is_what_is_owed(self) -> None:
        owed = self.model.grid
        for home, profile in self.model.homes.items():
            unclaimed = self.model.unclaimed(home)
            assert unclaimed >= -profile.reserved, "a debt is covered by its own home's reserve"
            owed += profile.collateral + unclaimed
        assert 0 <= self.model.grid_reserved <= self.model.grid
        assert self.chain.profile.balance == owed

    def end(self) -> None:
        """Everybody leaves with what is theirs, in any order, whatever is paused or broken."""
        self.chain.go_to(self.chain.current + 3 * WINDOW)
        for interval in self.model.open_intervals():
            self.close(interval)
            assert interval in self.model.outcomes
        for commitment, promise in reversed(self.model.commitments.items()):
            if promise.state == "created":
                self.cancel_own(commitment)
            elif self.model.claimable(commitment):
                self.act(
                    self.model.claim, (commitment,), self.chain.market.claim, commitment, sender=self.chain.stranger
                )
        for home, profile in self.model.homes.items():
            assert profile.reserved == 0
            if profile.collateral:
                self.withdraw_all(home)
        if self.model.grid:
            self.withdraw_grid_exactly()
        assert self.chain.profile.balance == 0

    def cancel_own(self, commitment: int) -> None:
        who = self.model.homes[commitment >> 24].owner
        call = self.chain.profile.cancelCommitment
        self.act(self.model.cancel, (commitment, who), call, commitment, sender=self.account(who))

    def withdraw_all(self, home: int) -> None:
        profile = self.model.homes[home]
        amount, owner = profile.collateral, self.account(profile.owner)
        call = self.chain.profile.withdrawCollateral
        self.act(self.model.withdraw, (home, profile.owner, amount), call, home, amount, owner, sender=owner)
        assert profile.collateral == 0

    def withdraw_grid_exactly(self) -> None:
        amount, admin = self.model.grid, self.chain.admin
        call = self.chain.profile.withdrawGrid
        self.act(self.model.withdraw_grid, (amount,), call, amount, admin, sender=admin)
        assert self.model.grid == 0


def test_marketplace__any_life__agrees_with_the_model_to_the_wei(market):
    Lives.market = market
    try_lives(Lives, examples=15, steps=25)
