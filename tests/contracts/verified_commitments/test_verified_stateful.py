"""Random lives of both contracts: nothing wrong is ever accepted, nothing twice, and every wei is somebody's.

``DEM_STATEFUL_EXAMPLES=500 pytest tests/contracts/verified_commitments`` looks further.
"""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from lives import try_lives
from refusals import refused
from verified_world import BOND, HOMES, World

homes = st.integers(0, HOMES - 1)
offsets = st.integers(1, 3)
lies = st.sampled_from([0, 0, 1, -7])


class VerifiedMachine(RuleBasedStateMachine):
    """A few intervals of three homes that tell the truth, or do not."""

    world: World

    def __init__(self):
        super().__init__()
        self.before = self.world.connection.snapshot()
        self.base = self.world.market.current_interval + 1
        self.verified: set[tuple[int, int]] = set()
        self.accepted: set[tuple[int, int]] = set()
        self.pending: dict[tuple[int, int], tuple] = {}
        self.bonds = [0] * HOMES
        self.owed = 0

    @rule(home=homes, offset=offsets, lie=lies, seed=st.integers(0, 3), by_proof=st.booleans())
    def commit(self, home, offset, lie, seed, by_proof):
        world, interval = self.world, self.base + offset
        if interval <= world.market.current_interval:
            return
        honest = world.actions(home, interval, seed=seed)
        told = type(honest)(honest.profile_id, interval, honest.states, (honest.outputs[0] + lie,))
        proof = world.proof(world.states(seed=seed), honest.outputs) if by_proof else b""
        verifier = world.proofs if by_proof else world.policy
        if (home, interval) in self.verified or lie:
            with refused("AlreadyVerified" if (home, interval) in self.verified else "InvalidActions"):
                world.commit(told, home, verifier, proof)
        else:
            world.commit(told, home, verifier, proof)
            self.verified.add((home, interval))

    @rule(home=homes)
    def bond(self, home):
        self.world.optimistic.bond(self.world.homes[home], BOND)
        self.bonds[home] += BOND

    @rule(home=homes, offset=offsets, lie=lies)
    def propose(self, home, offset, lie):
        key = (home, self.base + offset)
        waiting = sum(each == home for each, _ in self.pending)
        claim = self.world.claim(home, key[1], wrong=lie)
        if key[1] <= self.world.market.current_interval + 1:
            return
        if key in self.pending or key in self.accepted:
            with refused("AlreadyVerified"):
                self.world.propose(claim, home)
        elif self.bonds[home] < BOND * (waiting + 1):
            with refused("BondNotFree"):
                self.world.propose(claim, home)
        else:
            self.world.propose(claim, home)
            self.pending[key] = (claim, lie, self.world.connection.now + self.window)

    @property
    def window(self) -> int:
        return self.world.connection.read(self.world.optimistic.contract.window)

    @rule()
    def challenge(self):
        for key, (claim, lie, deadline) in list(self.pending.items())[:1]:
            late = self.world.connection.now + 1 >= deadline
            if late or not lie:
                with refused("WrongTime" if late else "ClaimHolds"):
                    self.world.optimistic.challenge(claim, self.world.policy, sender=self.world.stranger)
            else:
                self.world.optimistic.challenge(claim, self.world.policy, sender=self.world.stranger)
                del self.pending[key]
                self.bonds[key[0]] -= BOND
                self.owed += BOND

    @rule()
    def accept(self):
        for key, (claim, _, deadline) in list(self.pending.items())[:1]:
            if self.world.connection.now + 1 < deadline:
                with refused("WrongTime"):
                    self.world.optimistic.accept(claim)
            else:
                self.world.optimistic.accept(claim)
                del self.pending[key]
                self.accepted.add(key)

    @rule(home=homes)
    def unbond(self, home):
        free = self.bonds[home] and not any(each == home for each, _ in self.pending)
        if not free:
            with refused("BondNotFree"):
                self.world.optimistic.unbond(self.world.homes[home])
        else:
            self.world.optimistic.unbond(self.world.homes[home])
            self.owed += self.bonds[home]
            self.bonds[home] = 0

    @rule()
    def time_passes(self):
        self.world.pass_window()

    @invariant()
    def every_wei_is_somebodys(self):
        world = self.world
        assert world.connection.balance(world.optimistic.contract) == sum(self.bonds) + self.owed

    def teardown(self):
        try:
            self._books_are_right()
        finally:
            self.world.connection.restore(self.before)

    def _books_are_right(self):
        world = self.world
        for home in range(HOMES):
            for interval in range(self.base + 1, self.base + 4):
                key, profile = (home, interval), world.homes[home].id
                assert world.verified.is_verified(profile, interval) == (key in self.verified)
                assert world.optimistic.is_verified(profile, interval) == (key in self.accepted)
        accounts = [*(home.account for home in world.homes), world.stranger, world.treasury]
        for account in accounts:
            if world.optimistic.balance(account):
                world.optimistic.withdraw(account)
        assert world.connection.balance(world.optimistic.contract) == sum(self.bonds)


def test_commitments__random_lives__accept_the_policys_actions_only_and_once(world):
    VerifiedMachine.world = world
    try_lives(VerifiedMachine, examples=3, steps=12)
