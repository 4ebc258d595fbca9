from datetime import UTC, datetime, timedelta

import pytest

from dem import alerts
from dem.alerts import redaction
from dem.alerts.receiver import Receiver


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch):
    """No test's text is hidden for what another test's target was called."""
    monkeypatch.setattr(redaction, "_secrets", set())


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


class Inbox:
    """A target in memory that refuses as long as it is told to."""

    def __init__(self, name="inbox"):
        self.name = name
        self.received = []
        self.failures = 0

    def send(self, message, key):
        if self.failures:
            self.failures -= 1
            raise alerts.DeliveryError("not now")
        self.received.append((key, message))

    @property
    def recipients(self):
        return [message.recipient for _, message in self.received]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def outbox(tmp_path):
    box = alerts.Outbox(tmp_path / "outbox.sqlite")
    yield box
    box.close()


@pytest.fixture
def service(outbox, inbox, clock):
    return alerts.Alerts(outbox, [alerts.Route(inbox)], clock=clock)


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


@pytest.fixture
def event():
    def make(minutes=0.0, **changes):
        values = {"kind": "short circuit A-ground", "place": "bus 671", "homes": ("h1", "h2")} | changes
        return alerts.Event(time=datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(minutes=minutes), **values)

    return make
