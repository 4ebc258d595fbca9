"""Every privileged call, with the role and without."""

import pytest
from auction_market import TICK, escrow, load, reverts, terms

PRIVILEGED = {"pause": (), "unpause": (), "adminCancelOrder": (1,), "adminCancelTrade": (1,)}


@pytest.mark.parametrize("name", PRIVILEGED)
def test_privileged_call__without_the_role__is_refused(auction, name):
    with reverts("AccessControlUnauthorizedAccount", account=auction.stranger.address):
        getattr(auction.market, name)(*PRIVILEGED[name], sender=auction.stranger)


def test_roles__are_granted_by_the_admin_alone(auction):
    with reverts("AccessControlUnauthorizedAccount"):
        auction.market.grantRole(auction.market.PAUSER_ROLE(), auction.stranger, sender=auction.stranger)


def test_deployment__no_admin__is_refused(auction):
    with reverts("InvalidParameter", name="admin"):
        load("EnergyDoubleAuction").deploy("0x" + "00" * 20, terms(auction.meters), sender=auction.stranger)


def test_pause__twice__is_refused_and_unpause_goes_on(auction, buyer):
    auction.market.pause(sender=auction.admin)
    with reverts("MarketIsPaused"):
        auction.market.pause(sender=auction.admin)
    auction.market.unpause(sender=auction.admin)
    auction.bid(buyer, 12, 100)
    with reverts("MarketIsNotPaused"):
        auction.market.unpause(sender=auction.admin)


def test_adminCancelOrder__refunds_in_full(auction, buyer):
    order = auction.bid(buyer, 12, 100)
    auction.market.adminCancelOrder(order, sender=auction.admin)
    assert auction.proceeds(order) == auction.market.balance == escrow(True, 12 * TICK, 100)
    with reverts("UnknownOrder"):
        auction.market.adminCancelOrder(order + 1, sender=auction.admin)


def test_adminCancelTrade__refunds_both_sides_in_full(auction):
    bid, ask, trade = auction.crossed()
    auction.market.adminCancelTrade(trade, sender=auction.admin)
    assert auction.proceeds(bid) == escrow(True, 12 * TICK, 100)
    assert auction.proceeds(ask) == escrow(False, 10 * TICK, 100)
    assert auction.market.balance == auction.proceeds(bid) + auction.proceeds(ask)
