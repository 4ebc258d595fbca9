"""Commitments that follow from a policy, from Python: put a policy on chain, adopt it, sign states, commit.

Energy is in whole Wh, money in wei; states are words of 32 bytes and outputs whole numbers, as the policy's network has
them. ``contracts/VerifiedCommitments.md`` says what each call does and when it is refused.
"""

from dataclasses import dataclass
from typing import Any, Self

from dem.chain import typed_data
from dem.chain.connection import Connection, Receipt
from dem.chain.marketplace import Marketplace, Profile
from dem.chain.meters import MeterRegistry

_ROLES = ("AUDITOR_ROLE", "PAUSER_ROLE")
_FIELDS = {"profileId": "uint256", "first": "uint64", "states": "bytes32[]"}
GENERATED_VERIFIER = "Halo2Verifier"


@dataclass(frozen=True)
class Actions:
    """What a home's policy saw and answered in consecutive intervals.

    Attributes:
        profile_id: the home.
        first: the first interval.
        states: 32 bytes each.
        outputs: one for each state.
    """

    profile_id: int
    first: int
    states: tuple[bytes, ...]
    outputs: tuple[int, ...]

    def signed(self, key: Any, domain: typed_data.Domain) -> bytes:
        """The meter's signature of the states, 65 bytes.

        Args:
            key: the meter's private key, or an account that signs.
            domain: see `PolicyBook.domain`.
        """
        values = {"profileId": self.profile_id, "first": self.first, "states": list(self.states)}
        return typed_data.sign(key, domain, "StateReadings", _FIELDS, values).bytes65


@dataclass(frozen=True)
class Claim:
    """One action as `OptimisticCommitments` takes it; attributes as those of `Actions`."""

    profile_id: int
    interval: int
    state: bytes
    output: int

    @property
    def words(self) -> tuple[int, int, bytes, int]:
        """As the contract takes it."""
        return self.profile_id, self.interval, self.state, self.output

    @property
    def actions(self) -> Actions:
        """The same as what a meter signs."""
        return Actions(self.profile_id, self.interval, (self.state,), (self.output,))


def deploy_policy(connection: Connection, packed: bytes, *, sender: Any) -> tuple[Any, list[Receipt]]:
    """Put a network's weights on chain, and the contract that computes it.

    Args:
        connection: where.
        packed: the weights, `dem.proofs.IntegerNetwork.packed`.
        sender: the account that signs.

    Returns:
        The ``IntegerPolicy`` and both receipts.

    Raises:
        ContractError: the bytes are not those of a network.
    """
    weights, stored = connection.deploy("PolicyWeights", packed, sender=sender)
    policy, receipt = connection.deploy("IntegerPolicy", weights, sender=sender)
    return policy, [stored, receipt]


def deploy_proof_verifier(
    connection: Connection, source: str, policy: Any, *, inputs: int, actions: int, sender: Any
) -> tuple[Any, list[Receipt]]:
    """Put a generated verifier on chain, and the contract that asks it about a policy's actions.

    Args:
        connection: where.
        source: the generated Solidity.
        policy: the ``IntegerPolicy`` whose circuit it is.
        inputs: numbers of a state that the circuit reads.
        actions: actions that one proof is for.
        sender: the account that signs.

    Returns:
        The ``ProofVerifier`` and both receipts.
    """
    address, stored = connection.deploy_generated(source, GENERATED_VERIFIER, sender=sender)
    terms = connection.read(policy.policyHash), connection.read(policy.unit)
    verifier, receipt = connection.deploy("ProofVerifier", address, *terms, inputs, actions, sender=sender)
    return verifier, [stored, receipt]


class PolicyBook:
    """What both contracts share: verifiers, adoption, signatures."""

    def __init__(self, connection: Connection, contract: Any, market: Marketplace, operator: Any) -> None:
        self.connection, self.contract, self.market, self.operator = connection, contract, market, operator

    @classmethod
    def _deploy(cls, market: Marketplace, meters: MeterRegistry, *terms: Any, operator: Any) -> Self:
        connection, operator = market.connection, operator or market.operator
        arguments = (operator, market.pool, meters.registry, *terms)
        contract, _ = connection.deploy(cls.__name__, *arguments, sender=operator)
        connection.grant(contract, _ROLES, operator, sender=operator)
        return cls(connection, contract, market, operator)

    @property
    def domain(self) -> typed_data.Domain:
        """What meters sign for."""
        return typed_data.Domain.of(self.connection, self.contract)

    def list_verifier(self, verifier: Any) -> Receipt:
        """List a verifier, as the auditor."""
        return self.connection.send(self.contract.list, verifier, sender=self.operator)

    def adopt(self, home: Profile, verifier: Any, limit_wh: int) -> list[Receipt]:
        """Bind a home to a verifier's policy, and let the contract commit for it.

        Args:
            home: whose owner signs.
            verifier: one of the policy's.
            limit_wh: Wh that full power comes to in an interval.
        """
        adopted = self.connection.send(self.contract.adopt, home.id, verifier, limit_wh, sender=home.account)
        return [adopted, home.approve(self.contract)]

    def energy_of(self, profile_id: int, output: int) -> int:
        """Wh into the battery that an output stands for; negative out of it."""
        return self.connection.read(self.contract.energyOf, profile_id, output)

    def is_verified(self, profile_id: int, interval: int) -> bool:
        """Whether the action of an interval is known to be the policy's."""
        return self.connection.read(self.contract.isVerified, profile_id, interval)

    def follows_policy(self, commitment_id: int) -> bool:
        """Whether a commitment of the marketplace was made here."""
        return self.connection.read(self.contract.followsPolicy, commitment_id)


class VerifiedCommitments(PolicyBook):
    """VerifiedCommitments on one connection."""

    @classmethod
    def deploy(cls, market: Marketplace, meters: MeterRegistry, *, operator: Any = None) -> Self:
        """Deploy it beside a marketplace; the operator, by default the marketplace's, gets every role."""
        return cls._deploy(market, meters, operator=operator)

    def commit(self, actions: Actions, signature: bytes, verifier: Any, proof: bytes = b"", *, sender: Any) -> Receipt:
        """Verify one action of a coming interval and promise the energy it comes to."""
        (state,), (output,) = actions.states, actions.outputs
        return self.connection.send(
            self.contract.commit,
            *(actions.profile_id, actions.first, state, output, signature, verifier, proof),
            sender=sender,
        )

    def attest(self, actions: Actions, signature: bytes, verifier: Any, proof: bytes = b"", *, sender: Any) -> Receipt:
        """Verify several actions in one go and promise nothing."""
        return self.connection.send(
            self.contract.attest,
            *(actions.profile_id, actions.first, list(actions.states), list(actions.outputs)),
            *(signature, verifier, proof),
            sender=sender,
        )


class OptimisticCommitments(PolicyBook):
    """OptimisticCommitments on one connection."""

    @classmethod
    def deploy(
        cls,
        market: Marketplace,
        meters: MeterRegistry,
        *,
        treasury: Any,
        bond: int = 10**16,
        window_s: int = 600,
        operator: Any = None,
    ) -> Self:
        """Deploy it beside a marketplace.

        Args:
            market: the marketplace.
            meters: the register of meters.
            treasury: who gets half of a lost bond.
            bond: wei that a wrong claim costs.
            window_s: seconds in which a claim can be challenged.
            operator: gets every role; by default the marketplace's.

        Raises:
            ContractError: the terms are nothing to go by.
        """
        return cls._deploy(market, meters, treasury, bond, window_s, operator=operator)

    def bond(self, home: Profile, amount: int) -> Receipt:
        """Add wei to a home's bond."""
        return self.connection.send(self.contract.bond, home.id, sender=home.account, value=amount)

    def unbond(self, home: Profile) -> Receipt:
        """Credit a home's owner with its bond."""
        return self.connection.send(self.contract.unbond, home.id, sender=home.account)

    def propose(self, claim: Claim, signature: bytes, *, sender: Any) -> Receipt:
        """Claim an action of a coming interval."""
        return self.connection.send(self.contract.propose, claim.words, signature, sender=sender)

    def challenge(self, claim: Claim, policy: Any, *, sender: Any) -> Receipt:
        """Show that a claim is wrong.

        Args:
            claim: as it was claimed.
            policy: the ``IntegerPolicy`` of the home's policy, listed or not.
            sender: who gets half of the bond.
        """
        weights = self.connection.read(policy.weights)
        return self.connection.send(self.contract.challenge, claim.words, weights, sender=sender)

    def accept(self, claim: Claim, *, sender: Any = None) -> Receipt:
        """Make the commitment of a claim that nobody challenged in time."""
        return self.connection.send(self.contract.accept, claim.words, sender=sender or self.operator)

    def withdraw(self, account: Any, to: Any = None) -> Receipt:
        """Take an account's money out."""
        return self.connection.send(self.contract.withdraw, to or account, sender=account)

    def balance(self, account: Any) -> int:
        """Wei that an account can withdraw."""
        return self.connection.read(self.contract.balanceOf, account)
