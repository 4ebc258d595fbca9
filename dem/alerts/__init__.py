"""Telling people: an event on the grid becomes a message to the operator and to each affected home.

>>> from dem import alerts
>>> with alerts.from_environment() as service:          # prints to the console until told otherwise
...     service.publish(alerts.Event("outage", "bus 675", time, homes=("home_3",)))

- ``event``, ``messages``: what happened, and what the operator and the homes read
- ``targets``: the console, a webhook (n8n), anything that Apprise reaches
- ``outbox``, ``dispatch``: messages stay on disk until they are delivered; repetition, rates, retries
- ``config``: settings from environment variables
- ``redaction``: no token in logs or errors

``python -m dem.alerts`` sends a trial message to every configured target.
"""

from dem.alerts.config import ConfigurationError, from_environment
from dem.alerts.dispatch import Alerts, Backoff, Route
from dem.alerts.event import Event
from dem.alerts.messages import Message
from dem.alerts.outbox import Outbox, OutboxError, Rate
from dem.alerts.targets import AppriseTarget, Console, DeliveryError, Target, Webhook

__all__ = [
    "Alerts",
    "AppriseTarget",
    "Backoff",
    "ConfigurationError",
    "Console",
    "DeliveryError",
    "Event",
    "Message",
    "Outbox",
    "OutboxError",
    "Rate",
    "Route",
    "Target",
    "Webhook",
    "from_environment",
]
