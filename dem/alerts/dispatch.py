"""From published events to delivered messages: routing, repetition, rates, threads."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from dem.alerts import redaction
from dem.alerts.event import Event
from dem.alerts.messages import BACKUP_URL, Message, check_backup_url, compose
from dem.alerts.outbox import Outbox, OutboxError, Rate, Waiting
from dem.alerts.targets import Target

_POLL_S = 0.1  # how soon a message that another process put, or that has become due, is noticed
_OUTBOX_PAUSE_S = 1.0
_HISTORY_S = 30 * 24 * 3600.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Route:
    """A target and the recipients whose messages it gets; ``None``: everybody's."""

    target: Target
    recipients: frozenset[str] | None = None

    def carries(self, message: Message) -> bool:
        """Whether ``message`` goes this way."""
        return self.recipients is None or message.recipient in self.recipients


@dataclass(frozen=True)
class Backoff:
    """Waiting time before the next attempt: ``first_s``, doubled with each failure, at most ``longest_s`` seconds."""

    first_s: float = 0.5
    longest_s: float = 300.0

    def __post_init__(self) -> None:
        if not 0 < self.first_s <= self.longest_s:
            raise ValueError(f"a backoff needs 0 < first_s <= longest_s, got {self}")

    def delay_s(self, failures: int) -> float:
        """Seconds to wait after so many failures before this one."""
        return min(self.longest_s, self.first_s * 2.0 ** min(failures, 60))


class Alerts:
    """Takes events and brings messages to people.

    ``publish`` returns as soon as the messages are safe on disk. ``with alerts:`` delivers in the background, one
    thread a target, so that a slow one holds nobody up; ``deliver_due`` delivers in the caller's thread.

    Args:
        outbox: where messages wait.
        routes: which target gets whose messages; names of targets must differ.
        backup_url: see ``messages.check_backup_url``.
        quiet_s: a recipient is not told of the same kind of event at the same place again within so many seconds.
        rate: bound on what one recipient gets at one target.
        backoff: waiting times between attempts.
        clock: seconds since 1970; tests bring their own.

    Raises:
        ValueError: if two targets have one name, there is no route, or the URL is no template.
    """

    def __init__(
        self,
        outbox: Outbox,
        routes: Iterable[Route],
        *,
        backup_url: str = BACKUP_URL,
        quiet_s: float = 600.0,
        rate: Rate | None = None,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.outbox = outbox
        self.routes = tuple(routes)
        self._backup_url = check_backup_url(backup_url)
        self._quiet_s = quiet_s
        self._rate = rate or Rate()
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._wakes = {route.target.name: threading.Event() for route in self.routes}
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._delivery = ExitStack()
        if len(self._wakes) != len(self.routes) or not self.routes:
            raise ValueError(f"alerts need targets with different names, got {[r.target.name for r in self.routes]}")
        outbox.forget(self._clock() - _HISTORY_S)

    def publish(self, event: Event) -> int:
        """Keep the event's messages on disk for delivery; the number that are new (repetitions are not).

        Publishing an event again, after a crash for instance, changes nothing.
        """
        messages = [
            (message, route.target.name)
            for message in compose(event, self._backup_url)
            for route in self.routes
            if route.carries(message)
        ]
        new = self.outbox.put(messages, quiet_s=self._quiet_s, now=self._clock())
        for wake in self._wakes.values():
            wake.set()
        return new

    def deliver_due(self) -> int:
        """Try every message that is due, once, in this thread; the number delivered.

        Raises:
            OutboxError: if another process delivers from this outbox.
        """
        with self.outbox.delivery():
            return sum(self._deliver_to(route.target) for route in self.routes)

    def wait(self, timeout_s: float) -> bool:
        """Wait until nothing waits for any of these targets; False if that takes longer than ``timeout_s`` seconds."""
        end = time.monotonic() + timeout_s
        while any(name in self._wakes for name in self.outbox.waiting()):
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def __enter__(self) -> Self:
        """Deliver in the background from now on.

        Raises:
            OutboxError: if another process delivers from this outbox.
        """
        self._delivery.enter_context(self.outbox.delivery())
        for name, count in self.outbox.waiting().items():
            if name not in self._wakes:
                _LOG.warning("%d messages wait for the target '%s', which is not configured", count, name)
        self._threads = [
            threading.Thread(target=self._deliver_forever, args=(route.target,), daemon=True) for route in self.routes
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what is being sent; the rest waits on disk."""
        self._stopping.set()
        for wake in self._wakes.values():
            wake.set()
        for thread in self._threads:
            thread.join()
        self._stopping.clear()
        self._delivery.close()

    def _deliver_forever(self, target: Target) -> None:
        while not self._stopping.is_set():
            try:
                self._deliver_to(target)
            except OutboxError as error:
                _LOG.error("%s", error)
                self._stopping.wait(_OUTBOX_PAUSE_S)
            self._wakes[target.name].wait(_POLL_S)
            self._wakes[target.name].clear()

    def _deliver_to(self, target: Target) -> int:
        delivered = 0
        while not self._stopping.is_set():
            waiting = self.outbox.next(target.name, self._rate, self._clock())
            if waiting is None:
                break
            delivered += self._attempt(target, waiting)
        return delivered

    def _attempt(self, target: Target, waiting: Waiting) -> bool:
        try:
            target.send(waiting.message, waiting.key)
        except Exception as error:  # whatever a target raises, its message has to stay and the next one to go out
            delay_s = max(self._backoff.delay_s(waiting.attempts), getattr(error, "retry_after_s", 0.0))
            reason = redaction.hide(str(error)) or type(error).__name__
            self.outbox.failed(waiting.key, reason, self._clock() + delay_s)
            _LOG.warning("no delivery to '%s', again in %.1f s: %s", target.name, delay_s, reason)
            return False
        self._note_delivered(waiting.key)
        return True

    def _note_delivered(self, key: str) -> None:
        """Insist: a message that went out and still waits on disk would go out again."""
        while True:
            try:
                return self.outbox.delivered(key, self._clock())
            except OutboxError as error:
                _LOG.error("delivered, but not noted: %s", error)
                if self._stopping.wait(_OUTBOX_PAUSE_S):
                    raise
