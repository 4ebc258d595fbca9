"""EnergyMarket: reports, closing, claims, upkeep."""

import eth_abi
import pytest
from marketplace import (
    COLLATERAL,
    CONSUMPTION,
    FEED_IN,
    INTERVAL,
    PENALTY,
    PRICE,
    PRODUCTION,
    REPORTING_WINDOW,
    RETAIL,
    SETTLED,
    WINDOW,
    commitment_id,
    reverts,
)


@pytest.fixture
def pair(market, homes):
    """A producer and a consumer of 1,000 Wh in interval 2."""
    return market.promise(homes[0], PRODUCTION, 1000), market.promise(homes[1], CONSUMPTION, 1000)


class TestReportDeliveries:
    def test_reportDeliveries__counts_up_to_the_promise(self, market, homes, pair):
        maker, taker = pair
        market.go_to(3)
        receipt = market.report(2, {maker: 10**9, taker: 400})
        assert market.profile.deliveryOf(maker, 2) == [True, 1000]
        assert market.profile.deliveryOf(taker, 2) == [True, 400]
        totals = market.market.meteredOf(2)
        assert (totals.promisedSupply, totals.promisedDemand, totals.supply, totals.demand) == (1000, 1000, 1000, 400)
        events = receipt.decode_logs(market.profile.DeliveryReported.abi)
        assert [(log.commitmentId, log.meter, log.delivered) for log in events] == [
            (maker, market.admin, 1000),
            (taker, market.admin, 400),
        ]

    def test_reportDeliveries__in_parts__adds_up(self, market, pair):
        market.go_to(3)
        market.report(2, {pair[0]: 300})
        market.report(2, {pair[1]: 500})
        totals = market.market.meteredOf(2)
        assert (totals.supply, totals.demand) == (300, 500)

    def test_reportDeliveries__before_the_end_or_after_closing__is_refused(self, market, pair):
        with reverts("IntervalNotOver", interval=2):
            market.report(2, {pair[0]: 1})
        market.settle(2, dict.fromkeys(pair, 1000))
        with reverts("IntervalAlreadyClosed", interval=2):
            market.report(2, {pair[0]: 1})

    def test_reportDeliveries__twice__is_refused_even_in_one_batch(self, market, pair):
        market.go_to(3)
        with reverts("AlreadyReported", commitmentId=pair[0], interval=2):
            market.market.reportDeliveries(2, [(pair[0], 1), (pair[0], 1)], sender=market.admin)
        market.report(2, {pair[0]: 0})
        with reverts("AlreadyReported"):
            market.report(2, {pair[0]: 5})

    def test_reportDeliveries__of_what_is_not_committed__is_refused(self, market, homes, pair):
        undeposited = market.commit(homes[2], CONSUMPTION, 5)
        market.go_to(4)
        for commitment, interval in [(undeposited, 2), (pair[0], 1), (pair[0], 3), (commitment_id(homes[3], 0), 2)]:
            with reverts("NotCommitted", commitmentId=commitment, interval=interval):
                market.report(interval, {commitment: 1})
        with reverts("NotCommitted"):
            market.profile.deliveryOf(pair[0], 3)

    def test_reportDeliveries__of_24_intervals__keeps_each(self, market, homes):
        commitment = market.promise(homes[0], PRODUCTION, 1000, start=1, duration=WINDOW)
        market.go_to(WINDOW + 1)
        for interval in range(WINDOW, 0, -1):
            market.report(interval, {commitment: interval * 7})
        deliveries = [market.profile.deliveryOf(commitment, interval) for interval in range(1, WINDOW + 1)]
        assert deliveries == [[True, interval * 7] for interval in range(1, WINDOW + 1)]

    def test_reportDeliveries__largest_amount__fits(self, market, homes):
        largest = 2**32 - 2
        market.profile.addCollateral(homes[0], sender=market.admin, value=2 * largest * RETAIL)
        commitment = market.promise(homes[0], CONSUMPTION, largest, duration=2)
        market.go_to(4)
        for interval in (2, 3):
            market.report(interval, {commitment: 2**256 - 1})
            assert market.profile.deliveryOf(commitment, interval) == [True, largest]


class TestCloseInterval:
    def test_closeInterval__balanced__everyone_trades_at_the_price(self, market, pair):
        receipt = market.settle(2, dict.fromkeys(pair, 1000))
        event = next(log for log in receipt.events if log.event_name == "IntervalClosed")
        assert (event.supply, event.demand, event.price) == (1000, 1000, PRICE)
        assert (event.sellPrice, event.buyPrice, event.gridChange) == (PRICE, PRICE, 0)
        result = market.market.resultOf(2)
        assert (result.supplyFill, result.demandFill) == (10_000, 10_000)

    def test_closeInterval__more_supply__the_rest_is_fed_in(self, market, homes):
        commitments = [market.promise(homes[0], PRODUCTION, 1000), market.promise(homes[1], CONSUMPTION, 250)]
        market.go_to(3)
        market.report(2, dict(zip(commitments, (1000, 250), strict=True)))
        market.close(2)
        result = market.market.resultOf(2)
        assert result.sellPrice == (250 * PRICE + 750 * FEED_IN) // 1000
        assert result.buyPrice == PRICE
        assert (result.supplyFill, result.demandFill) == (2500, 10_000)

    def test_closeInterval__more_demand__the_rest_is_retail(self, market, homes):
        commitments = [market.promise(homes[0], PRODUCTION, 250), market.promise(homes[1], CONSUMPTION, 1000)]
        market.go_to(3)
        market.report(2, dict(zip(commitments, (250, 1000), strict=True)))
        market.close(2)
        result = market.market.resultOf(2)
        assert result.buyPrice == (250 * PRICE + 750 * RETAIL) // 1000
        assert result.sellPrice == PRICE
        assert (result.supplyFill, result.demandFill) == (10_000, 2500)

    def test_closeInterval__producer_fails__consumer_pays_what_it_would_have_paid(self, market, homes, pair):
        maker, taker = pair
        market.settle(2, {maker: 0, taker: 1000})
        assert COLLATERAL - market.collateral(homes[1]) == 1000 * PRICE
        assert COLLATERAL - market.collateral(homes[0]) == 1000 * PENALTY

    def test_closeInterval__consumer_fails__producer_earns_what_it_would_have_earned(self, market, homes, pair):
        maker, taker = pair
        market.settle(2, {maker: 1000, taker: 0})
        assert market.collateral(homes[0]) - COLLATERAL == 1000 * PRICE
        assert COLLATERAL - market.collateral(homes[1]) == 1000 * PENALTY

    def test_closeInterval__before_the_end__is_refused(self, market, pair):
        market.go_to(2)
        with reverts("IntervalNotOver", interval=2, end=market.genesis + 3 * INTERVAL):
            market.close(2)

    def test_closeInterval__reports_missing__waits_for_the_reporting_window(self, market, pair):
        end = market.genesis + 3 * INTERVAL
        market.go_to(3)
        market.report(2, {pair[0]: 1000})
        with reverts("ReportsMissing", interval=2, until=end + REPORTING_WINDOW):
            market.close(2)
        market.go_to(3, REPORTING_WINDOW)
        market.close(2)

    def test_closeInterval__twice_or_empty__is_refused(self, market, pair):
        market.settle(2, dict.fromkeys(pair, 1000))
        with reverts("IntervalAlreadyClosed", interval=2):
            market.close(2)
        with reverts("NothingDeposited", interval=1):
            market.close(1)

    def test_closeInterval__unreported__is_void_for_that_home_alone(self, market, homes, pair):
        maker, taker = pair
        market.go_to(3)
        market.report(2, {taker: 1000})
        market.go_to(3, REPORTING_WINDOW)
        market.close(2)
        assert market.market.claimable(maker) == [1, 0, 0]
        market.claim(maker)
        market.claim(taker)
        assert (market.collateral(homes[0]), market.reserved(homes[0])) == (COLLATERAL, 0)
        assert market.collateral(homes[1]) == COLLATERAL - 1000 * RETAIL

    def test_closeInterval__nobody_reported__everybody_is_free_again(self, market, homes, pair):
        grid = market.grid()
        market.go_to(3, REPORTING_WINDOW)
        market.close(2)
        market.market.claimMany(pair, sender=market.stranger)
        assert [market.profile.freeCollateral(home) for home in homes] == [COLLATERAL] * 4
        assert (market.grid(), market.grid_reserved()) == (grid, 0)

    def test_closeInterval__in_any_order__intervals_are_independent(self, market, homes):
        commitment = market.promise(homes[0], CONSUMPTION, 100, start=2, duration=3)
        market.go_to(5)
        for interval in (2, 3, 4):
            market.report(interval, {commitment: 100})
        market.close(3)
        market.claim(commitment)
        assert market.reserved(homes[0]) == 2 * 100 * RETAIL
        market.close(4)
        market.close(2)
        market.claim(commitment)
        assert market.collateral(homes[0]) == COLLATERAL - 3 * 100 * RETAIL

    def test_closeInterval__releases_the_grids_reserve(self, market, homes, pair):
        later = market.promise(homes[0], PRODUCTION, 10, start=5)
        market.settle(2, dict.fromkeys(pair, 1000))
        assert market.grid_reserved() == 10 * FEED_IN
        assert market.market.isClosed(2)
        assert not market.market.isClosed(5)
        market.settle(5, {later: 10})
        assert market.grid_reserved() == 0

    def test_resultOf_and_meteredOf__refuse_what_they_cannot_know(self, market, pair):
        with reverts("IntervalStillOpen", interval=2):
            market.market.resultOf(2)
        market.settle(2, dict.fromkeys(pair, 1000))
        with reverts("IntervalAlreadyClosed", interval=2):
            market.market.meteredOf(2)


class TestClaim:
    def test_claim__moves_money_once(self, market, homes, pair):
        market.settle(2, dict.fromkeys(pair, 1000))
        assert market.collateral(homes[0]) == COLLATERAL + 1000 * PRICE
        assert market.collateral(homes[1]) == COLLATERAL - 1000 * PRICE
        for commitment in pair:
            assert market.profile.commitmentOf(commitment).state == SETTLED
            with reverts("NothingToClaim", commitmentId=commitment):
                market.claim(commitment)

    def test_claim__before_closing__is_refused(self, market, pair):
        market.go_to(3)
        market.report(2, dict.fromkeys(pair, 1000))
        for commitment in (*pair, commitment_id(4, 0), 0, 2**256 - 1):
            with reverts("NothingToClaim"):
                market.claim(commitment)

    def test_claim__several_intervals_in_one_call__equal_one_by_one(self, market, homes):
        together, apart = (market.promise(home, PRODUCTION, 100, start=2, duration=12) for home in homes[:2])
        for interval in range(2, 14):
            market.go_to(interval + 1)
            market.refresh()
            market.report(interval, {together: 9 * interval, apart: 9 * interval})
            market.close(interval)
            market.claim(apart)
        market.claim(together)
        assert market.collateral(homes[0]) == market.collateral(homes[1])
        assert market.reserved(homes[0]) == market.reserved(homes[1]) == 0

    def test_claimMany__passes_over_what_has_nothing_to_claim(self, market, homes, pair):
        market.go_to(3)
        market.report(2, dict.fromkeys(pair, 1000))
        market.close(2)
        market.claim(pair[0])
        market.market.claimMany([pair[0], pair[1], commitment_id(homes[3]), pair[1]], sender=market.stranger)
        assert market.collateral(homes[1]) == COLLATERAL - 1000 * PRICE
        market.assert_conserved(homes)

    def test_claim__a_hundred_intervals_later__pays_the_same(self, market, homes, pair):
        market.go_to(3)
        market.report(2, dict.fromkeys(pair, 1000))
        market.close(2)
        for interval in (26, 50, 74, 98):  # the same places of a ring of 24
            market.go_to(interval - 1)
            market.refresh()
            commitment = market.promise(homes[2], CONSUMPTION, 77, start=interval)
            market.settle(interval, {commitment: 77})
        market.market.claimMany(pair, sender=market.stranger)
        assert market.collateral(homes[0]) == COLLATERAL + 1000 * PRICE
        assert market.collateral(homes[1]) == COLLATERAL - 1000 * PRICE
        market.assert_conserved(homes)

    def test_claim__money_follows_the_profile_not_the_claimer(self, market, homes, pair):
        before = market.stranger.balance
        market.settle(2, dict.fromkeys(pair, 1000))
        assert market.stranger.balance <= before
        market.profile.transferFrom(market.owners[0], market.owners[7], homes[0], sender=market.owners[0])
        market.profile.withdrawCollateral(
            homes[0], COLLATERAL + 1000 * PRICE, market.owners[7], sender=market.owners[7]
        )

    def test_settle_and_records__by_anyone_but_the_market__are_refused(self, market, homes, pair):
        profile = market.profile
        for call, arguments in [
            (profile.settle, (pair[0], 1, 10**18, 0)),
            (profile.settleGrid, (1, 0)),
            (profile.recordDeliveries, (2, [(pair[0], 1)], market.admin)),
            (profile.setQuote, (1, 1)),
        ]:
            with reverts("CallerNotMarket", caller=market.admin):
                call(*arguments, sender=market.admin)


class TestUpkeep:
    def work(self, market):
        needed, data = market.market.checkUpkeep(b"")
        return (needed, *eth_abi.decode(["bool", "uint256"], data))

    def test_checkUpkeep__nothing_to_do__says_so(self, market):
        assert self.work(market)[0] is False

    def test_performUpkeep__closes_the_oldest_closable_interval_first(self, market, homes):
        late = market.promise(homes[0], CONSUMPTION, 5, start=3)
        early = market.promise(homes[1], CONSUMPTION, 5, start=2)
        market.go_to(4)
        market.report(3, {late: 5})
        assert self.work(market) == (True, True, 2)  # its reporting window has passed
        market.market.performUpkeep(market.market.checkUpkeep(b"")[1], sender=market.stranger)
        assert market.market.isClosed(2)
        assert self.work(market) == (True, True, 3)  # everything is reported
        market.market.performUpkeep(market.market.checkUpkeep(b"")[1], sender=market.stranger)
        market.market.claimMany([early, late], sender=market.stranger)
        assert self.work(market)[0] is False

    def test_performUpkeep__price_moved__refreshes_the_quote(self, market):
        market.feed.updateAnswer((PRICE + 1) * 1000, sender=market.admin)
        assert self.work(market) == (True, False, 0)
        market.market.performUpkeep(market.market.checkUpkeep(b"")[1], sender=market.stranger)
        assert market.profile.quote()[0] == PRICE + 1
        assert self.work(market)[0] is False

    def test_performUpkeep__by_anyone_with_any_interval__cannot_close_what_is_not_closable(self, market, pair):
        with reverts("IntervalNotOver"):
            market.market.performUpkeep(eth_abi.encode(["bool", "uint256"], [True, 2]), sender=market.stranger)
