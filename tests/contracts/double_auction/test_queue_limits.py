"""A queue that never empties: what is placed and cancelled adds up, and must not outgrow its field."""

import pytest
from auction_market import TICK, Auction, escrow, load, reverts, terms
from eth_utils import keccak

END = 2**64 - 1  # of the line of Wh on which a queue's orders stand


@pytest.fixture
def aged(auction):
    """A market with one ask of 100 Wh by trader 1 that is 150 Wh from the end of its queue's line."""
    market = load("AuctionAgedQueueMock").deploy(auction.admin, terms(auction.meters), sender=auction.admin)
    market.grantRole(keccak(text="PAUSER_ROLE"), auction.admin, sender=auction.admin)
    old = Auction(market, auction.meters, auction.admin, auction.traders, auction.stranger)
    market.age(old.ask(old.traders[1], 10, 100), END - 250, sender=old.stranger)
    return old


def test_place__beyond_the_end_of_the_line__is_refused_until_the_queue_was_empty(aged):
    first = 1 << 56 | 10 << 32
    with reverts("QueueFull", price=10 * TICK, isBid=False):
        aged.ask(aged.traders[2], 10, 151)
    last = aged.ask(aged.traders[2], 10, 150)
    with reverts("QueueFull"):
        aged.ask(aged.traders[3], 10, 10)
    assert aged.market.orderOf(last).expiry == aged.market.orderOf(first).expiry
    for order, owner in ((first, aged.traders[1]), (last, aged.traders[2])):
        aged.market.cancelOrder(order, sender=owner)
    aged.ask(aged.traders[3], 10, 1_000)
    aged.bid(aged.traders[0], 10, 1_000)
    assert aged.market.roundOf(aged.clear()).quantity == 1_000


def test_settle__rematch_beyond_the_end_of_the_line__refunds_instead(aged):
    buyer, seller = aged.traders[0], aged.traders[3]
    other = aged.bid(buyer, 9, 160)
    ask = aged.ask(seller, 9, 160)
    trade = aged.trade(other, ask, aged.clear())
    blocker = aged.ask(aged.traders[4], 9, 100)
    aged.market.age(blocker, END - 110, sender=aged.stranger)
    aged.settle(trade, 0, 160, signer=seller)
    refused = escrow(True, 9 * TICK, 160) - 160 * 9 * TICK
    assert aged.proceeds(ask) == escrow(False, 9 * TICK, 160) + refused
