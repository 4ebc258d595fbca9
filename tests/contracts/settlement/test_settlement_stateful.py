"""Random lives of a batch settlement: money conserved to the wei, slots paid once, forged roots refused, all can leave.

``DEM_STATEFUL_EXAMPLES=500 pytest tests/contracts/settlement`` looks further.
"""

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from lives import try_lives
from refusals import refused
from settlement_world import EXPORT, HOMES, IMPORT, SLOT, TERMS, World

from dem.chain.settlement import SlotTree

homes = st.integers(0, HOMES - 1)
energies = st.lists(st.tuples(st.integers(0, 9_000), st.integers(0, 9_000)), min_size=HOMES, max_size=HOMES)


@dataclass
class Posted:
    """What the model knows of a root."""

    tree: SlotTree
    truth: list[tuple[int, int]]
    final_at: int
    unclaimed: int
    staked: bool = True


class SettlementMachine(RuleBasedStateMachine):
    world: World

    def __init__(self):
        super().__init__()
        self.before = self.world.connection.snapshot()
        self.roots: dict[int, Posted] = {}
        self.settled = set()
        self.balances = dict(enumerate(self.world.balances()))
        self.poster = self.world.settlement.balance(self.world.poster)
        self.others = 0  # treasury and challengers
        self.held = self.poster + sum(self.balances.values())

    # ---------------------------------------------------------------------------------------------- roots

    @rule(truth=energies, back=st.integers(0, 3), lie=st.one_of(st.none(), homes), missing=st.sampled_from([0, 0, 1]))
    def post(self, truth, back, lie, missing):
        slot = self.world.over - back
        told = list(truth)
        if lie is not None:
            told[lie] = (truth[lie][0] + 1, truth[lie][1])
        tree = self.world.tree(*told, slot=slot)
        paid = max(tree.exported_wh - missing, 0)
        if slot in self.roots:
            with refused("AlreadyPosted"):
                self.world.post(tree)
            return
        cost = TERMS.stake + paid * EXPORT
        if cost > self.poster:
            with refused("InsufficientBalance"):
                self.world.post(tree, exported=paid)
            return
        self.world.post(tree, exported=paid)
        self.poster -= cost
        self.roots[slot] = Posted(tree, truth, self.world.connection.now + TERMS.challenge_s, paid)

    @precondition(lambda self: self.roots)
    @rule(data=st.data(), home=homes)
    def challenge_leaf(self, data, home):
        root = self._any(data)
        slot = root.tree.slot
        reading = self.world.sign(home, slot, *root.truth[home])
        honest = root.tree.leaf(str(self.world.homes[home]))[1:] == root.truth[home]
        self._challenge(root, honest, self.world.settlement.challenge, root.tree, self.world.homes[home], reading)

    @precondition(lambda self: self.roots)
    @rule(data=st.data())
    def challenge_total(self, data):
        root = self._any(data)
        honest = root.tree.exported_wh <= root.unclaimed
        self._challenge(root, honest, self.world.settlement.challenge_total, root.tree, self.world.homes)

    def _challenge(self, root, honest, method, *evidence):
        if self.world.connection.now + 1 >= root.final_at:
            with refused("ChallengeOver"):
                method(*evidence, sender=self.world.stranger)
        elif honest:
            with refused("NotDisproved"):
                method(*evidence, sender=self.world.stranger)
        else:
            method(*evidence, sender=self.world.stranger)
            self.poster += root.unclaimed * EXPORT
            self.others += TERMS.stake
            del self.roots[root.tree.slot]

    @precondition(lambda self: self.roots)
    @rule(data=st.data())
    def release(self, data):
        root = self._any(data)
        if not root.staked or self.world.connection.now + 1 < root.final_at:
            with refused("NoStake" if not root.staked else "ChallengeOpen"):
                self.world.settlement.release(root.tree.slot)
            return
        self.world.settlement.release(root.tree.slot)
        self.poster += TERMS.stake
        root.staked = False

    # ---------------------------------------------------------------------------------------------- claims

    @precondition(lambda self: self.roots)
    @rule(data=st.data(), home=homes, count=st.integers(1, 3))
    def claim(self, data, home, count):
        roots = [self._any(data) for _ in range(count)]
        why, net, debit = self._expected(home, roots)
        trees = [root.tree for root in roots]
        if why:
            with refused(why):
                self.world.settlement.claim(self.world.homes[home], trees)
            return
        self.world.settlement.claim(self.world.homes[home], trees, sender=self.world.stranger)
        self.balances[home] += net
        self.poster += debit
        for root in roots:
            self.settled.add((home, root.tree.slot))
            root.unclaimed -= self._leaf(home, root)[1]

    def _expected(self, home, roots):
        """The error that is due, if any; what the home gains, and what it pays."""
        net = debit = 0
        done, left = set(self.settled), {root.tree.slot: root.unclaimed for root in roots}
        if all((home, root.tree.slot) in done for root in roots):
            return "AlreadySettled", 0, 0
        for root in roots:
            slot, (imported, exported) = root.tree.slot, self._leaf(home, root)
            if self.world.connection.now + 1 < root.final_at:
                return "ChallengeOpen", 0, 0
            if (home, slot) in done:
                continue
            if exported > left[slot]:
                return "TotalExceeded", 0, 0
            done.add((home, slot))
            left[slot] -= exported
            net += exported * EXPORT - imported * IMPORT
            debit += imported * IMPORT
        return ("InsufficientBalance" if self.balances[home] + net < 0 else None), net, debit

    @rule(home=homes)
    def leave_and_come_back(self, home):
        account, amount = self.world.homes[home], self.balances[home]
        if amount:
            self.world.leave(account, amount)
            self.world.settlement.deposit(account, amount)

    @rule(seconds=st.sampled_from([600, TERMS.challenge_s, SLOT]))
    def time_passes(self, seconds):
        self.world.connection.advance_to(self.world.connection.now + seconds)

    # ---------------------------------------------------------------------------------------------- promises

    @invariant()
    def money_is_conserved(self):
        bound = sum(root.unclaimed * EXPORT + TERMS.stake * root.staked for root in self.roots.values())
        assert sum(self.balances.values()) + self.poster + self.others + bound == self.held

    def teardown(self):
        try:
            world = self.world
            assert world.connection.balance(world.contract) == self.held
            assert world.balances() == list(self.balances.values())
            assert world.settlement.balance(world.poster) == self.poster
            for slot, root in self.roots.items():
                assert world.batch(slot).unclaimed == root.unclaimed
            for account in (*world.homes, world.poster, world.treasury, world.stranger):
                if amount := world.settlement.balance(account):
                    world.leave(account, amount)
            bound = sum(root.unclaimed * EXPORT + TERMS.stake * root.staked for root in self.roots.values())
            assert world.connection.balance(world.contract) == bound
        finally:
            self.world.connection.restore(self.before)

    def _any(self, data):
        return self.roots[data.draw(st.sampled_from(sorted(self.roots)))]

    def _leaf(self, home, root):
        return root.tree.leaf(str(self.world.homes[home]))[1:]


def test_settlement__random_lives__conserve_money_and_let_everybody_leave(world):
    SettlementMachine.world = world
    try_lives(SettlementMachine, examples=6, steps=25)
