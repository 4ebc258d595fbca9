"""Random lives of a register: every slot counts once, whatever is replayed, reordered, rotated or revoked.

``DEM_STATEFUL_EXAMPLES=500 pytest tests/contracts/meters`` looks further.
"""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from lives import try_lives
from meters_world import HOMES, SLOT, Neighbourhood, address_of, key_of

from dem.chain import ContractError

homes = st.integers(0, HOMES - 1)
energies = st.integers(0, 2**32 - 2)


class RegisterMachine(RuleBasedStateMachine):
    """Messages are signed in any order, and all of them, the old ones too, are handed in again and again."""

    world: Neighbourhood

    def __init__(self):
        super().__init__()
        self.before = self.world.connection.snapshot()
        self.genesis = self.world.over
        self.messages = []  # (home, generation, signed reading)
        self.books = {}  # (home, slot) → (imported, exported)
        self.nonces = dict.fromkeys(range(HOMES), 0)
        self.generation = dict.fromkeys(range(HOMES), 0)
        self.accredited = set(range(HOMES))

    @rule(home=homes, ahead=st.integers(0, 2), behind=st.integers(0, 5), imported=energies, exported=energies)
    def sign(self, home, ahead, behind, imported, exported):
        nonce = self.nonces[home] + ahead
        slot, generation = self.world.over + 1 - behind, self.generation[home]
        message = self.world.sign(home, slot, nonce, imported, exported, generation)
        self.messages.append((home, generation, message))

    @precondition(lambda self: self.messages)
    @rule(data=st.data(), count=st.integers(1, 4))
    def hand_in(self, data, count):
        batch = [data.draw(st.sampled_from(self.messages)) for _ in range(count)]
        books, nonces = dict(self.books), dict(self.nonces)
        expected = all(self._accepts(books, nonces, *message) for message in batch)
        try:
            self.world.record(*(message for _, _, message in batch))
        except ContractError:
            assert not expected
            return
        assert expected
        self.books, self.nonces = books, nonces

    @precondition(lambda self: self.messages)
    @rule(home=homes, imported=energies)
    def report_in_order(self, home, imported):
        if home in self.accredited and (home, self.world.over) not in self.books:
            message = self.world.sign(home, None, self.nonces[home], imported, 0, self.generation[home])
            self.messages.append((home, self.generation[home], message))
            self.world.record(message)
            self.books[home, self.world.over] = (imported, 0)
            self.nonces[home] += 1

    @rule(home=homes)
    def rotate(self, home):
        if home in self.accredited:
            generation = self.generation[home]
            self.world.register.rotate(key_of(home, generation), key_of(home, generation + 1))
            self.generation[home] += 1

    @rule(home=homes)
    def replace(self, home):
        """The registrar revokes a meter, or gives a home without one a new meter."""
        if home in self.accredited:
            self.world.register.revoke(address_of(home, self.generation[home]))
            self.accredited.remove(home)
            return
        self.generation[home] += 1
        self.world.register.accredit(address_of(home, self.generation[home]), self.world.homes[home])
        self.nonces[home] = 0
        self.accredited.add(home)

    @rule()
    def time_passes(self):
        self.world.connection.advance_to(self.world.connection.now + SLOT)

    def teardown(self):
        try:
            for home in self.accredited:
                assert self.world.register.nonce_of(address_of(home, self.generation[home])) == self.nonces[home]
            for home, account in enumerate(self.world.homes):
                for slot in range(self.genesis - 5, self.world.over + 2):
                    assert self.world.register.reading_of(account, slot) == self.books.get((home, slot))
        finally:
            self.world.connection.restore(self.before)

    def _accepts(self, books, nonces, home, generation, message):
        reading = message.reading
        numbers = (reading.imported, reading.exported)
        if reading.slot > self.world.over or home not in self.accredited or generation != self.generation[home]:
            return False
        if reading.nonce < nonces[home] and books.get((home, reading.slot)) == numbers:
            return True
        if reading.nonce != nonces[home] or (home, reading.slot) in books:
            return False
        books[home, reading.slot] = numbers
        nonces[home] += 1
        return True


def test_register__random_lives__count_every_slot_once(world):
    RegisterMachine.world = world
    try_lives(RegisterMachine, examples=6, steps=25)
