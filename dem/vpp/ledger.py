"""The plant's books on the chain: roots posted once, and homes that claim a day at a time.

What the journal intends is brought onto the chain exactly once: whoever goes on after a crash asks the contracts what
they have, and they refuse a second root of a slot and a second claim of a home.
"""

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from dem import units
from dem.chain import BatchSettlement, Connection, ContractError, MeterRegistry, SettlementTerms, SlotTree, typed_data
from dem.vpp.identities import Identities
from dem.vpp.neighbourhood import WEI_PER_UNIT
from dem.vpp.slots import SIGNED, Book, Intent, Slot

STAKE = units.WEI_PER_ETHER // 1_000
CHALLENGE_HOURS = 6
OPERATOR_DEPOSITS: Mapping[Book, int] = {
    "meters": 4_000 * units.WEI_PER_ETHER,
    "market": 4_000 * units.WEI_PER_ETHER,
    "response": 1_000 * units.WEI_PER_ETHER,
}
HOME_DEPOSIT = 1_000 * units.WEI_PER_ETHER
SECONDS_PER_HOUR = 3_600
TREES_KEPT = 200
"""Enough for a day of half-hours in all books."""

SlotOf = Callable[[int], Slot]


class DisagreementError(RuntimeError):
    """The chain and the journal say different things; the message says which."""


class Ledger:
    """The contracts of one plant on one chain.

    Attributes:
        connection: to the chain.
        books: the settlements by name; those that meters sign know all meters.
        identities: the homes.
        first_slot: the time slot of the first interval.

    Args:
        slot_of: what the journal says of an interval, by its number.
    """

    def __init__(
        self,
        connection: Connection,
        books: Mapping[Book, BatchSettlement],
        identities: Identities,
        first_slot: int,
        slot_of: SlotOf,
    ) -> None:
        self.connection = connection
        self.books = books
        self.identities = identities
        self.first_slot = first_slot
        self._slot_of = slot_of
        self._tree = functools.lru_cache(maxsize=TREES_KEPT)(self._grow)
        self._slot_s = books["meters"].meters.slot_s

    @classmethod
    def deploy(
        cls, connection: Connection, identities: Identities, names: Iterable[Book], step_hours: float, slot_of: SlotOf
    ) -> Self:
        """Deploy the books' contracts, accredit all meters, and pay in for whoever has an account."""
        slot_s = round(step_hours * SECONDS_PER_HOUR)
        books = {name: _deploy_book(connection, identities, slot_s, OPERATOR_DEPOSITS[name]) for name in names}
        for book in (books[name] for name in SIGNED if name in books):
            for meter, home in zip(identities.meters, identities.addresses, strict=True):
                book.meters.accredit(typed_data.address_of(meter), home)
        return cls(connection, books, identities, connection.now // slot_s + 1, slot_of)

    @classmethod
    def reopen(
        cls, connection: Connection, identities: Identities, deployment: Mapping[str, Any], slot_of: SlotOf
    ) -> Self | None:
        """The ledger that ``deployment`` describes; ``None`` on a chain that does not have it."""
        if not connection.has_code(deployment["books"]["meters"][0]):
            return None
        operator, books = connection.accounts[0], {}
        for name, (settlement, registry) in deployment["books"].items():
            meters = MeterRegistry(connection, connection.contract("MeterRegistry", registry), operator)
            books[name] = BatchSettlement(
                connection, connection.contract("BatchSettlement", settlement), meters, operator
            )
        return cls(connection, books, identities, deployment["first_slot"], slot_of)

    @property
    def deployment(self) -> dict[str, Any]:
        """Where its contracts are, for `reopen`: of each book the settlement and the register."""
        places = {
            name: [str(book.settlement.address), str(book.meters.registry.address)] for name, book in self.books.items()
        }
        return {"books": places, "first_slot": self.first_slot}

    def sign(self, number: int, book: Book) -> list[bytes] | None:
        """The signature of every home's meter under its leaf; ``None`` where the book has nothing of the interval."""
        slot = self._slot_of(number)
        if book not in self.books or not slot.has(book):
            return None
        domain = self.books[book].meters.domain
        readings = self.identities.read(self.first_slot + number, number, slot.leaves(book), domain)
        return [reading.signature for reading in readings]

    def intents(self, number: int, per_day: int) -> list[Intent]:
        """What an interval brings onto the chain: its roots and, at a day's end, the claims of what then stands."""
        roots = [Intent(number, book, root=self._tree(book, number).root) for book in self._books_of(number)]
        if (number + 1) % per_day:
            return roots
        waiting = math.ceil(CHALLENGE_HOURS * SECONDS_PER_HOUR / self._slot_s) + 1
        end = number + 1 - waiting
        span = (max(0, end - per_day), end - 1)
        standing = {book for each in range(span[0], end) for book in self._books_of(each)}
        homes = range(len(self.identities.accounts))
        books = [book for book in self.books if book in standing]
        return [*roots, *(Intent(number, book, None, home, *span) for home in homes for book in books)]

    def carry_out(self, intent: Intent) -> int | None:
        """Send what is intended unless the chain has it; the gas it used, if it was sent now.

        Raises:
            DisagreementError: the chain, or the journal's own numbers, have another root.
        """
        if intent.root is None:
            return self._claim(intent)
        tree = self._checked_tree(intent)
        end = (tree.slot + 1) * self._slot_s
        if self.connection.now < end:
            self.connection.advance_to(end)
        cost, earned = (price * WEI_PER_UNIT for price in self._slot_of(intent.number).prices(intent.book))
        try:
            return self.books[intent.book].post(tree, import_price=cost, export_price=earned).gas_used
        except ContractError as error:
            if error.name != "AlreadyPosted":
                raise
            self._check_posted(intent)
            return None

    def audit(self, intents: Iterable[Intent]) -> None:
        """Compare all that was carried out with the chain, root by root and balance by balance.

        Raises:
            DisagreementError: names the first difference.
        """
        operator = dict(OPERATOR_DEPOSITS)
        homes = {book: [HOME_DEPOSIT] * len(self.identities.accounts) for book in self.books}
        for intent in intents:
            if intent.root is not None:
                self._checked_tree(intent)
                self._check_posted(intent)
                operator[intent.book] -= STAKE + self._slot_of(intent.number).paid_ahead(intent.book) * WEI_PER_UNIT
                continue
            for slot in map(self._slot_of, range(intent.first, intent.last + 1)):
                taken, cost = slot.leaves(intent.book)[0][intent.home], slot.prices(intent.book)[0]
                operator[intent.book] += int(taken) * cost * WEI_PER_UNIT
                homes[intent.book][intent.home] += int(slot.received(intent.book)[intent.home]) * WEI_PER_UNIT
        for name, book in self.books.items():
            balances = [book.balance(account) for account in (book.operator, *self.identities.accounts)]
            _same(f"balances of operator and homes in the {name} book, wei", balances, [operator[name], *homes[name]])

    def _claim(self, intent: Intent) -> int | None:
        book, account = self.books[intent.book], self.identities.accounts[intent.home]
        posted = (number for number in range(intent.first, intent.last + 1) if intent.book in self._books_of(number))
        trees = [self._tree(intent.book, number) for number in posted]
        try:
            return book.claim(account, trees, sender=book.operator).gas_used
        except ContractError as error:
            if error.name != "AlreadySettled":
                raise
            return None

    def _books_of(self, number: int) -> list[Book]:
        """The books that an interval stands in."""
        slot = self._slot_of(number)
        return [book for book in self.books if slot.has(book)]

    def _checked_tree(self, intent: Intent) -> SlotTree:
        """The tree of the journal's numbers, whose root has to be the one that was decided on."""
        tree = self._tree(intent.book, intent.number)
        _same(f"root of interval {intent.number} in the {intent.book} book", tree.root, intent.root)
        return tree

    def _check_posted(self, intent: Intent) -> None:
        settlement = self.books[intent.book].settlement
        root = bytes(self.connection.read(settlement.batchOf, self.first_slot + intent.number).root)
        _same(f"root of interval {intent.number} in the {intent.book} book on the chain", root, intent.root)

    def _grow(self, book: Book, number: int) -> SlotTree:
        slot = self._slot_of(number)
        pairs = zip(*(numbers.tolist() for numbers in slot.leaves(book)), strict=True)
        return SlotTree(self.first_slot + number, dict(zip(self.identities.addresses, pairs, strict=True)))


def _deploy_book(connection: Connection, identities: Identities, slot_s: int, deposit: int) -> BatchSettlement:
    meters = MeterRegistry.deploy(connection, slot_s=slot_s)
    terms = SettlementTerms(stake=STAKE, challenge_s=CHALLENGE_HOURS * SECONDS_PER_HOUR)
    book = BatchSettlement.deploy(connection, meters=meters, treasury=connection.accounts[-1], terms=terms)
    book.deposit(book.operator, deposit)
    for account in identities.accounts:
        book.deposit(account, HOME_DEPOSIT)
    return book


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise DisagreementError(f"{what}: {found} instead of {expected}")
