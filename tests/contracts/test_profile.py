"""EnergyProfile: homes, their collateral, their promises, the token."""

import base64
import json

import pytest
from ape.exceptions import ContractLogicError
from marketplace import (
    CANCELLED,
    COLLATERAL,
    CONSUMPTION,
    CREATED,
    FEED_IN,
    LOCATION,
    PENALTY,
    PRICE,
    PRODUCTION,
    RETAIL,
    SOLAR,
    WINDOW,
    commitment_id,
    reverts,
)

MAX_AMOUNT = 2**32 - 2


class TestRegisterUser:
    def test_registerUser__money_sent__becomes_collateral_of_a_new_profile(self, market):
        owner = market.owners[0]
        receipt = market.profile.registerUser(LOCATION, SOLAR, sender=owner, value=COLLATERAL)
        profile = market.profile.profileOf(1)
        assert (profile.collateral, profile.reserved, profile.commitmentCount, profile.active) == (COLLATERAL, 0, 0, 0)
        assert (profile.energyType, bytes(profile.location)) == (SOLAR, LOCATION)
        assert market.profile.ownerOf(1) == owner
        assert market.profile.profileCount() == 1
        event = next(log for log in receipt.events if log.event_name == "UserRegistered")
        assert (event.profileId, event.owner, event.collateral) == (1, owner, COLLATERAL)

    def test_registerUser__nothing_sent__registers_without_collateral(self, market):
        assert market.collateral(market.register(market.owners[0], 0)) == 0

    @pytest.mark.parametrize("location", [b"u09tva", b"U09TVW", b'u09"w}', b"u09tv", b"\0" * 6, b"u09t w"])
    def test_registerUser__not_a_geohash__is_refused(self, market, location):
        with reverts("InvalidLocation"):
            market.profile.registerUser(location.ljust(6, b"\0"), SOLAR, sender=market.owners[0])

    def test_registerUser__every_letter_of_the_alphabet__is_taken(self, market):
        for location in (b"012345", b"6789bc", b"defghj", b"kmnpqr", b"stuvwx", b"yz0000"):
            market.profile.registerUser(location, SOLAR, sender=market.owners[0])


class TestCollateral:
    def test_addCollateral__by_anyone__adds_to_the_profile(self, market, homes):
        market.profile.addCollateral(homes[0], sender=market.stranger, value=7)
        assert market.collateral(homes[0]) == COLLATERAL + 7

    def test_addCollateral__of_nothing_or_to_nobody__is_refused(self, market, homes):
        with reverts("ZeroAmount"):
            market.profile.addCollateral(homes[0], sender=market.stranger)
        with reverts("ERC721NonexistentToken"):
            market.profile.addCollateral(99, sender=market.stranger, value=1)

    def test_plain_payment__is_refused(self, market):
        with pytest.raises(ContractLogicError):
            market.stranger.transfer(market.profile, 1)

    def test_withdrawCollateral__by_the_owner__pays_whom_it_names(self, market, homes):
        before = market.stranger.balance
        market.profile.withdrawCollateral(homes[0], COLLATERAL, market.stranger, sender=market.owners[0])
        assert market.stranger.balance == before + COLLATERAL
        assert market.collateral(homes[0]) == 0

    def test_withdrawCollateral__by_an_approved_operator__is_refused(self, market, homes):
        market.profile.setApprovalForAll(market.stranger, True, sender=market.owners[0])
        with reverts("NotAuthorized", profileId=homes[0]):
            market.profile.withdrawCollateral(homes[0], 1, market.stranger, sender=market.stranger)

    def test_withdrawCollateral__reserved__is_refused_to_the_wei(self, market, homes):
        market.commit(homes[0], CONSUMPTION, 1000)
        free = COLLATERAL - 1000 * RETAIL
        assert market.profile.freeCollateral(homes[0]) == free
        with reverts("InsufficientCollateral", needed=free + 1, available=free):
            market.profile.withdrawCollateral(homes[0], free + 1, market.owners[0], sender=market.owners[0])
        market.profile.withdrawCollateral(homes[0], free, market.owners[0], sender=market.owners[0])
        with reverts("ZeroAmount"):
            market.profile.withdrawCollateral(homes[0], 0, market.owners[0], sender=market.owners[0])


class TestCreateCommitment:
    @pytest.mark.parametrize(("side", "rate"), [(CONSUMPTION, RETAIL), (PRODUCTION, PENALTY)])
    def test_createCommitment__reserves_the_most_it_can_cost(self, market, homes, side, rate):
        commitment = market.commit(homes[0], side, 500, start=3, duration=4)
        assert commitment == commitment_id(homes[0], 0)
        assert market.reserved(homes[0]) == 500 * 4 * rate
        info = market.profile.commitmentOf(commitment)
        assert (info.amount, info.price, info.rate, info.start, info.duration) == (500, PRICE, rate, 3, 4)
        assert (info.side, info.state, info.claimed) == (side, CREATED, 0)

    def test_createCommitment__numbers__run_within_the_profile(self, market, homes):
        assert market.commit(homes[1], PRODUCTION, 1) == commitment_id(homes[1], 0)
        assert market.commit(homes[1], PRODUCTION, 1) == commitment_id(homes[1], 1)
        assert market.profile.profileOf(homes[1]).commitmentCount == 2

    def test_createCommitment__more_than_the_free_collateral__is_refused(self, market, homes):
        free = COLLATERAL - market.commit(homes[0], CONSUMPTION, 10**6) * 0 - 10**6 * RETAIL
        amount = free // RETAIL + 1
        with reverts("InsufficientCollateral", needed=amount * RETAIL, available=free):
            market.commit(homes[0], CONSUMPTION, amount)

    def test_createCommitment__of_nothing_or_too_much__is_refused(self, market, homes):
        with reverts("ZeroAmount"):
            market.commit(homes[0], PRODUCTION, 0)
        with reverts("AmountTooLarge", maximum=MAX_AMOUNT):
            market.commit(homes[0], PRODUCTION, MAX_AMOUNT + 1)

    def test_createCommitment__in_the_past_or_the_present__is_refused(self, market, homes):
        market.go_to(3)
        for start in (0, 2, 3):
            with reverts("IntervalStarted", start=start, current=3):
                market.commit(homes[0], PRODUCTION, 1, start=start)
        market.commit(homes[0], PRODUCTION, 1, start=4)

    @pytest.mark.parametrize(
        ("start", "duration"), [(1, 0), (1, WINDOW + 1), (WINDOW + 1, 1), (2, WINDOW), (2**255, 2**255)]
    )
    def test_createCommitment__outside_the_window__is_refused(self, market, homes, start, duration):
        with reverts("OutsideWindow", last=WINDOW):
            market.commit(homes[0], PRODUCTION, 1, start=start, duration=duration)

    def test_createCommitment__the_whole_window__is_taken(self, market, homes):
        market.commit(homes[0], PRODUCTION, 1, start=1, duration=WINDOW)

    def test_createCommitment__by_a_stranger__is_refused(self, market, homes):
        with reverts("NotAuthorized", profileId=homes[0]):
            market.commit(homes[0], PRODUCTION, 1, sender=market.stranger)
        with reverts("ERC721NonexistentToken"):
            market.profile.createCommitment(99, PRODUCTION, 1, 2, 1, sender=market.stranger)

    def test_createCommitment__by_whom_the_owner_approved__is_taken(self, market, homes):
        market.profile.approve(market.stranger, homes[0], sender=market.owners[0])
        market.commit(homes[0], PRODUCTION, 1, sender=market.stranger)

    def test_createCommitment__price_beyond_the_tariff__is_quoted_at_its_end(self, market, homes):
        market.refresh(RETAIL * 5)
        high = market.commit(homes[0], PRODUCTION, 1)
        market.refresh(FEED_IN // 2)
        low = market.commit(homes[0], PRODUCTION, 1)
        assert market.profile.commitmentOf(high).price == RETAIL
        assert market.profile.commitmentOf(low).price == FEED_IN


class TestCancelCommitment:
    def test_cancelCommitment__not_deposited__frees_the_reserve(self, market, homes):
        commitment = market.commit(homes[0], CONSUMPTION, 1000, duration=3)
        market.profile.cancelCommitment(commitment, sender=market.owners[0])
        assert market.reserved(homes[0]) == 0
        assert market.profile.commitmentOf(commitment).state == CANCELLED

    def test_cancelCommitment__long_after_its_time__still_frees_the_reserve(self, market, homes):
        commitment = market.commit(homes[0], CONSUMPTION, 1000)
        market.go_to(100)
        market.profile.cancelCommitment(commitment, sender=market.owners[0])
        assert market.profile.freeCollateral(homes[0]) == COLLATERAL

    def test_cancelCommitment__twice_or_deposited_or_never_made__is_refused(self, market, homes):
        cancelled = market.commit(homes[0], CONSUMPTION, 1000)
        market.profile.cancelCommitment(cancelled, sender=market.owners[0])
        deposited = market.promise(homes[0], CONSUMPTION, 1000)
        for commitment in (cancelled, deposited, commitment_id(homes[0], 9)):
            with reverts("WrongCommitmentState", commitmentId=commitment):
                market.profile.cancelCommitment(commitment, sender=market.owners[0])

    def test_cancelCommitment__by_a_stranger__is_refused(self, market, homes):
        commitment = market.commit(homes[0], CONSUMPTION, 1000)
        with reverts("NotAuthorized"):
            market.profile.cancelCommitment(commitment, sender=market.owners[1])


class TestToken:
    def test_tokenURI__is_json_on_the_chain(self, market, homes):
        market.promise(homes[0], CONSUMPTION, 1000)
        head, payload = market.profile.tokenURI(homes[0]).split(",")
        token = json.loads(base64.b64decode(payload))
        assert head == "data:application/json;base64"
        assert token["name"] == f"Energy profile #{homes[0]}"
        traits = {trait["trait_type"]: trait["value"] for trait in token["attributes"]}
        assert traits == {
            "location": LOCATION.decode(),
            "energy type": "solar",
            "collateral (wei)": COLLATERAL,
            "reserved (wei)": 1000 * RETAIL,
            "commitments": 1,
            "locked": True,
        }

    @pytest.mark.parametrize(
        ("energy_type", "name"), enumerate(["none", "solar", "wind", "hydro", "biomass", "storage"])
    )
    def test_tokenURI__names_the_energy_type(self, market, energy_type, name):
        market.profile.registerUser(LOCATION, energy_type, sender=market.owners[0])
        token = json.loads(base64.b64decode(market.profile.tokenURI(1).split(",")[1]))
        assert token["attributes"][1]["value"] == name

    def test_supportsInterface__names_721_metadata_and_5192(self, market):
        for interface in ("0x01ffc9a7", "0x80ac58cd", "0x5b5e139f", "0xb45a3c0e"):
            assert market.profile.supportsInterface(bytes.fromhex(interface[2:]))
        assert not market.profile.supportsInterface(b"\xff" * 4)

    def test_locked__from_the_deposit_to_the_last_claim(self, market, homes):
        home = homes[0]
        assert not market.profile.locked(home)
        commitment = market.commit(home, CONSUMPTION, 10)
        assert not market.profile.locked(home)
        receipt = market.pool.deposit(commitment, sender=market.owners[0])
        assert market.profile.locked(home)
        assert "Locked" in [log.event_name for log in receipt.decode_logs(market.profile.Locked.abi)]
        market.go_to(3)
        market.report(2, {commitment: 10})
        market.close(2)
        assert market.profile.locked(home)
        receipt = market.claim(commitment)
        assert not market.profile.locked(home)
        assert "Unlocked" in [log.event_name for log in receipt.decode_logs(market.profile.Unlocked.abi)]

    def test_locked__stays_while_another_commitment_is_open(self, market, homes):
        first = market.promise(homes[0], CONSUMPTION, 10, start=2)
        market.promise(homes[0], CONSUMPTION, 10, start=3)
        market.settle(2, {first: 10})
        assert market.profile.locked(homes[0])

    def test_transfer__of_a_locked_profile__is_refused(self, market, homes):
        market.promise(homes[0], CONSUMPTION, 10)
        with reverts("ProfileLocked", profileId=homes[0]):
            market.profile.transferFrom(market.owners[0], market.stranger, homes[0], sender=market.owners[0])

    def test_transfer__takes_collateral_and_open_promises_along(self, market, homes):
        commitment = market.commit(homes[0], CONSUMPTION, 10)
        market.profile.transferFrom(market.owners[0], market.stranger, homes[0], sender=market.owners[0])
        with reverts("NotAuthorized"):
            market.profile.withdrawCollateral(homes[0], 1, market.owners[0], sender=market.owners[0])
        with reverts("NotAuthorized"):
            market.profile.cancelCommitment(commitment, sender=market.owners[0])
        market.profile.cancelCommitment(commitment, sender=market.stranger)
        market.profile.withdrawCollateral(homes[0], COLLATERAL, market.stranger, sender=market.stranger)

    def test_views__of_no_profile__are_refused(self, market):
        for view in (
            market.profile.profileOf,
            market.profile.freeCollateral,
            market.profile.locked,
            market.profile.tokenURI,
        ):
            with reverts("ERC721NonexistentToken"):
                view(1)


class TestGrid:
    def test_fundGrid_and_withdrawGrid__move_the_grids_own_money(self, market, homes):
        before = market.grid()
        market.profile.fundGrid(sender=market.admin, value=5)
        assert market.grid() == before + 5
        market.profile.withdrawGrid(before + 5, market.stranger, sender=market.admin)
        assert market.grid() == 0
        assert market.profile.balance == 4 * COLLATERAL

    def test_withdrawGrid__reserved_or_nothing__is_refused(self, market, homes):
        market.promise(homes[0], PRODUCTION, 1000, duration=2)
        reserved = 1000 * 2 * FEED_IN
        free = market.grid() - reserved
        assert market.grid_reserved() == reserved
        with reverts("InsufficientGridReserve", needed=free + 1, available=free):
            market.profile.withdrawGrid(free + 1, market.admin, sender=market.admin)
        with reverts("ZeroAmount"):
            market.profile.withdrawGrid(0, market.admin, sender=market.admin)
        with reverts("ZeroAmount"):
            market.profile.fundGrid(sender=market.admin)
