"""Roles and the pause: who may do what, and what a pause never stops."""

import pytest
from marketplace import (
    COLLATERAL,
    CONSUMPTION,
    DEFAULT_ADMIN,
    FEED_IN,
    PRODUCTION,
    RETAIL,
    ROLES,
    WINDOW,
    reverts,
    role,
)

PRIVILEGED = {
    "reportDeliveries": ("METER_ROLE", lambda m, who: m.market.reportDeliveries(0, [], sender=who)),
    "pause": ("PAUSER_ROLE", lambda m, who: m.profile.pause(sender=who)),
    "setTariff": ("TARIFF_ROLE", lambda m, who: m.profile.setTariff(RETAIL, FEED_IN, 2 * WINDOW, sender=who)),
    "fundGrid": ("GRID_ROLE", lambda m, who: m.profile.fundGrid(sender=who, value=1)),
    "withdrawGrid": ("GRID_ROLE", lambda m, who: m.profile.withdrawGrid(1, who, sender=who)),
}


@pytest.mark.parametrize("call", PRIVILEGED)
def test_privileged_call__without_its_role__is_refused(market, call):
    name, attempt = PRIVILEGED[call]
    market.go_to(1)
    with reverts("AccessControlUnauthorizedAccount", account=market.stranger, neededRole=role(name)):
        attempt(market, market.stranger)


@pytest.mark.parametrize("call", PRIVILEGED)
def test_privileged_call__with_every_other_role__is_refused(market, call):
    name, attempt = PRIVILEGED[call]
    for other in ROLES:
        if other != name:
            market.market.grantRole(role(other), market.stranger, sender=market.admin)
    market.go_to(1)
    with reverts("AccessControlUnauthorizedAccount", neededRole=role(name)):
        attempt(market, market.stranger)


@pytest.mark.parametrize("call", PRIVILEGED)
def test_privileged_call__with_its_role_alone__is_taken_until_revoked(market, call):
    name, attempt = PRIVILEGED[call]
    market.market.grantRole(role(name), market.stranger, sender=market.admin)
    market.go_to(1)
    attempt(market, market.stranger)
    market.market.revokeRole(role(name), market.stranger, sender=market.admin)
    with reverts("AccessControlUnauthorizedAccount"):
        attempt(market, market.stranger)


def test_unpause__without_its_role__is_refused(market):
    market.profile.pause(sender=market.admin)
    with reverts("AccessControlUnauthorizedAccount"):
        market.profile.unpause(sender=market.stranger)


def test_grantRole__by_anyone_but_the_admin__is_refused(market):
    with reverts("AccessControlUnauthorizedAccount", neededRole=DEFAULT_ADMIN):
        market.market.grantRole(role("METER_ROLE"), market.stranger, sender=market.stranger)


def test_admin__with_every_role__cannot_take_collateral(market, homes):
    """Every call of the profile that changes state, tried by the holder of all roles on a home that is not its own."""
    admin, home = market.admin, homes[0]
    commitment = market.commit(home, CONSUMPTION, 10)
    attempts = [
        lambda: market.profile.withdrawCollateral(home, 1, admin, sender=admin),
        lambda: market.profile.transferFrom(market.owners[0], admin, home, sender=admin),
        lambda: market.profile.approve(admin, home, sender=admin),
        lambda: market.profile.createCommitment(home, CONSUMPTION, 1, 2, 1, sender=admin),
        lambda: market.profile.cancelCommitment(commitment, sender=admin),
        lambda: market.profile.activate(commitment, market.owners[0], sender=admin),
        lambda: market.profile.settle(commitment, 1, 0, COLLATERAL, sender=admin),
        lambda: market.profile.settleGrid(COLLATERAL, 0, sender=admin),
        lambda: market.pool.deposit(commitment, sender=admin),
    ]
    names = ["NotAuthorized", "ERC721InsufficientApproval", "ERC721InvalidApprover", "NotAuthorized", "NotAuthorized"]
    names += ["CallerNotPool", "CallerNotMarket", "CallerNotMarket", "NotAuthorized"]
    for attempt, name in zip(attempts, names, strict=True):
        with reverts(name):
            attempt()
    market.profile.withdrawGrid(market.grid(), admin, sender=admin)
    assert market.profile.balance == 4 * COLLATERAL


class TestPause:
    @pytest.fixture
    def paused(self, market, homes):
        """Paused with a promise made, one deposited for interval 2, and its time over."""
        market.waiting = market.commit(homes[0], CONSUMPTION, 10, start=5)
        market.promised = market.promise(homes[1], CONSUMPTION, 10)
        market.go_to(3)
        market.profile.pause(sender=market.admin)
        return market

    def test_pause__stops_new_business(self, paused, homes):
        market = paused
        refused = [
            lambda: market.register(market.owners[5]),
            lambda: market.commit(homes[0], PRODUCTION, 1, start=5),
            lambda: market.pool.deposit(market.waiting, sender=market.owners[0]),
        ]
        for attempt in refused:
            with reverts("EnforcedPause"):
                attempt()
        market.go_to(4)
        with reverts("SettlementPaused", interval=2):
            market.close(2)

    def test_pause__never_stops_withdrawal_of_free_collateral(self, paused, homes):
        market = paused
        free = market.profile.freeCollateral(homes[0])
        market.profile.withdrawCollateral(homes[0], free, market.owners[0], sender=market.owners[0])
        market.profile.cancelCommitment(market.waiting, sender=market.owners[0])
        market.profile.withdrawCollateral(homes[0], 10 * RETAIL, market.owners[0], sender=market.owners[0])
        market.profile.addCollateral(homes[0], sender=market.owners[0], value=1)
        market.profile.withdrawCollateral(homes[1], COLLATERAL - 10 * RETAIL, market.owners[1], sender=market.owners[1])

    def test_pause__meters_go_on_reporting__so_nobody_is_void_when_it_ends(self, paused, homes):
        market = paused
        market.report(2, {market.promised: 10})
        market.go_to(20)
        market.profile.unpause(sender=market.admin)
        market.refresh()
        market.close(2)
        market.claim(market.promised)
        assert market.collateral(homes[1]) == COLLATERAL - 10 * RETAIL

    def test_pause__never_stops_a_claim(self, market, homes):
        commitment = market.promise(homes[0], PRODUCTION, 10)
        market.go_to(3)
        market.report(2, {commitment: 10})
        market.close(2)
        market.profile.pause(sender=market.admin)
        market.claim(commitment)
        market.profile.withdrawCollateral(
            homes[0], COLLATERAL + 10 * FEED_IN, market.owners[0], sender=market.owners[0]
        )

    def test_pause__for_good__holds_reserves_for_a_day_at_most(self, paused, homes):
        market = paused
        market.go_to(3 + WINDOW, offset=0)
        market.close(2)
        market.claim(market.promised)
        assert market.profile.freeCollateral(homes[1]) == COLLATERAL

    def test_unpause__everything_goes_on(self, paused, homes):
        market = paused
        market.profile.unpause(sender=market.admin)
        market.pool.deposit(market.waiting, sender=market.owners[0])
        market.settle(2, {market.promised: 10})
