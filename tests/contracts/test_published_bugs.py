"""What the paper's published contracts get wrong, each observed by running them: one test for each, named after it."""

import pytest
from marketplace import (
    COLLATERAL,
    CONSUMPTION,
    FEED_IN,
    PENALTY,
    PRICE,
    PRODUCTION,
    RETAIL,
    SETTLED,
    reverts,
)


def supplied(market, homes, amounts, demands):
    """Promises of production and of consumption in interval 2, in the order of the homes."""
    sides = [(PRODUCTION, amount) for amount in amounts] + [(CONSUMPTION, amount) for amount in demands]
    return [market.promise(home, side, amount) for home, (side, amount) in zip(homes, sides, strict=False)]


def gains(market, homes):
    return [market.collateral(home) - COLLATERAL for home in homes]


def test_anyone_may_mark_commitments_processed_or_settled__only_the_market_can(market, homes):
    commitment = market.promise(homes[0], CONSUMPTION, 100)
    for caller in (market.stranger, market.owners[0], market.admin):
        with reverts("CallerNotMarket", caller=caller):
            market.profile.settle(commitment, 1, 0, 0, sender=caller)
        with reverts("CallerNotMarket", caller=caller):
            market.profile.recordDeliveries(2, [(commitment, 100)], caller, sender=caller)


def test_anyone_may_remove_buffer_entries__there_is_no_call_that_removes_a_promise(market, homes):
    commitment = market.promise(homes[0], CONSUMPTION, 100)
    for caller in (market.stranger, market.owners[0], market.admin):
        with reverts("NotAuthorized" if caller != market.owners[0] else "WrongCommitmentState"):
            market.profile.cancelCommitment(commitment, sender=caller)
    assert market.pool.bookOf(2).demand == 100


def test_undeposited_commitments_can_be_processed__they_cannot(market, homes):
    commitment = market.commit(homes[0], PRODUCTION, 100)
    other = market.promise(homes[1], PRODUCTION, 50)
    market.go_to(3)
    with reverts("NotCommitted", commitmentId=commitment):
        market.report(2, {commitment: 100})
    market.settle(2, {other: 50})
    with reverts("NothingToClaim", commitmentId=commitment):
        market.claim(commitment)
    assert market.collateral(homes[0]) == COLLATERAL


def test_a_commitment_can_be_paid_twice__it_is_paid_once(market, homes):
    commitments = supplied(market, homes, [100], [100])
    market.settle(2, dict.fromkeys(commitments, 100))
    paid = gains(market, homes)
    with reverts("NothingToClaim"):
        market.claim(commitments[0])
    with reverts("WrongCommitmentState", state=SETTLED):
        market.pool.deposit(commitments[0], sender=market.owners[0])
    with reverts("IntervalAlreadyClosed"):
        market.report(2, {commitments[0]: 100})
    with reverts("IntervalAlreadyClosed"):
        market.close(2)
    market.market.claimMany([commitments[0]] * 3, sender=market.owners[0])
    assert gains(market, homes) == paid


def test_several_consumers_of_one_larger_producer_are_overcharged__each_pays_its_own(market, homes):
    commitments = supplied(market, homes, [10], [4, 4])
    market.settle(2, dict(zip(commitments, (10, 4, 4), strict=True)))
    assert gains(market, homes)[:3] == [8 * PRICE + 2 * FEED_IN, -4 * PRICE, -4 * PRICE]


def test_equal_books_pay_some_producers_double__equal_producers_get_equal_pay(market, homes):
    commitments = supplied(market, homes, [50, 50], [50, 50])
    market.settle(2, dict.fromkeys(commitments, 50))
    assert gains(market, homes) == [50 * PRICE, 50 * PRICE, -50 * PRICE, -50 * PRICE]


def test_a_matched_pair_leaves_its_consumer_unsettled__both_are_settled(market, homes):
    commitments = supplied(market, homes, [100], [100])
    market.settle(2, dict.fromkeys(commitments, 100))
    assert [market.profile.commitmentOf(commitment).state for commitment in commitments] == [SETTLED, SETTLED]
    assert [market.reserved(home) for home in homes[:2]] == [0, 0]
    assert gains(market, homes)[:2] == [100 * PRICE, -100 * PRICE]


def test_one_poor_consumer_blocks_everybody__it_cannot_promise_what_it_cannot_pay(market, homes):
    poor = market.register(market.owners[5], 10 * RETAIL)
    with reverts("InsufficientCollateral", profileId=poor):
        market.commit(poor, CONSUMPTION, 11)
    commitment = market.promise(poor, CONSUMPTION, 10)
    with reverts("InsufficientCollateral", available=0):
        market.profile.withdrawCollateral(poor, 1, market.owners[5], sender=market.owners[5])
    others = supplied(market, homes, [100], [100])
    market.settle(2, {others[0]: 0, others[1]: 100, commitment: 10})  # the worst case: all from the grid
    assert market.collateral(poor) >= 0
    market.assert_conserved([*homes, poor])


@pytest.mark.parametrize("reported", [True, False])
def test_an_unmatched_consumer_can_never_withdraw__it_can(market, homes, reported):
    commitment = market.promise(homes[0], CONSUMPTION, 100)
    if reported:
        market.settle(2, {commitment: 100})
    else:
        market.go_to(4)
        market.close(2)
        market.claim(commitment)
    due = 100 * RETAIL if reported else 0
    market.profile.withdrawCollateral(homes[0], COLLATERAL - due, market.owners[0], sender=market.owners[0])
    assert market.collateral(homes[0]) == 0


def test_settlement_costs_more_with_every_pair__closing_costs_the_same(market, homes):
    """The published contracts: 95,576 gas for one pair, 651,281 for ten. (A thousand commitments: test_gas.py.)"""
    one = supplied(market, homes, [100], [100])
    for number in range(10):
        for home, side in ((homes[2], PRODUCTION), (homes[3], CONSUMPTION)):
            market.promise(home, side, 100 + number, start=3)
    market.go_to(3)
    market.report(2, dict.fromkeys(one, 100))
    few = market.close(2).gas_used
    market.go_to(4)
    many = [home << 24 | number for home in homes[2:] for number in range(10)]
    market.report(3, dict.fromkeys(many, 100))
    assert abs(market.close(3).gas_used - few) < 1000


def test_a_failing_producer_pays__the_published_contracts_settle_promises(market, homes):
    commitments = supplied(market, homes, [100], [100])
    market.settle(2, {commitments[0]: 40, commitments[1]: 100})
    gain = gains(market, homes)
    assert gain[0] == 40 * PRICE - 60 * PENALTY
    assert gain[1] == -100 * PRICE
