"""A marketplace whose homes have adopted a policy, and short names for what tests do with it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from eth_account import Account
from eth_utils import keccak

from dem.chain.marketplace import Marketplace, Profile, Terms
from dem.chain.meters import MeterRegistry
from dem.chain.verified_commitments import Actions, Claim, OptimisticCommitments, VerifiedCommitments, deploy_policy
from dem.proofs.integer import IntegerNetwork, state_words
from dem.proofs.packing import packed

HOMES, INPUTS, LIMIT = 3, 5, 1_000
COLLATERAL = 10**18
BOND, WINDOW = 10**16, 600
FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617
PRODUCTION, CONSUMPTION = 0, 1


def network(seed: int = 0, inputs: int = INPUTS, hidden: int = 8, largest: int = 127) -> IntegerNetwork:
    draw = np.random.default_rng(seed).integers

    def weights(*shape, most=largest):
        return draw(-most, most + 1, shape)

    return IntegerNetwork(
        weights(inputs, hidden),
        weights(hidden, most=5_000),
        weights(hidden, hidden),
        weights(hidden, most=500_000),
        weights(hidden),
        int(draw(-(10**6), 10**6)),
        unit=20_000_000,
    )


def instances(states, outputs) -> list[int]:
    """A circuit's public numbers."""
    return [int(number) % FIELD for number in [*packed(np.asarray(states)).ravel(), *outputs]]


@dataclass
class World:
    connection: Any
    market: Marketplace
    meters: MeterRegistry
    verified: VerifiedCommitments
    optimistic: OptimisticCommitments
    homes: list[Profile]
    network: IntegerNetwork
    policy: Any
    other_policy: Any
    proofs: Any
    treasury: Any
    stranger: Any

    @classmethod
    def deploy(cls, connection) -> "World":
        accounts = connection.accounts
        operator, treasury, stranger = accounts[0], accounts[8], accounts[9]
        market = Marketplace.deploy(connection, Terms.in_eur(feed_max_age_s=10**9), operator=operator)
        meters = MeterRegistry.deploy(connection, operator=operator)
        verified = VerifiedCommitments.deploy(market, meters)
        optimistic = OptimisticCommitments.deploy(market, meters, treasury=treasury, bond=BOND, window_s=WINDOW)
        net = network()
        policy, _ = deploy_policy(connection, net.packed, sender=operator)
        other, _ = deploy_policy(connection, network(1).packed, sender=operator)
        proofs = cls._mock_proofs(connection, operator, net, policy, 1)
        world = cls(
            *(connection, market, meters, verified, optimistic, [], net, policy, other, proofs, treasury, stranger)
        )
        for verifier in (policy, other, proofs):
            verified.list_verifier(verifier)
        for verifier in (policy, other):
            optimistic.list_verifier(verifier)
        for number in range(HOMES):
            world._move_in(number)
        return world

    def _move_in(self, number: int) -> None:
        account = self.connection.accounts[1 + number]
        home = self.market.register(account, COLLATERAL)
        self.homes.append(home)
        self.meters.accredit(Account.from_key(self.key(number)).address, account)
        self.verified.adopt(home, self.policy, LIMIT)
        send = self.connection.send
        send(self.optimistic.contract.adopt, home.id, self.policy, LIMIT, sender=account)
        for book in (self.verified, self.optimistic):
            send(self.market.profile.setApprovalForAll, book.contract, True, sender=account)

    @staticmethod
    def _mock_proofs(connection, operator, net, policy, actions):
        halo2, _ = connection.deploy("Halo2VerifierMock", net.policy_hash, sender=operator)
        terms = (connection.read(policy.policyHash), connection.read(policy.unit), net.inputs, actions)
        return connection.deploy("ProofVerifier", halo2, *terms, sender=operator)[0]

    def mock_proofs(self, net: IntegerNetwork, actions: int = 1):
        return self._mock_proofs(self.connection, self.market.operator, net, self.policy, actions)

    def batch_verifier(self, actions: int):
        verifier = self.mock_proofs(self.network, actions)
        self.verified.list_verifier(verifier)
        return verifier

    @staticmethod
    def key(home: int) -> bytes:
        return keccak(text=f"policy meter {home}")

    @property
    def next(self) -> int:
        """The interval after the next, so that tests have time."""
        return self.market.current_interval + 2

    def states(self, count: int = 1, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).integers(-128, 128, (count, self.network.inputs)).astype(np.int8)

    def actions(self, home: int = 0, first=None, count: int = 1, seed: int = 0, net=None) -> Actions:
        """What the home's policy does."""
        states = self.states(count, seed)
        outputs = (net or self.network).outputs(states)
        first = self.next if first is None else first
        return Actions(self.homes[home].id, first, tuple(state_words(states)), tuple(outputs.tolist()))

    def signature(self, actions: Actions, home: int = 0, book=None) -> bytes:
        return actions.signed(self.key(home), (book or self.verified).domain)

    def proof(self, states, outputs, net=None) -> bytes:
        words = b"".join(number.to_bytes(32, "big") for number in instances(states, outputs))
        return keccak((net or self.network).policy_hash + words)

    def commit(self, actions: Actions, home: int = 0, verifier=None, proof: bytes = b"", signature=None, sender=None):
        return self.verified.commit(
            actions,
            self.signature(actions, home) if signature is None else signature,
            verifier or self.policy,
            proof,
            sender=sender or self.homes[home].account,
        )

    def attest(self, actions: Actions, verifier=None, proof: bytes = b"", sender=None):
        sender = sender or self.homes[0].account
        return self.verified.attest(actions, self.signature(actions), verifier or self.policy, proof, sender=sender)

    def claim(self, home: int = 0, interval=None, seed: int = 0, wrong: int = 0) -> Claim:
        actions = self.actions(home, interval, seed=seed)
        return Claim(actions.profile_id, actions.first, actions.states[0], actions.outputs[0] + wrong)

    def propose(self, claim: Claim, home: int = 0, sender=None):
        signature = self.signature(claim.actions, home, self.optimistic)
        return self.optimistic.propose(claim, signature, sender=sender or self.homes[home].account)

    def pass_window(self) -> None:
        self.connection.advance_to(self.connection.now + WINDOW)
