"""Receivers that refuse or call back, and what strangers might try."""

import pytest
from eth_abi import encode
from eth_utils import keccak
from marketplace import (
    COLLATERAL,
    CONSUMPTION,
    LOCATION,
    PENALTY,
    PRICE,
    PRODUCTION,
    REPORTING_WINDOW,
    RETAIL,
    SOLAR,
    WINDOW,
    load,
    reverts,
)

ACCEPT, REFUSE, REENTER = 0, 1, 2


def call(signature: str, *arguments) -> bytes:
    kinds = signature[signature.index("(") + 1 : -1].split(",")
    return keccak(text=signature)[:4] + encode([kind for kind in kinds if kind], arguments)


def withdrawal(home: int, amount: int, to: str) -> bytes:
    return call("withdrawCollateral(uint256,uint256,address)", home, amount, str(to))


@pytest.fixture
def hostile(market, homes):
    """A contract that owns a profile with one ether, beside four honest homes with one each."""
    contract = load("HostileHome").deploy(sender=market.stranger)
    contract.register(market.profile, sender=market.stranger, value=COLLATERAL)
    contract.home = market.profile.profileCount()
    return contract


def test_withdrawCollateral__receiver_calls_back__gets_its_own_money_and_no_more(market, hostile):
    again = withdrawal(hostile.home, COLLATERAL, hostile)
    hostile.behave(REENTER, market.profile, again, sender=market.stranger)
    hostile.perform(market.profile, again, sender=market.stranger)
    assert hostile.reentries() == 0
    assert hostile.lastError()[:4] == keccak(text="InsufficientCollateral(uint256,uint256,uint256)")[:4]
    assert hostile.balance == COLLATERAL
    assert market.collateral(hostile.home) == 0
    assert market.profile.balance == 4 * COLLATERAL + market.grid()


def test_withdrawCollateral__receiver_calls_back_in_halves__still_gets_its_own_only(market, hostile):
    half = withdrawal(hostile.home, COLLATERAL // 2, hostile)
    hostile.behave(REENTER, market.profile, half, sender=market.stranger)
    hostile.perform(market.profile, half, sender=market.stranger)
    assert hostile.balance == COLLATERAL
    assert market.profile.balance == 4 * COLLATERAL + market.grid()


def test_withdrawCollateral__receiver_commits_while_receiving__with_what_is_left_only(market, hostile):
    amount = COLLATERAL // RETAIL
    commit = call("createCommitment(uint256,uint8,uint256,uint256,uint256)", hostile.home, CONSUMPTION, amount, 2, 1)
    hostile.behave(REENTER, market.profile, commit, sender=market.stranger)
    hostile.perform(market.profile, withdrawal(hostile.home, 2 * RETAIL, hostile), sender=market.stranger)
    assert hostile.reentries() == 0
    assert market.reserved(hostile.home) <= market.collateral(hostile.home)


def test_withdrawCollateral__receiver_refuses__only_its_own_call_fails(market, homes, hostile):
    hostile.behave(REFUSE, market.profile, b"", sender=market.stranger)
    with reverts("PaymentRefused", to=hostile, amount=1):
        hostile.perform(market.profile, withdrawal(hostile.home, 1, hostile), sender=market.stranger)
    assert market.collateral(hostile.home) == COLLATERAL
    market.profile.withdrawCollateral(homes[0], COLLATERAL, market.owners[0], sender=market.owners[0])
    hostile.perform(market.profile, withdrawal(hostile.home, 1, market.stranger), sender=market.stranger)


def test_settlement__with_a_home_that_refuses_money__pays_everybody(market, homes, hostile):
    hostile.behave(REFUSE, market.profile, b"", sender=market.stranger)
    commit = call("createCommitment(uint256,uint8,uint256,uint256,uint256)", hostile.home, PRODUCTION, 100, 2, 1)
    hostile.perform(market.profile, commit, sender=market.stranger)
    theirs = hostile.home << 24
    hostile.perform(market.pool, call("deposit(uint256)", theirs), sender=market.stranger)
    mine = market.promise(homes[0], CONSUMPTION, 100)
    market.settle(2, {theirs: 100, mine: 100})
    assert market.collateral(hostile.home) == COLLATERAL + 100 * PRICE
    assert market.collateral(homes[0]) == COLLATERAL - 100 * PRICE


def test_registerUser__by_a_contract_without_receiver__needs_no_callback(market):
    contract = load("HostileHome").deploy(sender=market.stranger)
    contract.perform(
        market.profile, call("registerUser(bytes6,uint8)", LOCATION, SOLAR), sender=market.stranger, value=1
    )
    assert market.profile.ownerOf(1) == contract


def test_forced_money__changes_nobodys_account(market, homes):
    """Money that comes without a call (a block reward, a self-destruct) stays unowned and does not count."""
    before = market.profile.balance
    bomb = bytes.fromhex("73" + market.profile.address[2:] + "ff")
    market.stranger.call(_creation(bomb, 5))
    assert market.profile.balance == before + 5
    assert sum(market.collateral(home) for home in homes) + market.grid() == before


def _creation(code: bytes, value: int):
    import ape

    return ape.networks.ethereum.create_transaction(data=code, value=value, gas_limit=200_000)


def test_dust__one_wh_promises_of_a_stranger__hold_up_nobody(market, homes):
    honest = market.promise(homes[0], CONSUMPTION, 1000)
    dusty = market.register(market.stranger, 40 * RETAIL)
    dust = [market.promise(dusty, CONSUMPTION, 1) for _ in range(20)]
    market.go_to(3)
    market.report(2, {honest: 1000})
    market.go_to(3, REPORTING_WINDOW)
    assert market.close(2).gas_used < 80_000
    market.claim(honest)
    assert market.reserved(homes[0]) == 0
    market.market.claimMany(dust, sender=market.stranger)
    assert market.profile.freeCollateral(dusty) == 40 * RETAIL


def test_claim_for_a_sold_profile__cannot_be_sold_before_it_is_claimed(market, homes):
    commitment = market.promise(homes[0], PRODUCTION, 100)
    market.go_to(3)
    market.report(2, {commitment: 0})
    market.close(2)
    with reverts("ProfileLocked"):  # the debt cannot be left to a buyer unawares
        market.profile.transferFrom(market.owners[0], market.stranger, homes[0], sender=market.owners[0])
    market.claim(commitment)
    market.profile.transferFrom(market.owners[0], market.stranger, homes[0], sender=market.owners[0])
    assert market.collateral(homes[0]) == COLLATERAL - 100 * PENALTY


def test_filling_up_the_grids_account__is_paid_for_by_whoever_does_not_deliver(empty_market):
    market = empty_market
    market.profile.fundGrid(sender=market.admin, value=100 * (RETAIL - PENALTY))
    honest, griefer = (market.register(owner) for owner in market.owners[:2])
    promised = market.promise(griefer, PRODUCTION, 100)
    blocked = market.commit(honest, PRODUCTION, 1)
    with reverts("InsufficientGridReserve"):
        market.pool.deposit(blocked, sender=market.owners[0])
    market.settle(2, {promised: 0})
    assert market.collateral(griefer) == COLLATERAL - 100 * PENALTY
    assert market.profile.freeCollateral(honest) == COLLATERAL - PENALTY  # its own promise, cancelled at will
    market.profile.cancelCommitment(blocked, sender=market.owners[0])


def test_self_trade__gains_nothing(market, homes):
    """A home on both sides at once, with any deliveries, ends with no more than the grid alone would have paid it."""
    both = [market.promise(homes[0], side, 100) for side in (PRODUCTION, CONSUMPTION)]
    market.settle(2, {both[0]: 100, both[1]: 100})
    assert market.collateral(homes[0]) == COLLATERAL


def test_window__last_interval_reused_a_day_later__keeps_both_apart(market, homes):
    first = market.promise(homes[0], CONSUMPTION, 10, start=WINDOW)
    market.go_to(WINDOW - 1)
    market.refresh()
    second = market.promise(homes[0], CONSUMPTION, 20, start=2 * WINDOW - 1)
    assert market.pool.bookOf(WINDOW).demand == 10
    market.settle(WINDOW, {first: 10})
    market.go_to(2 * WINDOW)
    market.refresh()
    market.settle(2 * WINDOW - 1, {second: 20})
    assert COLLATERAL - market.collateral(homes[0]) == 30 * RETAIL
