"""From event to delivery, and what the disk costs: ``python -m benchmarks.alerts``."""

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.report import Row, at_most, main
from dem import alerts
from dem.alerts.receiver import Receiver

EVENTS = 50
STORM_HOMES = 500
GOAL_S = 1.0
UNBOUNDED = alerts.Rate(1_000_000, 1.0)


def rows() -> Iterator[Row]:
    """Time from publishing an event to its arrival at a webhook on loopback; reference: a bare POST there."""
    with tempfile.TemporaryDirectory() as folder, Receiver() as receiver:
        webhook = alerts.Webhook(receiver.url)
        outbox = alerts.Outbox(Path(folder) / "outbox.sqlite")
        with alerts.Alerts(outbox, [alerts.Route(webhook)], rate=UNBOUNDED) as service:
            published = [_publish_and_wait(service, f"bus {number}") for number in range(EVENTS)]
            arrived = np.array([request.time for request in receiver.requests])
            delays = arrived - np.array(published)
            bare = _bare_post(webhook)
            yield at_most("event to delivery, median", float(np.median(delays)), "s", GOAL_S, bare)
            yield at_most("event to delivery, slowest", float(delays.max()), "s", GOAL_S, bare)
            homes = tuple(f"home_{number}" for number in range(STORM_HOMES))
            start = _publish_and_wait(service, "every bus", homes)
            yield Row(f"one event to the last of {STORM_HOMES} homes", receiver.requests[-1].time - start, "s")
            keys = set(outbox.table()["key"])
            yield at_most("messages lost", len(keys - receiver.accepted.keys()), "messages", 0)


def _publish_and_wait(service: alerts.Alerts, place: str, homes: tuple[str, ...] = ()) -> float:
    start = time.time()
    service.publish(alerts.Event("short circuit", place, datetime.now(UTC), homes))
    if not service.wait(60.0):
        raise TimeoutError(f"the event at {place} was not delivered within a minute")
    return start


def _bare_post(webhook: alerts.Webhook) -> float:
    """Median seconds of sending without an outbox."""
    message = alerts.Message("bare", "bare", time.time(), "info", "operator", "", "bare", "bare", "")
    seconds = []
    for number in range(EVENTS):
        start = time.perf_counter()
        webhook.send(message, f"bare-{number}")
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


if __name__ == "__main__":
    main(rows)
