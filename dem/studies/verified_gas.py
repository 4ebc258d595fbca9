"""What it costs on the test chain to make sure that a commitment follows from its home's policy, way by way.

Every way makes the same commitments for the same home. Each is played twice and the second time counts, when storage is
no longer empty; registering, adopting and bonding, done once, are not counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from eth_account import Account
from eth_utils import keccak

from dem.chain import Connection, Marketplace, MeterRegistry, Receipt, Side, Terms
from dem.chain.gas import total_gas
from dem.chain.marketplace import Profile
from dem.chain.verified_commitments import (
    Actions,
    Claim,
    OptimisticCommitments,
    VerifiedCommitments,
    deploy_policy,
    deploy_proof_verifier,
)
from dem.proofs import Circuit, IntegerNetwork, state_words

HALF_HOUR_S, WINDOW_S = 1_800, 600
COLLATERAL, BOND = 10**18, 10**16
FRESH_S = 30 * 86_400
# Intervals of days that are attested: no commitment reaches there, and two days share a word of storage.
PAST_DAYS = 1_024
NOT_CHECKED, COMPUTED, BELIEVED, DISPUTED, PROVED = (
    "not checked",
    "computed on chain",
    "optimistic",
    "optimistic, disputed",
    "proved",
)
METER_KEY = keccak(text="meter of the proved home")


@dataclass
class Scene:
    """A marketplace with one home, its meter, and both contracts.

    Attributes:
        network: the home's policy.
        policy: the policy on chain.
        states: (N, I) int8, what the policy sees in N intervals of a day; each one acts.
    """

    connection: Connection
    market: Marketplace
    home: Profile
    verified: VerifiedCommitments
    optimistic: OptimisticCommitments
    network: IntegerNetwork
    policy: Any
    states: np.ndarray
    _first: int = 0
    _attested: int = PAST_DAYS

    @classmethod
    def deploy(cls, connection: Connection, network: IntegerNetwork, states: np.ndarray, limit_wh: int) -> Self:
        """Deploy everything; the home adopts the policy in both contracts.

        Args:
            connection: a local chain.
            network: the policy.
            states: (N, I) int8.
            limit_wh: Wh that full power comes to in an interval.
        """
        terms = Terms.in_eur(interval_s=HALF_HOUR_S, feed_max_age_s=FRESH_S)
        market = Marketplace.deploy(connection, terms)
        meters = MeterRegistry.deploy(connection, slot_s=HALF_HOUR_S)
        owner = connection.accounts[1]
        home = market.register(owner, COLLATERAL)
        meters.accredit(Account.from_key(METER_KEY).address, owner)
        policy, _ = deploy_policy(connection, network.packed, sender=market.operator)
        verified = VerifiedCommitments.deploy(market, meters)
        treasury = connection.accounts[2]
        optimistic = OptimisticCommitments.deploy(market, meters, treasury=treasury, bond=BOND, window_s=WINDOW_S)
        for book in (verified, optimistic):
            book.list_verifier(policy)
            connection.send(book.contract.adopt, home.id, policy, limit_wh, sender=owner)
            connection.send(market.profile.setApprovalForAll, book.contract, True, sender=owner)
        optimistic.bond(home, 10 * BOND)
        return cls(connection, market, home, verified, optimistic, network, policy, states)

    def next_interval(self) -> int:
        """An interval that nothing was committed for, a window and more ahead."""
        self._first = max(self._first + 1, self.market.current_interval + 2)
        return self._first

    def actions(self, first: int, states: np.ndarray) -> Actions:
        """What the policy does in intervals from ``first`` on."""
        outputs = self.network.outputs(states).tolist()
        return Actions(self.home.id, first, tuple(state_words(states)), tuple(outputs))

    def not_checked(self) -> list[Receipt]:
        """Commit and deposit as anybody can."""
        (output,) = self.actions(0, self.states[:1]).outputs
        energy = self.verified.energy_of(self.home.id, output)
        side = Side.CONSUMPTION if energy > 0 else Side.PRODUCTION
        promise = self.home.commit(side, abs(energy), self.next_interval())
        return [promise.receipt, self.home.deposit(promise)]

    def commit(self, verifier: Any = None, proof: bytes = b"") -> list[Receipt]:
        """One action verified before its commitment is made."""
        actions = self.actions(self.next_interval(), self.states[:1])
        signature = actions.signed(METER_KEY, self.verified.domain)
        return [self.verified.commit(actions, signature, verifier or self.policy, proof, sender=self.home.account)]

    def attest(self, verifier: Any = None, proof: bytes = b"") -> list[Receipt]:
        """A day's actions verified in one go."""
        actions = self.actions(self._attested, self.states)
        self._attested += len(self.states)
        signature = actions.signed(METER_KEY, self.verified.domain)
        return [self.verified.attest(actions, signature, verifier or self.policy, proof, sender=self.home.account)]

    def believed(self) -> list[Receipt]:
        """A claim that nobody challenges."""
        claim, proposed = self._claim()
        self.connection.advance_to(self.connection.now + WINDOW_S)
        return [proposed, self.optimistic.accept(claim, sender=self.home.account)]

    def disputed(self) -> list[Receipt]:
        """A wrong claim that somebody challenges."""
        claim, proposed = self._claim(wrong=1)
        challenger = self.connection.accounts[3]
        return [proposed, self.optimistic.challenge(claim, self.policy, sender=challenger)]

    def proof_verifier(self, circuit: Circuit, source: str) -> tuple[Any, list[Receipt]]:
        """Put a circuit's verifier on chain and list it."""
        shape = {"inputs": self.network.inputs, "actions": circuit.actions}
        operator = self.market.operator
        verifier, receipts = deploy_proof_verifier(self.connection, source, self.policy, **shape, sender=operator)
        self.verified.list_verifier(verifier)
        return verifier, receipts

    def check_gas(self, verifier: Any, states: np.ndarray, proof: bytes = b"") -> int:
        """Gas of a transaction that asks a verifier and does nothing else."""
        actions = self.actions(0, states)
        arguments = list(actions.states), list(actions.outputs), proof
        return verifier.verify.transact(*arguments, sender=self.market.operator).gas_used

    def _claim(self, wrong: int = 0) -> tuple[Claim, Receipt]:
        actions = self.actions(self.next_interval(), self.states[:1])
        claim = Claim(self.home.id, actions.first, actions.states[0], actions.outputs[0] + wrong)
        signature = actions.signed(METER_KEY, self.optimistic.domain)
        return claim, self.optimistic.propose(claim, signature, sender=self.home.account)


def measure(scene: Scene) -> pd.DataFrame:
    """Gas of every way that needs no proof.

    Returns:
        Columns ``way``, ``actions`` (verified at once), ``gas`` of all transactions, ``gas_per_action``.
    """
    ways = [
        (NOT_CHECKED, 1, scene.not_checked),
        (COMPUTED, 1, scene.commit),
        (BELIEVED, 1, scene.believed),
        (DISPUTED, 1, scene.disputed),
        (COMPUTED, len(scene.states), scene.attest),
    ]
    return table([(way, actions, _gas_of_repeating(play)) for way, actions, play in ways])


def table(rows: Sequence[tuple[str, int, int]]) -> pd.DataFrame:
    """Rows of way, actions and gas as `measure` returns them."""
    frame = pd.DataFrame(rows, columns=["way", "actions", "gas"])
    return frame.assign(gas_per_action=frame["gas"] / frame["actions"])


def by_size(scene: Scene, hidden: Sequence[int], seed: int) -> pd.DataFrame:
    """Gas of computing random networks on chain: columns ``hidden``, ``products``, ``check_gas``, ``bytes``."""
    rows = []
    for units in hidden:
        network = _random_network(units, scene.network.inputs, np.random.default_rng([seed, units]))
        policy, _ = deploy_policy(scene.connection, network.packed, sender=scene.market.operator)
        arguments = state_words(scene.states[:1]), network.outputs(scene.states[:1]).tolist(), b""
        gas = policy.verify.transact(*arguments, sender=scene.market.operator).gas_used
        rows.append((units, network.products, gas, len(network.packed)))
    return pd.DataFrame(rows, columns=["hidden", "products", "check_gas", "bytes"])


def _gas_of_repeating(play: Callable[[], Sequence[Receipt]]) -> int:
    """Gas of doing something a second time: the first time fills storage that was empty."""
    play()
    return total_gas(play())


def _random_network(hidden: int, inputs: int, generator: np.random.Generator) -> IntegerNetwork:
    def weights(*shape: int) -> np.ndarray:
        return generator.integers(-20, 21, shape)

    layers = (weights(inputs, hidden), weights(hidden), weights(hidden, hidden), weights(hidden), weights(hidden))
    return IntegerNetwork(*layers, bias3=1, unit=1)
