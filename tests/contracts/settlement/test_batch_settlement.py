"""BatchSettlement: roots, claims, challenges, stakes, withdrawal with notice, roles, hostile receivers."""

import dataclasses

import pytest
from eth_utils import keccak
from refusals import NOBODY, refused
from settlement_world import EXPORT, IMPORT, MONEY, SLOT, TERMS, meter_key

from dem.chain.settlement import BatchSettlement, SettlementTerms, SlotTree

ENERGY = [(500, 0), (0, 700), (100, 300), (0, 0)]
PRIVILEGED = {
    "post": ("POSTER_ROLE", (0, b"\1" * 32, 0, 0, EXPORT)),
    "pause": ("PAUSER_ROLE", ()),
    "unpause": ("PAUSER_ROLE", ()),
}


class TestPost:
    def test_post__takes_the_stake_and_the_money_for_all_that_homes_gave(self, world):
        tree = world.posted(*ENERGY, final=False)
        assert world.settlement.balance(world.poster) == MONEY - TERMS.stake - 1_000 * EXPORT
        batch = world.batch(tree.slot)
        assert (batch.root, batch.poster, batch.unclaimed) == (tree.root, world.poster, 1_000)

    def test_post__slot_not_over__is_refused(self, world):
        running = world.over + 1
        with refused("SlotNotOver", slot=running, end=(running + 1) * SLOT):
            world.post(world.tree(*ENERGY, slot=running))

    def test_post__second_root_of_a_slot__is_refused(self, world):
        tree = world.posted(*ENERGY)
        with refused("AlreadyPosted", slot=tree.slot):
            world.post(tree)

    def test_post__without_the_money__is_refused(self, world):
        with refused("InsufficientBalance", account=world.poster):
            world.posted((0, 2**32 - 1), (0, 2**32 - 1))

    @pytest.mark.parametrize("prices", [{"import_price": 2 * IMPORT + 1}, {"export_price": EXPORT // 2 - 1}])
    def test_post__prices_outside_the_terms__is_refused(self, world, prices):
        with refused("PricesOutsideTerms"):
            world.posted(*ENERGY, **prices)

    def test_post__no_root__is_refused(self, world):
        with refused("EmptyRoot"):
            world.send(world.contract.post, world.over, bytes(32), 0, IMPORT, EXPORT, sender=world.poster)

    def test_post__while_paused__is_refused__and_claims_go_on(self, world):
        tree = world.posted(*ENERGY)
        world.send(world.contract.pause, sender=world.poster)
        with refused("EnforcedPause"):
            world.post(world.tree(*ENERGY, slot=tree.slot - 1))
        world.settlement.claim(world.homes[1], [tree])
        world.leave(world.homes[1], MONEY)
        world.send(world.contract.unpause, sender=world.poster)
        world.post(world.tree(*ENERGY, slot=tree.slot - 1))


class TestClaim:
    def test_claim__pays_for_what_was_given__and_takes_for_what_was_taken(self, world):
        tree, poster = world.posted(*ENERGY), world.settlement.balance(world.poster)
        for home in world.homes:
            world.settlement.claim(home, [tree])
        debits, credits = [500 * IMPORT, 0, 100 * IMPORT, 0], [0, 700 * EXPORT, 300 * EXPORT, 0]
        assert world.balances() == [MONEY + c - d for c, d in zip(credits, debits, strict=True)]
        assert world.settlement.balance(world.poster) == poster + 600 * IMPORT
        assert world.batch(tree.slot).unclaimed == 0

    def test_claim__many_slots__are_netted_in_one_payment(self, world):
        trees = world.posted_slots(world.over - 3, 4)
        receipt = world.settlement.claim(world.homes[1], trees)
        assert world.balances()[1] == MONEY + 1_600 * EXPORT
        assert len(receipt.events) == 4
        assert all(world.read(world.contract.isSettled, world.homes[1], tree.slot) for tree in trees)

    def test_claim__twice__is_refused(self, world):
        tree = world.posted(*ENERGY)
        world.settlement.claim(world.homes[1], [tree])
        with refused("AlreadySettled", home=world.homes[1], slot=tree.slot):
            world.settlement.claim(world.homes[1], [tree])

    def test_claim__the_same_slot_twice_in_one_call__counts_once(self, world):
        tree = world.posted(*ENERGY)
        world.settlement.claim(world.homes[1], [tree, tree])
        assert world.balances()[1] == MONEY + 700 * EXPORT
        with refused("AlreadySettled"):
            world.settlement.claim(world.homes[1], [tree, tree])

    def test_claim__of_many_slots__is_not_stopped_by_who_claims_one_of_them_before(self, world):
        first = world.over - 2
        trees = world.posted_slots(first, 3)
        world.settlement.claim(world.homes[1], trees[1:2], sender=world.stranger)
        receipt = world.settlement.claim(world.homes[1], trees)
        assert [event.values["slot"] for event in receipt.events] == [first, first + 2]
        assert world.balances()[1] == MONEY + 1_200 * EXPORT

    def test_claim__inside_the_challenge_window__is_refused(self, world):
        tree = world.posted(*ENERGY, final=False)
        with refused("ChallengeOpen", slot=tree.slot):
            world.settlement.claim(world.homes[1], [tree])

    def test_claim__anothers_leaf__is_refused(self, world):
        tree = world.posted(*ENERGY)
        (_, *leaf), proof = tree.leaf(str(world.homes[1])), tree.proof(str(world.homes[1]))
        with refused("NotInTree", slot=tree.slot, home=world.homes[0]):
            world.send(world.contract.claim, world.homes[0], [(tree.slot, *leaf, proof)], sender=world.homes[0])

    def test_claim__larger_than_the_leaf__is_refused(self, world):
        tree = world.posted(*ENERGY)
        claim = (tree.slot, 0, 701, tree.proof(str(world.homes[1])))
        with refused("NotInTree"):
            world.send(world.contract.claim, world.homes[1], [claim], sender=world.homes[1])

    def test_claim__inner_node_as_a_leaf__is_refused(self, world):
        tree = world.posted(*ENERGY)
        proof = tree.proof(str(world.homes[1]))[1:]
        with refused("NotInTree"):
            world.send(world.contract.claim, world.homes[1], [(tree.slot, 0, 700, proof)], sender=world.homes[1])

    def test_claim__slot_without_a_root__is_refused(self, world):
        with refused("NotPosted"):
            world.settlement.claim(world.homes[1], [world.tree(*ENERGY)])

    def test_claim__debt__is_collected_by_whom_it_is_owed_to(self, world):
        tree = world.posted(*ENERGY)
        world.settlement.claim(world.homes[0], [tree], sender=world.poster)
        assert world.balances()[0] == MONEY - 500 * IMPORT

    def test_claim__debtor_without_money__is_refused__and_stops_nobody_else(self, world):
        world.leave(world.homes[0], MONEY)
        tree = world.posted(*ENERGY)
        with refused("InsufficientBalance", account=world.homes[0], needed=500 * IMPORT, available=0):
            world.settlement.claim(world.homes[0], [tree], sender=world.poster)
        world.settlement.claim(world.homes[1], [tree])

    def test_claim__home_twice_in_the_tree__counts_once(self, world):
        home = str(world.homes[1])
        tree = SlotTree(world.over, {home: (0, 700), home.lower(): (0, 700)})
        world.post(tree)
        world.end_challenge()
        world.settlement.claim(world.homes[1], [tree])
        with refused("AlreadySettled"):
            claim = tree.claim(home.lower())
            world.send(world.contract.claim, home, [claim], sender=world.homes[1])

    def test_claim__more_than_the_poster_paid_for__is_refused(self, world):
        tree = world.posted(*ENERGY, exported=699)
        with refused("TotalExceeded", slot=tree.slot):
            world.settlement.claim(world.homes[1], [tree])


class TestChallenge:
    def test_challenge__forged_leaf__costs_the_stake__and_another_root_takes_its_place(self, world):
        forged = world.posted(*ENERGY, final=False)
        reading = world.sign(1, forged.slot, 0, 900)
        receipt = world.settlement.challenge(forged, world.homes[1], reading, sender=world.stranger)
        assert receipt.value("BatchRefused", "challenger") == world.stranger
        assert world.settlement.balance(world.stranger) == TERMS.stake // 2
        assert world.settlement.balance(world.treasury) == TERMS.stake - TERMS.stake // 2
        assert world.settlement.balance(world.poster) == MONEY - TERMS.stake
        world.posted((500, 0), (0, 900))

    def test_challenge__refused_root__pays_nobody(self, world):
        forged = world.posted(*ENERGY, final=False)
        world.settlement.challenge(forged, world.homes[1], world.sign(1, forged.slot, 0, 1), sender=world.stranger)
        world.end_challenge()
        with refused("NotPosted"):
            world.settlement.claim(world.homes[1], [forged])
        with refused("NoStake"):
            world.settlement.release(forged.slot)

    def test_challenge__by_the_poster_itself__still_costs_half_of_the_stake(self, world):
        forged = world.posted(*ENERGY, final=False)
        world.settlement.challenge(forged, world.homes[1], world.sign(1, forged.slot, 0, 1), sender=world.poster)
        assert world.settlement.balance(world.poster) == MONEY - TERMS.stake + TERMS.stake // 2

    def test_challenge__honest_root__is_refused(self, world):
        tree = world.posted(*ENERGY, final=False)
        evidence = {
            "the same": world.sign(1, tree.slot, 0, 700),
            "another slot": world.sign(1, tree.slot - 1, 0, 1),
            "another home's": world.sign(0, tree.slot, 0, 1),
            "a stranger's": world.sign(1, tree.slot, 0, 1, key=keccak(text="stranger")),
        }
        for reading in evidence.values():
            with refused("NotDisproved"):
                world.settlement.challenge(tree, world.homes[1], reading, sender=world.stranger)

    def test_challenge__revoked_meters_reading__is_refused(self, world):
        tree = world.posted(*ENERGY, final=False)
        reading = world.sign(1, tree.slot, 0, 1)
        meters = world.settlement.meters
        meters.revoke(world.read(meters.registry.meterOf, world.homes[1]))
        with refused("NotDisproved"):
            world.settlement.challenge(tree, world.homes[1], reading, sender=world.stranger)

    def test_challenge__leaf_of_nobody_with_a_signature_of_nobody__is_refused(self, world):
        nobody = "0x" + "00" * 20
        tree = SlotTree(world.over, {nobody: (0, 5), str(world.homes[0]): (1, 0)})
        world.post(tree)
        reading = world.sign(1, tree.slot, 0, 1, key=keccak(text="stranger"))
        with refused("NotDisproved"):
            world.settlement.challenge(tree, nobody, reading, sender=world.stranger)

    def test_challenge__leaf_not_in_the_tree__is_refused(self, world):
        tree = world.posted(*ENERGY, final=False)
        other = world.tree((1, 0), (0, 1), (2, 0), (0, 2))
        with refused("NotInTree"):
            world.settlement.challenge(other, world.homes[1], world.sign(1, tree.slot, 0, 9), sender=world.stranger)

    def test_challenge__after_the_window__is_refused(self, world):
        tree = world.posted(*ENERGY)
        with refused("ChallengeOver", slot=tree.slot):
            world.settlement.challenge(tree, world.homes[1], world.sign(1, tree.slot, 0, 1), sender=world.stranger)

    def test_challenge_total__leaves_beyond_what_was_paid__costs_the_stake(self, world):
        tree = world.posted(*ENERGY, final=False, exported=999)
        world.settlement.challenge_total(tree, world.homes[1:3], sender=world.stranger)
        assert world.settlement.balance(world.stranger) == TERMS.stake // 2

    def test_challenge_total__covered_leaves__is_refused(self, world):
        tree = world.posted(*ENERGY, final=False)
        with refused("NotDisproved"):
            world.settlement.challenge_total(tree, world.homes, sender=world.stranger)

    def test_challenge_total__a_leaf_counted_twice__is_refused(self, world):
        tree = world.posted(*ENERGY, final=False)
        leaf = tree.leaf(str(world.homes[1]))
        with refused("RepeatedLeaf", home=world.homes[1]):
            world.send(world.contract.challengeTotal, tree.slot, [leaf, leaf], [], [], sender=world.stranger)

    def test_challenge_total__invented_leaves__is_refused(self, world):
        world.posted(*ENERGY, final=False)
        invented = world.tree((0, 9_000), (0, 9_000), (0, 1), (0, 1))
        with refused("NotInTree"):
            world.settlement.challenge_total(invented, world.homes[:2], sender=world.stranger)

    def test_release__returns_the_stake_once_the_root_stands(self, world):
        tree = world.posted(*ENERGY, final=False)
        with refused("ChallengeOpen"):
            world.settlement.release(tree.slot)
        world.end_challenge()
        world.settlement.release(tree.slot, sender=world.stranger)
        assert world.settlement.balance(world.poster) == MONEY - 1_000 * EXPORT
        with refused("NoStake"):
            world.settlement.release(tree.slot)


class TestMoney:
    def test_withdraw__without_notice_or_too_early__is_refused(self, world):
        home = world.homes[0]
        with refused("NoticeRunning", account=home, **{"from": 0}):
            world.send(world.contract.withdraw, 1, home, sender=home)
        world.send(world.contract.announceWithdrawal, sender=home)
        with refused("NoticeRunning"):
            world.send(world.contract.withdraw, 1, home, sender=home)

    def test_withdraw__needs_a_notice_each_time(self, world):
        world.leave(world.homes[0], 1)
        with refused("NoticeRunning", **{"from": 0}):
            world.send(world.contract.withdraw, 1, world.homes[0], sender=world.homes[0])

    def test_withdraw__announced__still_pays_for_energy_meanwhile(self, world):
        world.send(world.contract.announceWithdrawal, sender=world.homes[0])
        tree = world.posted(*ENERGY)
        world.settlement.claim(world.homes[0], [tree], sender=world.poster)
        assert world.balances()[0] == MONEY - 500 * IMPORT

    def test_money__nothing__is_refused(self, world):
        for call, arguments in ((world.contract.deposit, ()), (world.contract.withdraw, (0, world.homes[0]))):
            with refused("ZeroAmount"):
                world.send(call, *arguments, sender=world.homes[0])

    def test_withdraw__more_than_there_is__is_refused(self, world):
        with refused("InsufficientBalance", needed=MONEY + 1, available=MONEY):
            world.leave(world.homes[0], MONEY + 1)

    @pytest.mark.parametrize("refuses", [False, True], ids=["calls back", "refuses"])
    def test_withdraw__hostile_receiver__gains_nothing(self, world, refuses):
        hostile, _ = world.connection.deploy("HostileAccount", sender=world.stranger)
        calls = [
            (world.contract.deposit.encode_input(), 1_000),
            (world.contract.announceWithdrawal.encode_input(), 0),
        ]
        for call, value in calls:
            world.send(hostile.perform, world.contract, call, sender=world.stranger, value=value)
        world.connection.advance_to(world.connection.now + TERMS.notice_s)
        withdraw = world.contract.withdraw.encode_input(500, hostile)
        world.send(hostile.prepare, world.contract, withdraw, refuses, sender=world.stranger)
        if refuses:
            with refused("PaymentRefused", to=hostile):
                world.send(hostile.perform, world.contract, withdraw, sender=world.stranger)
            return
        world.send(hostile.perform, world.contract, withdraw, sender=world.stranger)
        assert world.read(hostile.reentries) == 0
        assert bytes(world.read(hostile.lastError))[:4] == keccak(text="NoticeRunning(address,uint256)")[:4]
        assert world.settlement.balance(hostile) == 500


class TestRoles:
    @pytest.mark.parametrize("call", PRIVILEGED)
    def test_privileged_call__without_its_role__is_refused(self, world, call):
        role, arguments = PRIVILEGED[call]
        with refused("AccessControlUnauthorizedAccount", account=world.stranger, neededRole=keccak(text=role)):
            world.send(getattr(world.contract, call), *arguments, sender=world.stranger)

    @pytest.mark.parametrize("terms", [{"challenge_s": 0}, {"stake": 0}])
    def test_deployment__without_a_challenge_window_or_a_stake__is_refused(self, world, terms):
        with refused("InvalidTerms"):
            BatchSettlement.deploy(
                world.connection,
                meters=world.settlement.meters,
                treasury=world.treasury,
                terms=SettlementTerms(**terms),
            )

    @pytest.mark.parametrize("place", ["admin", "meters", "treasury"])
    def test_deployment__nobody_in_a_place__is_refused(self, world, place):
        who = {"admin": world.poster, "meters": world.settlement.meters.registry, "treasury": world.treasury}
        who |= {place: NOBODY}
        terms = (who["treasury"], *dataclasses.astuple(SettlementTerms()))
        with refused("ZeroAddress" if place == "admin" else "InvalidTerms"):
            world.connection.deploy("BatchSettlement", who["admin"], who["meters"], terms, sender=world.poster)

    def test_meter_key__is_the_homes(self, world):
        """The world's signatures are those of accredited meters: else every refusal above would mean nothing."""
        reading = world.sign(0, world.over, 1, 2, key=meter_key(0))
        assert world.read(world.settlement.meters.registry.homeBehind, reading.words) == world.homes[0]
