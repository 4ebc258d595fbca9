"""OptimisticCommitments: claims, challenges, bonds, and the ways of escaping them."""

import dataclasses

import pytest
from refusals import NOBODY, refused
from verified_world import BOND, LIMIT, WINDOW

from dem.chain.connection import Event
from dem.chain.verified_commitments import OptimisticCommitments


def bonded(world, claims=1, home=0):
    world.optimistic.bond(world.homes[home], claims * BOND)


class TestClaim:
    def test_accept__a_claim_nobody_challenged__makes_the_commitment(self, world):
        bonded(world)
        claim = world.claim()
        world.propose(claim)
        assert not world.optimistic.is_verified(claim.profile_id, claim.interval)
        world.pass_window()
        receipt = world.optimistic.accept(claim, sender=world.stranger)
        energy = world.optimistic.energy_of(claim.profile_id, claim.output)
        assert receipt.value("CommitmentCreated", "amount") == abs(energy)
        assert world.optimistic.follows_policy(receipt.value("CommitmentVerified", "commitmentId"))
        assert world.optimistic.is_verified(claim.profile_id, claim.interval)

    def test_accept__before_the_window_is_over__is_refused(self, world):
        bonded(world)
        claim = world.claim()
        world.propose(claim)
        with refused("WrongTime"):
            world.optimistic.accept(claim)

    def test_accept__once_the_interval_has_begun__frees_the_bond_and_promises_nothing(self, world):
        bonded(world)
        claim = world.claim()
        world.propose(claim)
        world.market.advance_to(claim.interval)
        receipt = world.optimistic.accept(claim)
        assert {event.name for event in receipt.events} == {"Accepted"}
        world.optimistic.unbond(world.homes[0])

    def test_accept__where_the_marketplace_refuses__frees_the_bond_once_the_interval_has_begun(self, world):
        bonded(world)
        claim, home = world.claim(), world.homes[0]
        world.propose(claim)
        market, contract = world.market, world.optimistic.contract
        world.connection.send(market.profile.setApprovalForAll, contract, False, sender=home.account)
        world.pass_window()
        with refused("NotAuthorized"):
            world.optimistic.accept(claim)
        market.advance_to(claim.interval)
        world.optimistic.accept(claim)
        world.optimistic.unbond(home)
        assert world.optimistic.balance(home.account) == BOND

    @pytest.mark.parametrize("change", [{"output": 1}, {"state": bytes(32)}, {"interval": 9**6}])
    def test_accept__something_else_than_was_claimed__is_refused(self, world, change):
        bonded(world)
        claim = world.claim()
        world.propose(claim)
        world.pass_window()
        with refused("UnknownClaim"):
            world.optimistic.accept(dataclasses.replace(claim, **change))

    def test_accept__twice__is_refused__and_the_interval_is_taken(self, world):
        bonded(world, 2)
        claim = world.claim()
        world.propose(claim)
        with refused("AlreadyVerified"):
            world.propose(claim)
        world.pass_window()
        world.optimistic.accept(claim)
        with refused("UnknownClaim"):
            world.optimistic.accept(claim)
        with refused("AlreadyVerified"):
            world.propose(claim)

    def test_propose__without_a_bond_for_it__is_refused(self, world):
        with refused("BondNotFree", amount=0, pending=0):
            world.propose(world.claim())
        bonded(world)
        world.propose(world.claim())
        with refused("BondNotFree", amount=BOND, pending=1):
            world.propose(world.claim(interval=world.next + 1))

    def test_propose__too_late_to_be_challenged__is_refused(self, world):
        bonded(world)
        claim = world.claim()
        world.market.advance_to(claim.interval - 1)
        world.connection.advance_to(world.connection.now + 3600 - WINDOW)
        with refused("IntervalTooSoon", interval=claim.interval):
            world.propose(claim)

    def test_propose__state_that_the_meter_did_not_sign__is_refused(self, world):
        bonded(world)
        claim = world.claim()
        signature = world.signature(world.claim(seed=1).actions, book=world.optimistic)
        with refused("NotTheMeter"):
            world.optimistic.propose(claim, signature, sender=world.homes[0].account)
        with refused("NotOwner"):
            world.propose(claim, sender=world.stranger)


class TestChallenge:
    def test_challenge__a_wrong_claim__costs_its_bond__half_each(self, world):
        bonded(world)
        claim = world.claim(wrong=1)
        world.propose(claim)
        world.optimistic.challenge(claim, world.policy, sender=world.stranger)
        assert world.optimistic.balance(world.stranger) == BOND // 2
        assert world.optimistic.balance(world.treasury) == BOND - BOND // 2
        assert world.connection.read(world.optimistic.contract.bondOf, claim.profile_id) == (0, 0)
        world.pass_window()
        with refused("UnknownClaim"):
            world.optimistic.accept(claim)
        assert not world.optimistic.is_verified(claim.profile_id, claim.interval)

    def test_challenge__by_the_home_itself__still_loses_half(self, world):
        bonded(world)
        claim, home = world.claim(wrong=-5), world.homes[0]
        world.propose(claim)
        world.optimistic.challenge(claim, world.policy, sender=home.account)
        assert world.optimistic.balance(home.account) == BOND // 2

    def test_challenge__a_right_claim__is_refused(self, world):
        bonded(world)
        claim = world.claim()
        world.propose(claim)
        with refused("ClaimHolds"):
            world.optimistic.challenge(claim, world.policy, sender=world.stranger)
        world.pass_window()
        world.optimistic.accept(claim)

    def test_challenge__by_another_policys_weights__or_none__is_refused(self, world):
        bonded(world)
        claim = world.claim()
        world.propose(claim)
        challenge = world.optimistic.contract.challenge
        others = world.connection.read(world.other_policy.weights)
        for weights in (others, world.stranger):
            with refused("WrongPolicy", policyHash=world.network.policy_hash):
                world.connection.send(challenge, claim.words, weights, sender=world.stranger)
        assert world.connection.read(world.optimistic.contract.bondOf, claim.profile_id) == (BOND, 1)

    def test_challenge__after_the_window__is_refused(self, world):
        bonded(world)
        claim = world.claim(wrong=1)
        world.propose(claim)
        world.pass_window()
        with refused("WrongTime"):
            world.optimistic.challenge(claim, world.policy, sender=world.stranger)

    def test_challenge__cannot_be_escaped__by_another_policy_or_unbonding(self, world):
        bonded(world)
        claim, home = world.claim(wrong=1), world.homes[0]
        world.propose(claim)
        with refused("BondNotFree", pending=1):
            world.connection.send(
                world.optimistic.contract.adopt, home.id, world.other_policy, LIMIT, sender=home.account
            )
        with refused("BondNotFree", pending=1):
            world.optimistic.unbond(home)
        world.optimistic.challenge(claim, world.policy, sender=world.stranger)

    def test_challenge__of_a_policy_delisted_since__costs_the_bond(self, world):
        bonded(world)
        claim = world.claim(wrong=1)
        world.propose(claim)
        world.connection.send(world.optimistic.contract.delist, world.policy, sender=world.market.operator)
        world.optimistic.challenge(claim, world.policy, sender=world.stranger)
        assert world.optimistic.balance(world.stranger) == BOND // 2

    def test_propose__again_after_a_lost_challenge__is_free(self, world):
        bonded(world, 2)
        wrong, right = world.claim(wrong=1), world.claim()
        world.propose(wrong)
        world.optimistic.challenge(wrong, world.policy, sender=world.stranger)
        world.propose(right)


class TestMoney:
    def test_withdraw__pays_out_once(self, world):
        bonded(world)
        home = world.homes[0]
        (event,) = world.optimistic.unbond(home).events
        assert event == Event("Unbonded", {"profileId": home.id, "owner": home.account, "amount": BOND})
        before = world.connection.balance(world.treasury)
        world.optimistic.withdraw(home.account, to=world.treasury)
        assert world.connection.balance(world.treasury) - before == BOND
        with refused("NothingToWithdraw"):
            world.optimistic.withdraw(home.account)
        with refused("BondNotFree"):
            world.optimistic.unbond(home)

    def test_withdraw__to_who_refuses__keeps_the_balance(self, world):
        bonded(world)
        home = world.homes[0]
        world.optimistic.unbond(home)
        hostile, _ = world.connection.deploy("HostileHome", sender=world.stranger)
        world.connection.send(hostile.behave, 1, hostile, b"", sender=world.stranger)
        with refused("PaymentRefused"):
            world.optimistic.withdraw(home.account, to=hostile)
        assert world.optimistic.balance(home.account) == BOND

    def test_bond__of_somebody_elses_home__is_refused(self, world):
        with refused("NotOwner"):
            world.connection.send(world.optimistic.contract.bond, world.homes[0].id, sender=world.stranger, value=BOND)

    @pytest.mark.parametrize("terms", [{"bond": 0}, {"window_s": 0}, {"treasury": NOBODY}])
    def test_deploy__terms_that_bind_nobody__are_refused(self, world, terms):
        with refused("InvalidTerms"):
            OptimisticCommitments.deploy(world.market, world.meters, **{"treasury": world.treasury, **terms})

    @pytest.mark.parametrize(
        ("place", "error"),
        [(0, "ZeroAddress"), (1, "InvalidTerms"), (2, "InvalidTerms")],
        ids=["admin", "pool", "register"],
    )
    @pytest.mark.parametrize("name", ["VerifiedCommitments", "OptimisticCommitments"])
    def test_deploy__nobody_in_a_place__is_refused(self, world, name, place, error):
        who = [world.treasury, world.market.pool, world.meters.registry]
        who[place] = NOBODY
        terms = (world.treasury, BOND, WINDOW) if name == "OptimisticCommitments" else ()
        with refused(error):
            world.connection.deploy(name, *who, *terms, sender=world.stranger)
