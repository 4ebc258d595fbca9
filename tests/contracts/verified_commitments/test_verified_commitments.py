"""VerifiedCommitments: what it accepts, every wrong thing it refuses, roles, the batch of a day."""

import dataclasses

import pytest
from eth_utils import keccak
from refusals import refused
from verified_world import CONSUMPTION, LIMIT, PRODUCTION, network

DAY = 48


def without_action(world, actions, output):
    return dataclasses.replace(actions, outputs=(output,))


class TestCommit:
    def test_commit__the_policys_action__is_promised_and_deposited(self, world):
        actions = world.actions()
        receipt = world.commit(actions)
        energy = world.verified.energy_of(actions.profile_id, actions.outputs[0])
        made = receipt.value("CommitmentCreated", "amount"), receipt.value("CommitmentCreated", "side")
        assert made == (abs(energy), CONSUMPTION if energy > 0 else PRODUCTION)
        assert receipt.value("CommitmentDeposited", "start") == actions.first
        assert world.verified.follows_policy(receipt.value("CommitmentVerified", "commitmentId"))
        assert world.verified.is_verified(actions.profile_id, actions.first)
        assert receipt.value("ActionsVerified", "policyHash") == world.network.policy_hash

    def test_commit__with_a_proof__needs_no_computation_on_chain(self, world):
        actions = world.actions()
        world.commit(actions, verifier=world.proofs, proof=world.proof(world.states(), actions.outputs))
        assert world.verified.is_verified(actions.profile_id, actions.first)

    def test_commit__both_signs_of_output__charge_and_discharge(self, world):
        sides = set()
        for seed in range(4):
            actions = world.actions(first=world.next + seed, seed=seed)
            energy = world.verified.energy_of(actions.profile_id, actions.outputs[0])
            receipt = world.commit(actions)
            assert receipt.value("CommitmentCreated", "side") == (CONSUMPTION if energy > 0 else PRODUCTION)
            sides.add(energy > 0)
        assert sides == {True, False}

    def test_commit__no_energy__promises_nothing__and_is_verified(self, world):
        home = world.homes[0]
        world.connection.send(world.verified.contract.adopt, home.id, world.policy, 1, sender=home.account)
        seed = next(s for s in range(50) if world.verified.energy_of(home.id, world.actions(seed=s).outputs[0]) == 0)
        receipt = world.commit(world.actions(seed=seed))
        assert "CommitmentCreated" not in {event.name for event in receipt.events}
        assert world.verified.is_verified(home.id, world.actions().first)


class TestWrong:
    """The four lies of the issue, and their relatives. Each is told with everything else in order."""

    @pytest.mark.parametrize("by_proof", [False, True])
    def test_commit__wrong_action__is_refused(self, world, by_proof):
        actions = world.actions()
        proof = world.proof(world.states(), actions.outputs) if by_proof else b""
        lie = without_action(world, actions, actions.outputs[0] + 1)
        with refused("InvalidActions", profileId=actions.profile_id, first=actions.first):
            world.commit(lie, verifier=world.proofs if by_proof else world.policy, proof=proof)

    @pytest.mark.parametrize("by_proof", [False, True])
    def test_commit__wrong_state__though_signed__is_refused(self, world, by_proof):
        actions, other = world.actions(), world.actions(seed=1)
        proof = world.proof(world.states(), actions.outputs) if by_proof else b""
        lie = dataclasses.replace(actions, states=other.states)
        with refused("InvalidActions"):
            world.commit(lie, verifier=world.proofs if by_proof else world.policy, proof=proof)

    def test_commit__state_that_the_meter_did_not_sign__is_refused(self, world):
        signature = world.signature(world.actions())
        with refused("NotTheMeter", profileId=world.homes[0].id):
            world.commit(world.actions(seed=1), signature=signature)

    def test_commit__wrong_policy__is_refused(self, world):
        other = network(1)
        actions = world.actions(net=other)
        with refused("WrongPolicy", policyHash=world.network.policy_hash):
            world.commit(actions, verifier=world.other_policy)
        with refused("InvalidActions"):
            world.commit(actions)
        with refused("InvalidActions"):
            world.commit(actions, verifier=world.proofs, proof=world.proof(world.states(), actions.outputs, other))

    def test_commit__replayed_proof__is_refused(self, world):
        actions = world.actions()
        proof = world.proof(world.states(), actions.outputs)
        world.commit(actions, verifier=world.proofs, proof=proof)
        with refused("AlreadyVerified", interval=actions.first):
            world.commit(actions, verifier=world.proofs, proof=proof)
        later = dataclasses.replace(actions, first=actions.first + 1)
        with refused("NotTheMeter"):
            world.commit(later, verifier=world.proofs, proof=proof, signature=world.signature(actions))
        elsewhere = dataclasses.replace(actions, profile_id=world.homes[1].id)
        with refused("NotTheMeter"):
            world.commit(elsewhere, 1, verifier=world.proofs, proof=proof, signature=world.signature(actions))

    def test_commit__another_homes_meter__is_refused(self, world):
        actions = world.actions()
        with refused("NotTheMeter"):
            world.commit(actions, signature=world.signature(actions, home=1))

    @pytest.mark.parametrize("signature", [b"", b"\0" * 65, b"\x01" * 64])
    def test_commit__no_signature__is_refused(self, world, signature):
        with refused("NotTheMeter"):
            world.commit(world.actions(), signature=signature)

    def test_commit__signed_for_the_other_contract__is_refused(self, world):
        actions = world.actions()
        with refused("NotTheMeter"):
            world.commit(actions, signature=world.signature(actions, book=world.optimistic))

    def test_commit__meter_revoked__is_refused(self, world):
        world.meters.revoke(world.connection.read(world.meters.registry.meterOf, world.homes[0].account))
        with refused("NotTheMeter"):
            world.commit(world.actions())

    def test_commit__somebody_else__is_refused(self, world):
        with refused("NotOwner", caller=world.stranger):
            world.commit(world.actions(), sender=world.stranger)

    def test_commit__output_of_many_times_full_power__counts_as_full(self, world):
        home = world.homes[0].id
        assert world.verified.energy_of(home, 2**63 - 1) == LIMIT
        assert world.verified.energy_of(home, -(2**63)) == -LIMIT

    def test_commit__interval_begun__is_refused_by_the_marketplace(self, world):
        with refused("IntervalStarted"):
            world.commit(world.actions(first=world.market.current_interval))

    def test_commit__after_a_refusal__the_interval_is_free(self, world):
        actions = world.actions()
        with refused("InvalidActions"):
            world.commit(without_action(world, actions, 7))
        world.commit(actions)


class TestAttest:
    def test_attest__a_day__is_verified_in_one_go(self, world):
        verifier = world.batch_verifier(DAY)
        actions = world.actions(count=DAY)
        proof = world.proof(world.states(DAY), actions.outputs)
        receipt = world.attest(actions, verifier, proof)
        home = actions.profile_id
        assert all(world.verified.is_verified(home, actions.first + n) for n in (0, 23, DAY - 1))
        assert not world.verified.is_verified(home, actions.first + DAY)
        energies = receipt.value("ActionsVerified", "energies")
        assert list(energies) == [world.verified.energy_of(home, output) for output in actions.outputs]

    def test_attest__one_wrong_action_of_a_day__is_refused(self, world):
        verifier = world.batch_verifier(DAY)
        actions = world.actions(count=DAY)
        proof = world.proof(world.states(DAY), actions.outputs)
        lie = dataclasses.replace(actions, outputs=(*actions.outputs[:-1], actions.outputs[-1] - 1))
        for each in (verifier, world.policy):
            with refused("InvalidActions"):
                world.attest(lie, each, proof)

    def test_attest__overlapping_what_is_known__is_refused(self, world):
        world.commit(world.actions(first=world.next + 1))
        actions = world.actions(count=3)
        with refused("AlreadyVerified", interval=actions.first + 1):
            world.attest(actions)

    def test_attest__somebody_else__cannot_use_up_the_signature_of_a_coming_action(self, world):
        actions = world.actions()
        with refused("NotOwner", caller=world.stranger):
            world.attest(actions, sender=world.stranger)
        world.commit(actions)

    @pytest.mark.parametrize("outputs", [(), (1,), (1, 2, 3)])
    def test_attest__another_number_of_outputs__is_refused(self, world, outputs):
        actions = dataclasses.replace(world.actions(count=2), outputs=outputs)
        with refused("InvalidActions"):
            world.attest(actions)

    def test_attest__nothing__is_refused(self, world):
        nothing = dataclasses.replace(world.actions(), states=(), outputs=())
        with refused("InvalidActions"):
            world.attest(nothing)


@pytest.mark.parametrize("name", ["VerifiedCommitments", "OptimisticCommitments", "IntegerPolicy", "ProofVerifier"])
def test_compiled__fits_the_chains_limit(world, name):
    """EIP-170."""
    assert len(world.connection.contract(name).contract_type.get_runtime_bytecode()) <= 24_576


class TestPolicies:
    def test_adopt__a_verifier_nobody_listed__is_refused(self, world):
        send, home = world.connection.send, world.homes[0]
        send(world.verified.contract.delist, world.policy, sender=world.market.operator)
        with refused("WrongPolicy"):
            send(world.verified.contract.adopt, home.id, world.policy, LIMIT, sender=home.account)
        with refused("WrongPolicy"):
            world.commit(world.actions())

    def test_adopt__another_policy__ends_the_first(self, world):
        home = world.homes[0]
        world.connection.send(world.verified.contract.adopt, home.id, world.other_policy, LIMIT, sender=home.account)
        with refused("WrongPolicy"):
            world.commit(world.actions())
        world.commit(world.actions(net=network(1)), verifier=world.other_policy)

    def test_adopt__no_power__or_by_a_stranger__is_refused(self, world):
        send, home, contract = world.connection.send, world.homes[0], world.verified.contract
        with refused("InvalidTerms"):
            send(contract.adopt, home.id, world.policy, 0, sender=home.account)
        with refused("NotOwner"):
            send(contract.adopt, home.id, world.policy, LIMIT, sender=world.stranger)

    def test_commit__before_a_policy_is_adopted__is_refused(self, world):
        account = world.connection.accounts[5]
        home = world.market.register(account, 10**18)
        actions = dataclasses.replace(world.actions(), profile_id=home.id)
        with refused("NoPolicy", profileId=home.id):
            world.commit(actions, sender=account)

    @pytest.mark.parametrize("call", ["list", "delist"])
    def test_list__without_the_role__is_refused(self, world, call):
        with refused("AccessControlUnauthorizedAccount", neededRole=keccak(text="AUDITOR_ROLE")):
            world.connection.send(getattr(world.verified.contract, call), world.policy, sender=world.stranger)

    def test_pause__stops_actions__and_needs_the_role(self, world):
        send, contract = world.connection.send, world.verified.contract
        for call in (contract.pause, contract.unpause):
            with refused("AccessControlUnauthorizedAccount", neededRole=keccak(text="PAUSER_ROLE")):
                send(call, sender=world.stranger)
        send(contract.pause, sender=world.market.operator)
        actions = world.actions()
        with refused("EnforcedPause"):
            world.commit(actions)
        with refused("EnforcedPause"):
            world.attest(actions)
        send(contract.unpause, sender=world.market.operator)
        world.commit(actions)

    def test_contract__can_never_take_a_homes_collateral(self, world):
        """It is approved for the profile, and withdrawing is the owner's alone."""
        methods = {abi.name for abi in world.verified.contract.contract_type.mutable_methods}
        assert methods == {
            *("commit", "attest", "adopt", "list", "delist", "pause", "unpause"),
            *("grantRole", "revokeRole", "renounceRole"),
        }
