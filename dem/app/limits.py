"""How often a caller may call: a bucket of tokens each, filled at a steady rate.

Kept libraries count by route and by network address, inside the web framework. Here a home has one bucket for the API
and the page together, whatever its address, which takes the few lines below.
"""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass


class TooManyRequestsError(RuntimeError):
    """A caller has used up its calls.

    Attributes:
        retry_after_s: when the next one is due, in seconds.
    """

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many requests: try again in {retry_after_s:.1f} s")


@dataclass(frozen=True)
class Rate:
    """So many calls a second in the long run, and so many at once.

    Raises:
        ValueError: one of them is not positive.
    """

    per_s: float = 10.0
    burst: int = 60

    def __post_init__(self) -> None:
        if not self.per_s > 0 or self.burst < 1:
            raise ValueError(f"a rate needs positive calls a second and at least one at once, got {self}")


class Limiter:
    """One bucket a caller, full at the start.

    Args:
        rate: of every caller.
        clock: seconds of any origin; tests bring their own.
    """

    def __init__(self, rate: Rate | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate or Rate()
        self._clock = clock
        self._mutex = threading.Lock()
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, caller: Hashable) -> None:
        """Take a token.

        Raises:
            TooManyRequestsError: there is none left.
        """
        with self._mutex:
            now = self._clock()
            tokens, filled_at = self._buckets.get(caller, (float(self._rate.burst), now))
            tokens = min(self._rate.burst, tokens + (now - filled_at) * self._rate.per_s)
            if tokens < 1:
                raise TooManyRequestsError((1 - tokens) / self._rate.per_s)
            self._buckets[caller] = (tokens - 1, now)
