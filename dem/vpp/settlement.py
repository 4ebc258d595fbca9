"""The journal and the chain in step: decide, write down, send, tick off; after a crash, the chain catches up.

A chain that lives in this process dies with it. The same transactions are then sent to a fresh one, in the same order;
its roots and balances have to be those of the journal. A chain that lives on is asked what it has.
"""

import pandas as pd

from dem import chain
from dem.vpp.identities import Identities
from dem.vpp.journal import Journal
from dem.vpp.ledger import DisagreementError, Ledger
from dem.vpp.neighbourhood import Neighbourhood
from dem.vpp.slots import BOOKS, SIGNED, Book, Intent, Slot


class Settlement:
    """One plant's way onto the chain.

    Args:
        connection: to the chain.
        homes: whose energy it is.
        journal: of the plant.
        seed: of the homes' keys.
        rates: units for a Wh of response and for one that is missing; ``None`` where there is none to be paid.

    Attributes:
        ledger: its contracts.

    Raises:
        DisagreementError: the chain has something else than the journal.
        dem.chain.ChainError: the chain does not answer.
    """

    def __init__(
        self,
        connection: chain.Connection,
        homes: Neighbourhood,
        journal: Journal,
        seed: int,
        rates: tuple[int, int] | None,
    ) -> None:
        self._homes, self._journal, self._rates = homes, journal, rates or (0, 0)
        self._slots: dict[int, Slot] = {}
        identities = Identities.of(connection, homes.names, seed)
        known = journal.deployment
        reopened = None if known is None else Ledger.reopen(connection, identities, known, self.slot_of)
        books = [book for book in BOOKS if book != "response" or rates]
        self.ledger = reopened or Ledger.deploy(connection, identities, books, homes.step_hours, self.slot_of)
        if reopened is None:
            self._check_same_place(known)
            journal.deployment = self.ledger.deployment
        self._send(journal.intents(unsent=reopened is not None))
        if journal.done:
            self.audit()

    def decide(self, number: int, rows: pd.DataFrame) -> tuple[dict[Book, list[bytes] | None], list[Intent]]:
        """The meters' signatures under an interval's rows, by book, and what is to be sent once it is written down."""
        self._slots[number] = self._slot(number, rows)
        signatures = {book: self.ledger.sign(number, book) for book in SIGNED}
        return signatures, self.ledger.intents(number, self._homes.per_day)

    def catch_up(self) -> None:
        """Send what is written down and not yet ticked off.

        Raises:
            DisagreementError: the chain has something else.
            dem.chain.ChainError: the chain refuses or does not answer; what is left waits in the journal.
        """
        self._send(self._journal.intents(unsent=True))

    def audit(self) -> None:
        """Compare all roots and balances on the chain with the journal.

        Raises:
            DisagreementError: names the first difference.
        """
        self.ledger.audit(self._journal.intents().values())

    def slot_of(self, number: int) -> Slot:
        """What the journal says of an interval."""
        if number not in self._slots:
            self._slots[number] = self._slot(number, self._journal.homes(number))
        return self._slots[number]

    def _slot(self, number: int, rows: pd.DataFrame) -> Slot:
        metered, cash, promised, response = (
            rows[name].to_numpy() for name in ("metered_wh", "cash", "promised_wh", "response_wh")
        )
        cost, earned = (int(each[number].mean()) for each in (self._homes.retail, self._homes.feed_in))
        reward, penalty = self._rates
        return Slot(number, metered, cash, cost, earned, promised - response, response, penalty, reward)

    def _send(self, intents: dict[int, Intent]) -> None:
        self._journal.tick_off({number: self.ledger.carry_out(intent) for number, intent in intents.items()})

    def _check_same_place(self, known: dict[str, object] | None) -> None:
        """Signatures are for one contract at one address: a fresh chain has to put it there again."""
        if known not in (None, self.ledger.deployment):
            raise DisagreementError(
                f"the journal's contracts are at {known}, this chain put them at {self.ledger.deployment}"
            )
