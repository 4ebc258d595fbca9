"""The journal and the chain in step: decide, write down, send, tick off; after a crash, the chain catches up.

A chain that lives in this process dies with it. The same transactions are then sent to a fresh one, in the same order;
its roots and balances have to be those of the journal. A chain that lives on is asked what it has.
"""

from dem import chain
from dem.vpp.identities import Identities
from dem.vpp.interval import Interval
from dem.vpp.journal import Journal
from dem.vpp.ledger import DisagreementError, Ledger
from dem.vpp.neighbourhood import Neighbourhood
from dem.vpp.slots import Intent, Slot


class Settlement:
    """One plant's way onto the chain.

    Args:
        connection: to the chain.
        homes: whose energy it is.
        journal: of the plant.
        seed: of the homes' keys.

    Attributes:
        ledger: its contracts.

    Raises:
        DisagreementError: the chain has something else than the journal.
        dem.chain.ChainError: the chain does not answer.
    """

    def __init__(self, connection: chain.Connection, homes: Neighbourhood, journal: Journal, seed: int) -> None:
        self._homes, self._journal = homes, journal
        self._slots: dict[int, Slot] = {}
        identities = Identities.of(connection, homes.names, seed)
        known = journal.deployment
        reopened = None if known is None else Ledger.reopen(connection, identities, known, self.slot_of)
        self.ledger = reopened or Ledger.deploy(connection, identities, homes.step_hours, self.slot_of)
        if reopened is None:
            self._check_same_place(known)
            journal.deployment = self.ledger.deployment
        self._send(journal.intents(unsent=reopened is not None))
        if journal.done:
            self.audit()

    def decide(self, number: int, happened: Interval) -> tuple[list[bytes], list[Intent]]:
        """The meters' signatures under an interval, and what is to be sent once it is written down."""
        accounts = happened.accounts
        self._slots[number] = self._slot(number, accounts.metered_wh, accounts.cash)
        return self.ledger.sign(number), self.ledger.intents(number, self._homes.per_day)

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
            rows = self._journal.homes(number)
            self._slots[number] = self._slot(number, rows["metered_wh"].to_numpy(), rows["cash"].to_numpy())
        return self._slots[number]

    def _slot(self, number: int, metered_wh: object, cash: object) -> Slot:
        prices = (int(each[number].mean()) for each in (self._homes.retail, self._homes.feed_in))
        return Slot(number, metered_wh, cash, *prices)

    def _send(self, intents: dict[int, Intent]) -> None:
        self._journal.tick_off({number: self.ledger.carry_out(intent) for number, intent in intents.items()})

    def _check_same_place(self, known: dict[str, object] | None) -> None:
        """Signatures are for one contract at one address: a fresh chain has to put it there again."""
        if known not in (None, self.ledger.deployment):
            raise DisagreementError(
                f"the journal's contracts are at {known}, this chain put them at {self.ledger.deployment}"
            )
