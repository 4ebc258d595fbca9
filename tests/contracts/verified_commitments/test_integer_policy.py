"""IntegerPolicy and ProofVerifier: the network on chain equals the one in Python, and wrong answers are none."""

import os

import numpy as np
import pytest
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refusals import refused
from verified_world import network

from dem.chain.verified_commitments import deploy_policy
from dem.proofs.integer import state_words

EXAMPLES = int(os.environ.get("DEM_STATEFUL_EXAMPLES") or 4)


class TestIntegerPolicy:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        seed=st.integers(0, 2**32 - 1),
        inputs=st.integers(1, 32),
        hidden=st.sampled_from([8, 16]),
        rows=st.lists(st.lists(st.integers(-128, 127), min_size=32, max_size=32), min_size=1, max_size=2),
    )
    def test_output__any_network_and_state__equals_python(self, connection, seed, inputs, hidden, rows):
        net = network(seed, inputs, hidden, largest=60)
        policy, _ = deploy_policy(connection, net.packed, sender=connection.accounts[0])
        states = np.array(rows)[:, :inputs]
        expected = net.outputs(states).tolist()
        words = state_words(states.astype(np.int8))
        assert [connection.read(policy.outputOf, word) for word in words] == expected
        assert connection.read(policy.verify, words, expected, b"")

    def test_policy_hash__is_that_of_the_weights__in_python_too(self, world):
        assert world.connection.read(world.policy.policyHash) == world.network.policy_hash

    def test_state__numbers_that_the_network_does_not_read__change_nothing(self, world):
        (word,) = world.actions().states
        filled = b"\x7f" * (32 - world.network.inputs) + word[-world.network.inputs :]
        assert world.connection.read(world.policy.outputOf, filled) == world.actions().outputs[0]

    def test_verify__another_number_of_outputs__is_false(self, world):
        actions = world.actions(count=2)
        assert not world.connection.read(world.policy.verify, actions.states, actions.outputs[:1], b"")

    @pytest.mark.parametrize("damage", [lambda p: p[:-1], lambda p: p + b"\0", lambda p: p[:64] + bytes(32) + p[96:]])
    def test_deploy__bytes_of_another_shape__are_refused(self, world, damage):
        with refused("NotANetwork"):
            deploy_policy(world.connection, damage(world.network.packed), sender=world.stranger)

    def test_deploy__an_address_without_code__is_refused(self, world):
        with refused("NotANetwork"):
            world.connection.deploy("IntegerPolicy", world.stranger, sender=world.stranger)

    @pytest.mark.parametrize("bias", [2**255 - 1, 2**63, -(2**63) - 1, -(2**255)])
    def test_deploy__an_answer_that_could_leave_its_word__is_refused(self, world, bias):
        """What cannot be computed cannot be challenged."""
        packed = world.network.packed[:-32] + bias.to_bytes(32, "big", signed=True)
        with refused("NotANetwork"):
            deploy_policy(world.connection, packed, sender=world.stranger)


class TestProofVerifier:
    def verify(self, world, states, outputs, proof):
        words = state_words(states)
        return world.connection.read(world.proofs.verify, words, [int(output) for output in outputs], proof)

    def test_verify__the_proof_of_these_numbers__holds(self, world):
        for seed in range(3):
            states = world.states(seed=seed)
            outputs = world.network.outputs(states)
            assert self.verify(world, states, outputs, world.proof(states, outputs))

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(inputs=st.integers(1, 32), row=st.lists(st.integers(-128, 127), min_size=32, max_size=32))
    def test_verify__any_state__is_packed_as_in_python(self, world, inputs, row):
        net, states = network(inputs=inputs), np.array([row], dtype=np.int8)[:, :inputs]
        verifier = world.mock_proofs(net)
        outputs = net.outputs(states).tolist()
        (word,) = state_words(states)
        # Numbers that the circuit does not read change nothing.
        for each in (word, b"\x7f" * (32 - inputs) + word[32 - inputs :]):
            assert world.connection.read(verifier.verify, [each], outputs, world.proof(states, outputs, net))

    def test_verify__numbers_in_another_order__does_not(self, world):
        states = world.states()
        outputs = world.network.outputs(states)
        assert not self.verify(world, states[:, ::-1], outputs, world.proof(states, outputs))

    def test_verify__other_numbers_or_another_proof__does_not(self, world):
        states = world.states()
        outputs = world.network.outputs(states)
        proof = world.proof(states, outputs)
        moved = states.copy()
        moved[0, 0] ^= 1
        assert not self.verify(world, moved, outputs, proof)
        assert not self.verify(world, states, outputs + 1, proof)
        assert not self.verify(world, states, -outputs, proof)
        assert not self.verify(world, states, outputs, keccak(proof))
        assert not self.verify(world, states, outputs, b"")

    def test_verify__another_number_of_actions__does_not(self, world):
        states = world.states(2)
        outputs = world.network.outputs(states)
        assert not self.verify(world, states, outputs, world.proof(states, outputs))

    @pytest.mark.parametrize("change", [{0: "stranger"}, {1: bytes(32)}, {2: 0}, {2: -1}, {3: 0}, {3: 33}, {4: 0}])
    def test_deploy__a_circuit_that_cannot_be__is_refused(self, world, change):
        terms = [world.connection.read(world.proofs.halo2), world.network.policy_hash, world.network.unit, 5, 1]
        for position, value in change.items():
            terms[position] = world.stranger if value == "stranger" else value
        with refused("InvalidCircuit"):
            world.connection.deploy("ProofVerifier", *terms, sender=world.stranger)
