"""EnergyPool and the terms: deposits, the book of intervals, tariffs."""

import pytest
from marketplace import (
    CONSUMPTION,
    DEPOSITED,
    FEED_IN,
    PENALTY,
    PRODUCTION,
    RETAIL,
    WINDOW,
    commitment_id,
    load,
    reverts,
)
from refusals import NOBODY


class TestDeposit:
    def test_deposit__adds_to_every_interval_it_covers(self, market, homes):
        market.promise(homes[0], PRODUCTION, 100, start=2, duration=3)
        market.promise(homes[1], CONSUMPTION, 70, start=3, duration=1)
        market.promise(homes[2], PRODUCTION, 5, start=4, duration=2)
        books = {interval: tuple(market.pool.bookOf(interval)[:2]) for interval in range(1, 7)}
        assert books == {1: (0, 0), 2: (100, 0), 3: (100, 70), 4: (105, 0), 5: (5, 0), 6: (0, 0)}

    def test_deposit__marks_the_commitment_and_says_so(self, market, homes):
        commitment = market.commit(homes[0], PRODUCTION, 100, start=2, duration=3)
        receipt = market.pool.deposit(commitment, sender=market.owners[0])
        assert market.profile.commitmentOf(commitment).state == DEPOSITED
        event = next(log for log in receipt.events if log.event_name == "CommitmentDeposited")
        assert (event.commitmentId, event.operator, event.amount) == (commitment, market.owners[0], 100)
        assert (event.side, event.start, event.duration) == (PRODUCTION, 2, 3)

    def test_deposit__of_production__reserves_what_the_grid_could_owe(self, market, homes):
        market.promise(homes[0], PRODUCTION, 100, duration=3)
        market.promise(homes[1], CONSUMPTION, 100, duration=3)
        assert market.grid_reserved() == 100 * 3 * FEED_IN

    def test_deposit__beyond_the_grids_money__is_refused_and_frees_nothing_it_should_not(self, empty_market):
        market = empty_market
        home = market.register(market.owners[0])
        commitment = market.commit(home, PRODUCTION, 100)
        with reverts("InsufficientGridReserve", needed=100 * FEED_IN, available=0):
            market.pool.deposit(commitment, sender=market.owners[0])
        market.profile.fundGrid(sender=market.admin, value=100 * FEED_IN)
        market.pool.deposit(commitment, sender=market.owners[0])

    def test_deposit__by_approved_and_operator__is_taken(self, market, homes):
        first, second = (market.commit(homes[0], CONSUMPTION, 1) for _ in range(2))
        market.profile.approve(market.stranger, homes[0], sender=market.owners[0])
        market.pool.deposit(first, sender=market.stranger)
        market.profile.setApprovalForAll(market.owners[5], True, sender=market.owners[0])
        market.pool.deposit(second, sender=market.owners[5])

    def test_deposit__by_a_stranger__is_refused(self, market, homes):
        commitment = market.commit(homes[0], CONSUMPTION, 1)
        with reverts("NotAuthorized", profileId=homes[0], caller=market.stranger):
            market.pool.deposit(commitment, sender=market.stranger)

    def test_deposit__twice_or_never_made__is_refused(self, market, homes):
        commitment = market.promise(homes[0], CONSUMPTION, 1)
        with reverts("WrongCommitmentState", commitmentId=commitment, state=DEPOSITED):
            market.pool.deposit(commitment, sender=market.owners[0])
        with reverts("WrongCommitmentState", state=0):
            market.pool.deposit(commitment_id(homes[0], 7), sender=market.owners[0])

    def test_deposit__once_the_first_interval_began__is_refused(self, market, homes):
        commitment = market.commit(homes[0], CONSUMPTION, 1, start=2, duration=5)
        market.go_to(2, offset=1)
        with reverts("IntervalStarted", start=2, current=2):
            market.pool.deposit(commitment, sender=market.owners[0])

    def test_activate__by_anyone_but_the_pool__is_refused(self, market, homes):
        commitment = market.commit(homes[0], CONSUMPTION, 1)
        with reverts("CallerNotPool", caller=market.admin):
            market.profile.activate(commitment, market.owners[0], sender=market.admin)


class TestTariff:
    SOON = WINDOW + 1

    def test_setTariff__beyond_the_window__holds_from_there(self, market, homes):
        market.profile.setTariff(2 * RETAIL, FEED_IN, self.SOON, sender=market.admin)
        assert market.profile.latestTariff()[0] == 1
        before = market.commit(homes[0], CONSUMPTION, 1, start=WINDOW)
        market.go_to(5)
        market.refresh()
        after = market.commit(homes[0], CONSUMPTION, 1, start=self.SOON)
        assert market.profile.commitmentOf(before).rate == RETAIL
        assert market.profile.commitmentOf(after).rate == 2 * RETAIL
        market.pool.deposit(before, sender=market.owners[0])
        market.pool.deposit(after, sender=market.owners[0])
        assert market.pool.bookOf(WINDOW).tariffId == 0
        assert market.pool.bookOf(self.SOON).tariffId == 1

    def test_setTariff__interval_somebody_may_have_committed_to__is_refused(self, market):
        with reverts("TariffTooSoon", earliest=self.SOON):
            market.profile.setTariff(RETAIL, FEED_IN, WINDOW, sender=market.admin)

    def test_setTariff__while_another_is_pending__is_refused(self, market):
        market.profile.setTariff(RETAIL, FEED_IN, self.SOON, sender=market.admin)
        with reverts("TariffPending", **{"from": self.SOON}):
            market.profile.setTariff(RETAIL, FEED_IN, self.SOON + 5, sender=market.admin)
        market.go_to(self.SOON)
        market.profile.setTariff(RETAIL, FEED_IN, 2 * WINDOW + 2, sender=market.admin)

    @pytest.mark.parametrize(("retail", "feed_in"), [(0, 0), (5, 6)])
    def test_setTariff__that_makes_no_sense__is_refused(self, market, retail, feed_in):
        with reverts("InvalidTariff"):
            market.profile.setTariff(retail, feed_in, self.SOON, sender=market.admin)

    def test_createCommitment__across_a_change_of_tariff__is_refused(self, market, homes):
        market.profile.setTariff(2 * RETAIL, FEED_IN, self.SOON, sender=market.admin)
        market.go_to(10)
        market.refresh()
        with reverts("CrossesTariff", **{"from": self.SOON}):
            market.commit(homes[0], CONSUMPTION, 1, start=WINDOW, duration=2)
        market.commit(homes[0], CONSUMPTION, 1, start=WINDOW - 1, duration=2)
        market.commit(homes[0], CONSUMPTION, 1, start=self.SOON, duration=2)

    def test_closeInterval__after_later_tariffs__still_uses_its_own(self, market, homes):
        commitment = market.promise(homes[0], CONSUMPTION, 100, start=2)
        market.profile.setTariff(2 * RETAIL, FEED_IN, self.SOON, sender=market.admin)
        market.go_to(self.SOON)
        market.profile.setTariff(3 * RETAIL, FEED_IN, 60, sender=market.admin)
        market.go_to(61)
        market.refresh()
        market.report(2, {commitment: 40})
        market.close(2)
        result = market.market.resultOf(2)
        assert (result.buyPrice, result.penalty) == (RETAIL, PENALTY)

    def test_deployment__that_makes_no_sense__is_refused(self, market):
        deploy = load("EnergyMarket").deploy
        good = {"admin": market.admin, "feed": market.feed}
        good |= {"age": 100, "length": 3600, "window": 60, "retail": RETAIL, "feed_in": FEED_IN}
        for bad, error in [
            ({"admin": NOBODY}, "ZeroAddress"),
            ({"feed": NOBODY}, "ZeroAddress"),
            ({"age": 0}, "InvalidFeedMaxAge"),
            ({"length": 0}, "InvalidReportingWindow"),
            ({"window": 0}, "InvalidReportingWindow"),
            ({"window": 24 * 3600 + 1}, "InvalidReportingWindow"),
            ({"retail": 0}, "InvalidTariff"),
            ({"feed_in": RETAIL + 1}, "InvalidTariff"),
        ]:
            with reverts(error):
                deploy(*(good | bad).values(), sender=market.admin)
