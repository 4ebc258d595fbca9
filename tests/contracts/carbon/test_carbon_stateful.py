"""Random lives of the carbon contracts: every Wh once, issued = held + claimed or retired, the tax adds up.

``DEM_STATEFUL_EXAMPLES=500 pytest tests/contracts/carbon`` looks further.
"""

from carbon_world import AVERAGE, MARGINAL, MONEY, RATE, READINGS, SLOTS, SOLAR, WIND, World
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from lives import try_lives
from refusals import refused

from dem.chain.carbon import UNITS_PER_MG

TECHNOLOGIES = (SOLAR, WIND, None)
homes = st.integers(0, 2)
slots = st.integers(0, SLOTS - 1)


class CarbonMachine(RuleBasedStateMachine):
    world: World

    def __init__(self):
        super().__init__()
        self.before = self.world.connection.snapshot()
        self.certificates = {}  # (slot, technology) → {home: Wh}
        self.issued = {}  # the same → Wh
        self.claimed = {}
        self.credits = dict.fromkeys(range(3), 0)
        self.credits_issued = self.retired = 0
        self.used = set()
        self.assessed = set()
        self.owed = dict.fromkeys(range(3), 0)
        self.discharged = {home: [0, 0] for home in range(3)}
        self.paid = 0

    @rule(home=homes, slot=slots, certify=st.booleans())
    def issue(self, home, slot, certify):
        office, account = self.world.office, self.world.homes[home]
        act = office.certify if certify else office.credit
        exported, technology = READINGS[home][slot][1], TECHNOLOGIES[home]
        why = "TechnologyUnknown" if technology is None else None
        why = why or ("AttributesUsed" if (home, slot) in self.used else None)
        why = why or (None if exported else "NothingProduced")
        if why:
            with refused(why):
                act(account, [self.world.slot(slot)])
            return
        act(account, [self.world.slot(slot)])
        self.used.add((home, slot))
        if certify:
            held = self.certificates.setdefault((slot, technology), dict.fromkeys(range(3), 0))
            held[home] += exported
            self.issued[slot, technology] = self.issued.get((slot, technology), 0) + exported
        else:
            self.credits[home] += exported * MARGINAL[slot] * UNITS_PER_MG
            self.credits_issued += exported * MARGINAL[slot] * UNITS_PER_MG

    @precondition(lambda self: self.certificates)
    @rule(data=st.data(), home=homes, other=homes, part=st.integers(1, 4))
    def move_certificates(self, data, home, other, part):
        key = data.draw(st.sampled_from(sorted(self.certificates)))
        held = self.certificates[key]
        amount = held[home] // part
        contract, identifier = self.world.office.certificates, self._id(key)
        source, target = self.world.homes[home], self.world.homes[other]
        self.world.send(contract.safeTransferFrom, source, target, identifier, amount, b"", sender=source)
        held[home] -= amount
        held[other] += amount

    @precondition(lambda self: self.certificates)
    @rule(data=st.data(), home=homes, part=st.integers(1, 4))
    def claim(self, data, home, part):
        key = data.draw(st.sampled_from(sorted(self.certificates)))
        amount = self.certificates[key][home] // part
        if amount:
            self.world.office.claim(self.world.homes[home], self._id(key), amount, self.world.stranger)
            self.certificates[key][home] -= amount
            self.claimed[key] = self.claimed.get(key, 0) + amount

    @rule(home=homes, other=homes, part=st.integers(1, 4), retire=st.booleans())
    def move_or_retire_credits(self, home, other, part, retire):
        amount = self.credits[home] // part
        account, target = self.world.homes[home], self.world.homes[other]
        if not amount:
            return
        self.credits[home] -= amount
        if retire:
            self.world.office.retire(account, amount, target)
            self.retired += amount
        else:
            self.world.send(self.world.office.credits.transfer, target, amount, sender=account)
            self.credits[other] += amount

    @rule(home=homes, slot=slots, count=st.integers(1, SLOTS))
    def assess(self, home, slot, count):
        count = min(count, SLOTS - slot)
        self.world.office.assess(self.world.homes[home], self.world.slot(slot), count)
        for each in range(slot, slot + count):
            if (home, each) not in self.assessed:
                self.assessed.add((home, each))
                self.owed[home] += READINGS[home][each][0] * AVERAGE[each]

    @rule(home=homes, part=st.integers(1, 3), offset=st.booleans())
    def discharge(self, home, part, offset):
        emissions, account = self.owed[home] // part, self.world.homes[home]
        if not emissions:
            return
        units = emissions * UNITS_PER_MG
        if offset and self.credits[home] < units:
            with refused("ERC20InsufficientBalance"):
                self.world.office.offset(account, emissions)
            return
        if offset:
            self.world.office.offset(account, emissions)
            self.credits[home] -= units
            self.retired += units
        else:
            self.world.office.pay(account, emissions)
            self.paid += -(-emissions * RATE // 10**9)
        self.owed[home] -= emissions
        self.discharged[home][offset] += emissions

    def teardown(self):
        try:
            self._everything_adds_up()
        finally:
            self.world.connection.restore(self.before)

    def _everything_adds_up(self):
        world, office = self.world, self.world.office
        for key, held in self.certificates.items():
            assert [world.certificates(home, *key) for home in world.homes] == list(held.values())
            issued, claimed = (
                world.read(kept, self._id(key)) for kept in (office.certificates.issued, office.certificates.claimed)
            )
            assert (issued, claimed) == (self.issued[key], self.claimed.get(key, 0))
            assert issued == sum(held.values()) + claimed
        assert [world.credits(home) for home in world.homes] == list(self.credits.values())
        supply, issued, retired = (
            world.read(kept) for kept in (office.credits.totalSupply, office.credits.issued, office.credits.retired)
        )
        assert (issued, retired) == (self.credits_issued, self.retired)
        assert issued == supply + retired
        for home, account in enumerate(world.homes):
            told = office.emissions_of(account)
            assert (told.owed, told.paid, told.offset) == (self.owed[home], *self.discharged[home])
        assert world.money(world.treasury) == self.paid
        assert sum(map(world.money, world.homes)) == 3 * MONEY - self.paid

    def _id(self, key):
        return self.world.office.certificate_id(self.world.slot(key[0]), key[1])


def test_carbon__random_lives__account_for_every_wh_once(world):
    CarbonMachine.world = world
    try_lives(CarbonMachine, examples=6, steps=25)
