"""What one interval puts onto the chain: its trees, and the transactions that the journal decides on.

- The *meters'* tree holds what every meter signed, at the interval's mean retail and feed-in price for all homes.
  Anyone can disprove its root by a signed reading.
- The *market's* tree holds what the market, a home's own tariff and the balance make of it beyond that, in units of
  money. Its contract knows no meters: only its total can be disproved.
- The *response's* tree, of intervals in which homes promised to leave something out, holds what they owe of it and what
  they left out, at the penalty and the reward (`dem.retail.payment`). A home's meter knows its load and the baseline's
  rule, so it signs them, too.

All together move exactly the home's cash.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dem.vpp.neighbourhood import UNITS_PER_EUR

Book = Literal["meters", "market", "response"]
BOOKS: tuple[Book, ...] = ("meters", "market", "response")
SIGNED: tuple[Book, ...] = ("meters", "response")
"""Books whose leaves the homes' meters sign."""
MOST_IN_A_LEAF = 2**32 - 1


@dataclass(frozen=True)
class Slot:
    """What the books say of one interval; arrays are (H,).

    Attributes:
        number: of the interval.
        metered_wh: taken from the network, negative for given.
        cash: units that each home receives, negative for pays.
        import_price: units per Wh, the same for all homes.
        export_price: units per Wh, the same for all homes.
        missing_wh: promised to be left out, and not left out.
        response_wh: left out as promised.
        penalty: units per missing Wh.
        reward: units per Wh of response.
    """

    number: int
    metered_wh: np.ndarray
    cash: np.ndarray
    import_price: int
    export_price: int
    missing_wh: np.ndarray
    response_wh: np.ndarray
    penalty: int
    reward: int

    def has(self, book: Book) -> bool:
        """Whether the interval stands in a book: it has a response only where one was promised."""
        return book != "response" or bool((self.missing_wh + self.response_wh).any())

    def prices(self, book: Book) -> tuple[int, int]:
        """Units that one of a leaf's first and second number costs and earns."""
        return {
            "meters": (self.import_price, self.export_price),
            "market": (1, 1),
            "response": (self.penalty, self.reward),
        }[book]

    def leaves(self, book: Book) -> tuple[np.ndarray, np.ndarray]:
        """The first and second numbers of all homes' leaves, (H,) each: taken and given, debit and credit, or
        missing and left out.

        Raises:
            ValueError: an amount has no room in a leaf; names the home's position.
        """
        if book == "response":
            return self.missing_wh, self.response_wh
        amount = self.metered_wh if book == "meters" else self._signed_value - self.cash
        if np.abs(amount).max(initial=0) > MOST_IN_A_LEAF:
            home = int(np.abs(amount).argmax())
            raise ValueError(
                f"interval {self.number}, home {home}: {amount[home] / UNITS_PER_EUR:.2f} EUR have no room in a leaf "
                f"of at most {MOST_IN_A_LEAF / UNITS_PER_EUR:.2f} EUR"
            )
        return np.maximum(amount, 0), np.maximum(-amount, 0)

    def received(self, book: Book) -> np.ndarray:
        """Units that each home receives through a book, (H,)."""
        (taken, given), (cost, earned) = self.leaves(book), self.prices(book)
        return given * earned - taken * cost

    def paid_ahead(self, book: Book) -> int:
        """Units that the operator puts up with the root."""
        return int(self.leaves(book)[1].sum()) * self.prices(book)[1]

    @property
    def _signed_value(self) -> np.ndarray:
        """Units that each home receives through the books that meters sign."""
        return sum(self.received(book) for book in SIGNED)


@dataclass(frozen=True)
class Intent:
    """One transaction that the journal has decided on: a root, or a home's claim of several intervals.

    Attributes:
        number: the interval after which it is sent.
        book: which contract it is for.
        root: to be posted for that interval; ``None`` for a claim.
        home: position of the home that claims; ``None`` for a root.
        first: first interval that is claimed.
        last: last interval that is claimed.
    """

    number: int
    book: Book
    root: bytes | None = None
    home: int | None = None
    first: int | None = None
    last: int | None = None
