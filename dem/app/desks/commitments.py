"""The paper's marketplace: promises to the pool, what meters say about an interval, its prices, claims."""

from dataclasses import dataclass
from typing import Literal

from dem import chain
from dem.app.desks.errors import ConflictError, NotFoundError
from dem.app.desks.laboratory import Laboratory, eur, eur_per_mwh
from dem.app.models import Closing, Commitment, NewCommitment, Prices
from dem.app.news import NewsLog
from dem.app.security import Caller

State = Literal["created", "deposited", "cancelled", "claimed"]


@dataclass
class Promise:
    """A commitment, whose it is and how far."""

    home: str
    commitment: chain.Commitment
    state: State = "created"


class CommitmentsDesk:
    """Takes commitments and settles intervals; commitments have their numbers in the contract."""

    def __init__(self, laboratory: Laboratory, news: NewsLog) -> None:
        self._laboratory = laboratory
        self._news = news
        self._promises: dict[int, Promise] = {}

    def commit(self, caller: Caller, home: str, new: NewCommitment) -> Commitment:
        """Promise energy in intervals to come."""
        caller.require_home(home)
        profile = self._laboratory.resident(home).profile
        start = profile.marketplace.current_interval + new.ahead
        made = profile.commit(chain.Side[new.side.upper()], new.energy_wh, start, new.duration)
        self._promises[made.id] = Promise(home, made)
        return self._changed(made.id, "created")

    def deposit(self, caller: Caller, home: str, number: int) -> Commitment:
        """Make a promise binding."""
        promise = self._find(caller, home, number)
        self._laboratory.resident(home).profile.deposit(promise.commitment)
        return self._changed(number, "deposited")

    def cancel(self, caller: Caller, home: str, number: int) -> Commitment:
        """Take a promise back that is not binding yet."""
        promise = self._find(caller, home, number)
        self._laboratory.resident(home).profile.cancel(promise.commitment)
        return self._changed(number, "cancelled")

    def claim(self, caller: Caller, home: str, number: int) -> Commitment:
        """Settle a promise's closed intervals into the collateral."""
        promise = self._find(caller, home, number)
        self._laboratory.resident(home).profile.claim(promise.commitment)
        return self._changed(number, "claimed")

    def commitments(self, caller: Caller, home: str) -> list[Commitment]:
        """A home's commitments, oldest first."""
        caller.require_home(home)
        self._laboratory.resident(home)
        return [_state(promise) for promise in self._promises.values() if promise.home == home]

    def close(self, caller: Caller, interval: int, closing: Closing) -> Prices:
        """Report what commitments delivered in an interval that is over, and fix its prices. The operator only.

        Raises:
            ConflictError: a commitment is named twice, or covers other intervals.
            NotFoundError: there is no such commitment.
        """
        caller.require_operator()
        market = self._laboratory.contracts.marketplace
        deliveries = {delivery.commitment: delivery.energy_wh for delivery in closing.deliveries}
        if len(deliveries) < len(closing.deliveries):
            raise ConflictError("deliveries: a commitment is named twice")
        for number in deliveries:
            promise = self._promise(number)
            if interval not in promise.commitment.intervals:
                raise ConflictError(f"deliveries: commitment {number} does not cover interval {interval}")
        market.report(interval, deliveries)
        market.close(interval)
        self._news.tell("interval closed", interval=interval)
        return self._prices(interval)

    def prices(self, _: Caller, interval: int) -> Prices:
        """What closing an interval fixed."""
        return self._prices(interval)

    def pass_time(self, caller: Caller, intervals: int) -> int:
        """Let intervals pass on a local chain; the interval that runs then. The operator only."""
        caller.require_operator()
        return self._laboratory.pass_intervals(intervals)

    def _prices(self, interval: int) -> Prices:
        found = self._laboratory.contracts.marketplace.clearing(interval)
        prices = {f"{name}_eur_per_mwh": eur_per_mwh(price) for name, price in vars(found).items()}
        return Prices(interval=interval, **prices)

    def _changed(self, number: int, state: State) -> Commitment:
        promise = self._promises[number]
        promise.state = state
        told = _state(promise)
        self._news.tell(f"commitment {state}", [promise.home], **told.model_dump())
        return told

    def _find(self, caller: Caller, home: str, number: int) -> Promise:
        caller.require_home(home)
        promise = self._promise(number)
        if promise.home != home:
            raise NotFoundError(f"home {home} has no commitment {number}")
        return promise

    def _promise(self, number: int) -> Promise:
        if number not in self._promises:
            raise NotFoundError(f"there is no commitment {number}")
        return self._promises[number]


def _state(promise: Promise) -> Commitment:
    made = promise.commitment
    return Commitment(
        number=made.id,
        home=promise.home,
        side=made.side.name.lower(),
        energy_wh=made.energy_wh,
        first_interval=made.start,
        duration=made.duration,
        reserved_eur=eur(made.reserved),
        state=promise.state,
    )
