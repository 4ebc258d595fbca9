"""The price feed's guard: every fault pauses new commitments and that interval's settlement, and nothing else."""

import pytest
from marketplace import (
    COLLATERAL,
    CONSUMPTION,
    FEED_IN,
    FEED_MAX_AGE,
    PRICE,
    PRODUCTION,
    RETAIL,
    WINDOW,
    Marketplace,
    load,
    reverts,
)

REVERT, TRUNCATE, GARBAGE, FLOOD = 1, 2, 3, 4


@pytest.fixture
def faulty(accounts):
    """A marketplace on a feed that can fail, with a maker and a taker of 100 Wh in interval 2."""
    feed = load("FaultyPriceFeed").deploy(18, PRICE * 1000, sender=accounts[0])
    market = Marketplace.deploy(list(accounts), grid=10**18, feed=feed)
    market.homes = [market.register(owner) for owner in market.owners[:3]]
    market.pair = market.promise(market.homes[0], PRODUCTION, 100), market.promise(market.homes[1], CONSUMPTION, 100)
    return market


def healthy(market, answer=PRICE * 1000):
    market.feed.setMode(0, sender=market.admin)
    market.feed.setRound(9, answer, market.now, 9, sender=market.admin)


FAULTS = {
    "negative": lambda feed, now, admin: feed.setRound(2, -1, now, 2, sender=admin),
    "zero": lambda feed, now, admin: feed.setRound(2, 0, now, 2, sender=admin),
    "stale": lambda feed, now, admin: feed.setRound(2, PRICE * 1000, now - FEED_MAX_AGE - 2, 2, sender=admin),
    "from the future": lambda feed, now, admin: feed.setRound(2, PRICE * 1000, now + 10**6, 2, sender=admin),
    "incomplete round": lambda feed, now, admin: feed.setRound(2, PRICE * 1000, 0, 2, sender=admin),
    "answer of an older round": lambda feed, now, admin: feed.setRound(2, PRICE * 1000, now, 1, sender=admin),
    "no round": lambda feed, now, admin: feed.setRound(0, PRICE * 1000, now, 0, sender=admin),
    "other decimals": lambda feed, now, admin: feed.setDecimals(8, sender=admin),
    "absurdly large": lambda feed, now, admin: feed.setRound(2, 2**255 - 1, now, 2, sender=admin),
    "beyond the field": lambda feed, now, admin: feed.setRound(2, 2**56 * 1000, now, 2, sender=admin),
    "reverting": lambda feed, now, admin: feed.setMode(REVERT, sender=admin),
    "truncated": lambda feed, now, admin: feed.setMode(TRUNCATE, sender=admin),
    "garbage": lambda feed, now, admin: feed.setMode(GARBAGE, sender=admin),
    "hostile": lambda feed, now, admin: feed.setMode(FLOOD, sender=admin),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_feed__fault__pauses_commitments_and_settlement_only(faulty, fault):
    market = faulty
    maker, taker = market.pair
    waiting = market.commit(market.homes[2], CONSUMPTION, 5, start=4)
    market.go_to(3)
    market.report(2, {maker: 100, taker: 100})
    FAULTS[fault](market.feed, market.now, market.admin)
    assert market.market.checkUpkeep(b"")[0] is True, "Automation sees that the quote is no longer good"
    market.market.refreshQuote(sender=market.stranger)
    assert market.profile.quote()[1] == 0

    with reverts("QuoteExpired", validUntil=0):
        market.commit(market.homes[2], CONSUMPTION, 1, start=5)
    with reverts("FeedUnhealthy", interval=2):
        market.close(2)

    market.pool.deposit(waiting, sender=market.owners[2])
    market.register(market.owners[4])
    free = COLLATERAL - 5 * RETAIL
    market.profile.withdrawCollateral(market.homes[2], free, market.owners[2], sender=market.owners[2])
    free = market.profile.freeCollateral(market.homes[1])
    market.profile.withdrawCollateral(market.homes[1], free, market.owners[1], sender=market.owners[1])


@pytest.mark.parametrize("fault", ["negative", "stale", "reverting"])
def test_feed__recovers__settlement_and_commitments_go_on(faulty, fault):
    market = faulty
    market.go_to(3)
    market.report(2, dict.fromkeys(market.pair, 100))
    FAULTS[fault](market.feed, market.now, market.admin)
    market.market.refreshQuote(sender=market.stranger)
    healthy(market)
    market.market.refreshQuote(sender=market.stranger)
    market.commit(market.homes[2], CONSUMPTION, 1, start=5)
    market.close(2)
    assert market.market.resultOf(2).price == PRICE


@pytest.mark.parametrize("mode", [REVERT, FLOOD])
def test_feed__broken_for_a_day__interval_closes_in_the_middle_of_the_tariff(faulty, mode):
    market = faulty
    market.go_to(3)
    market.report(2, dict.fromkeys(market.pair, 100))
    market.feed.setMode(mode, sender=market.admin)
    until = market.genesis + (3 + WINDOW) * 3600
    market.go_to(2 + WINDOW)
    with reverts("FeedUnhealthy", until=until):
        market.close(2)
    market.go_to(3 + WINDOW, offset=0)
    market.close(2)
    assert market.market.resultOf(2).price == (RETAIL + FEED_IN) // 2
    market.market.claimMany(market.pair, sender=market.stranger)
    assert market.profile.freeCollateral(market.homes[1]) == COLLATERAL - 100 * (RETAIL + FEED_IN) // 2


def test_quote__nobody_refreshes__runs_out_by_itself(market, homes):
    valid_until = market.profile.quote()[1]
    market.go_to(10, offset=100)
    market.commit(homes[0], CONSUMPTION, 1, start=12)
    market.go_to(11)
    with reverts("QuoteExpired", validUntil=valid_until):
        market.commit(homes[0], CONSUMPTION, 1, start=12)
    market.refresh()
    market.commit(homes[0], CONSUMPTION, 1, start=12)


@pytest.mark.parametrize(("given", "settled"), [(RETAIL * 9, RETAIL), (FEED_IN // 9, FEED_IN), (PRICE + 1, PRICE + 1)])
def test_closeInterval__price__stays_within_the_tariff(faulty, given, settled):
    market = faulty
    market.go_to(3)
    market.report(2, dict.fromkeys(market.pair, 100))
    healthy(market, given * 1000)
    market.close(2)
    assert market.market.resultOf(2).price == settled


@pytest.mark.parametrize(
    ("decimals", "answer", "price"), [(8, 10**8, 10**15), (0, 1, 10**15), (18, 1999, 1), (18, 999, 0)]
)
def test_feed__any_decimals__are_converted_to_wei_per_wh(accounts, decimals, answer, price):
    feed = load("PriceFeedMock").deploy(decimals, answer, sender=accounts[0])
    market = Marketplace.deploy(list(accounts), grid=0, feed=feed)
    assert market.profile.quote()[0] == price


def test_deployment__feed_with_too_many_decimals__is_refused(accounts):
    feed = load("PriceFeedMock").deploy(19, 1, sender=accounts[0])
    with reverts("UnsupportedFeedDecimals", decimals=19):
        Marketplace.deploy(list(accounts), grid=0, feed=feed)


def test_deployment__on_a_sick_feed__opens_without_a_quote(accounts):
    feed = load("PriceFeedMock").deploy(18, -1, sender=accounts[0])
    market = Marketplace.deploy(list(accounts), grid=0, feed=feed)
    home = market.register(market.owners[0])
    with reverts("QuoteExpired"):
        market.commit(home, CONSUMPTION, 1)
