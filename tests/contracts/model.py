"""The marketplace as plain Python: what each call must do, or the error it must be refused with.

Money is integers; payments come from `reference.settle`, commitment by commitment. Nothing here is shared with the
contracts but the specification.
"""

from dataclasses import dataclass, field

import reference
from marketplace import FEED_IN, FEED_MAX_AGE, INTERVAL, PRICE, PRODUCTION, REPORTING_WINDOW, RETAIL, WINDOW


class Refused(Exception):
    """The call must be refused, with the error of this name."""


@dataclass
class Home:
    owner: int
    collateral: int
    reserved: int = 0
    active: int = 0
    count: int = 0


@dataclass
class Commitment:
    home: int
    production: bool
    amount: int
    start: int
    duration: int
    rate: int
    state: str = "created"
    readings: dict[int, int] = field(default_factory=dict)
    claimed: set[int] = field(default_factory=set)

    @property
    def intervals(self) -> range:
        return range(self.start, self.start + self.duration)


class Model:
    """The marketplace's state; every call takes its time and either changes the state or raises `Refused`."""

    def __init__(self, genesis: int, grid: int, feed_time: int) -> None:
        self.genesis = genesis
        self.grid = grid
        self.grid_reserved = 0
        self.homes: dict[int, Home] = {}
        self.commitments: dict[int, Commitment] = {}
        self.tariffs = [(0, RETAIL, FEED_IN)]
        self.outcomes: dict[int, reference.Outcome] = {}
        self.feed = (PRICE, feed_time)
        self.quote = (PRICE, feed_time + FEED_MAX_AGE)
        self.paused = False

    # ---- homes

    def register(self, now: int, owner: int, collateral: int) -> int:
        self._not_paused()
        home = len(self.homes) + 1
        self.homes[home] = Home(owner, collateral)
        return home

    def add_collateral(self, now: int, home: int, amount: int) -> None:
        self.homes[home].collateral += amount

    def withdraw(self, now: int, home: int, caller: int, amount: int) -> None:
        profile = self.homes[home]
        self._require(caller == profile.owner, "NotAuthorized")
        self._require(amount <= self.free(home), "InsufficientCollateral")
        profile.collateral -= amount

    def transfer(self, now: int, home: int, to: int) -> None:
        self._require(self.homes[home].active == 0, "ProfileLocked")
        self.homes[home].owner = to

    # ---- promises

    def commit(self, now: int, home: int, caller: int, side: int, amount: int, start: int, duration: int) -> int:
        profile = self.homes[home]
        self._require(caller == profile.owner, "NotAuthorized")
        self._not_paused()
        self._require(now <= self.quote[1], "QuoteExpired")
        current = self._interval(now)
        self._require(start > current, "IntervalStarted")
        self._require(start + duration - 1 <= current + WINDOW, "OutsideWindow")
        latest = self.tariffs[-1][0]
        self._require(start >= latest or start + duration <= latest, "CrossesTariff")
        retail, feed_in = self.tariff(start)
        rate = retail - feed_in if side == PRODUCTION else retail
        needed = amount * duration * rate
        self._require(needed <= self.free(home), "InsufficientCollateral")
        profile.reserved += needed
        commitment = home << 24 | profile.count
        profile.count += 1
        self.commitments[commitment] = Commitment(home, side == PRODUCTION, amount, start, duration, rate)
        return commitment

    def cancel(self, now: int, commitment: int, caller: int) -> None:
        promise = self.commitments[commitment]
        profile = self.homes[promise.home]
        self._require(caller == profile.owner, "NotAuthorized")
        self._require(promise.state == "created", "WrongCommitmentState")
        promise.state = "cancelled"
        profile.reserved -= promise.amount * promise.duration * promise.rate

    def deposit(self, now: int, commitment: int, caller: int) -> None:
        self._not_paused()
        promise = self.commitments[commitment]
        profile = self.homes[promise.home]
        self._require(caller == profile.owner, "NotAuthorized")
        self._require(promise.state == "created", "WrongCommitmentState")
        self._require(promise.start > self._interval(now), "IntervalStarted")
        if promise.production:
            needed = promise.amount * promise.duration * self.tariff(promise.start)[1]
            self._require(needed <= self.grid - self.grid_reserved, "InsufficientGridReserve")
            self.grid_reserved += needed
        promise.state = "deposited"
        profile.active += 1

    # ---- settlement

    def report(self, now: int, commitment: int, interval: int, delivered: int) -> None:
        self._over_and_open(now, interval)
        promise = self.commitments[commitment]
        self._require(promise.state == "deposited" and interval in promise.intervals, "NotCommitted")
        self._require(interval not in promise.readings, "AlreadyReported")
        promise.readings[interval] = min(delivered, promise.amount)

    def close(self, now: int, interval: int) -> None:
        self._over_and_open(now, interval)
        promised = self.promised(interval)
        self._require(promised, "NothingDeposited")
        end = self.genesis + (interval + 1) * INTERVAL
        reported = {key: promise for key, promise in promised.items() if interval in promise.readings}
        self._require(now >= end + REPORTING_WINDOW or len(reported) == len(promised), "ReportsMissing")
        overdue = now >= end + WINDOW * INTERVAL
        self._require(overdue or not self.paused, "SettlementPaused")
        retail, feed_in = self.tariff(interval)
        if self.feed_healthy(now):
            price = max(feed_in, min(self.feed[0], retail))
        else:
            self._require(overdue, "FeedUnhealthy")
            price = (retail + feed_in) // 2
        outcome = reference.settle(
            {
                key: reference.Promise(promise.production, promise.amount, promise.readings[interval])
                for key, promise in reported.items()
            },
            retail,
            feed_in,
            price,
        )
        self.outcomes[interval] = outcome
        self.grid += outcome.grid
        self.grid_reserved -= sum(promise.amount * feed_in for promise in promised.values() if promise.production)

    def claim(self, now: int, commitment: int) -> None:
        promise = self.commitments[commitment]
        due = self.claimable(commitment)
        self._require(due, "NothingToClaim")
        profile = self.homes[promise.home]
        profile.collateral += sum(self.outcomes[interval].payments.get(commitment, 0) for interval in due)
        profile.reserved -= len(due) * promise.amount * promise.rate
        promise.claimed |= due
        if len(promise.claimed) == promise.duration:
            promise.state = "settled"
            profile.active -= 1

    # ---- terms

    def pause(self, now: int) -> None:
        self._not_paused()
        self.paused = True

    def unpause(self, now: int) -> None:
        self._require(self.paused, "ExpectedPause")
        self.paused = False

    def set_feed(self, now: int, price: int) -> None:
        self.feed = (price, now)

    def refresh(self, now: int) -> None:
        self.quote = (self.feed[0], self.feed[1] + FEED_MAX_AGE) if self.feed_healthy(now) else (0, 0)

    def set_tariff(self, now: int, retail: int, feed_in: int, start: int) -> None:
        current = self._interval(now)
        self._require(self.tariffs[-1][0] <= current, "TariffPending")
        self._require(start > current + WINDOW, "TariffTooSoon")
        self.tariffs.append((start, retail, feed_in))

    def fund_grid(self, now: int, amount: int) -> None:
        self.grid += amount

    def withdraw_grid(self, now: int, amount: int) -> None:
        self._require(amount <= self.grid - self.grid_reserved, "InsufficientGridReserve")
        self.grid -= amount

    # ---- questions

    def free(self, home: int) -> int:
        return self.homes[home].collateral - self.homes[home].reserved

    def tariff(self, interval: int) -> tuple[int, int]:
        return next(prices for start, *prices in reversed(self.tariffs) if start <= interval)

    def feed_healthy(self, now: int) -> bool:
        price, updated = self.feed
        return price > 0 and now - updated <= FEED_MAX_AGE

    def promised(self, interval: int) -> dict[int, Commitment]:
        return {
            key: promise
            for key, promise in self.commitments.items()
            if promise.state in ("deposited", "settled") and interval in promise.intervals
        }

    def claimable(self, commitment: int) -> set[int]:
        promise = self.commitments[commitment]
        if promise.state != "deposited":
            return set()
        return {each for each in promise.intervals if each in self.outcomes and each not in promise.claimed}

    def open_intervals(self) -> list[int]:
        deposited = [promise for promise in self.commitments.values() if promise.state == "deposited"]
        return sorted({each for promise in deposited for each in promise.intervals} - set(self.outcomes))

    def unclaimed(self, home: int) -> int:
        """What closed intervals still owe a home (negative: it owes), in wei."""
        return sum(
            self.outcomes[interval].payments.get(key, 0)
            for key, promise in self.commitments.items()
            if promise.home == home
            for interval in self.claimable(key)
        )

    def _interval(self, now: int) -> int:
        return (now - self.genesis) // INTERVAL

    def _over_and_open(self, now: int, interval: int) -> None:
        self._require(now >= self.genesis + (interval + 1) * INTERVAL, "IntervalNotOver")
        self._require(interval not in self.outcomes, "IntervalAlreadyClosed")

    def _not_paused(self) -> None:
        self._require(not self.paused, "EnforcedPause")

    def _require(self, condition: object, error: str) -> None:
        if not condition:
            raise Refused(error)
