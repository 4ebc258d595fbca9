"""Settings of the alerts from environment variables, where secrets belong; nothing set means the console.

===========================  ==========================================================================================
``DEM_ALERTS_OPERATOR``      Apprise addresses of the operator, separated by spaces, e.g. ``tgram://BOT_TOKEN/CHAT``
``DEM_ALERTS_CONTACTS``      a CSV file with the columns ``home`` and ``address`` (Apprise), one row an address
``DEM_ALERTS_WEBHOOK``       address that gets everybody's messages as JSON: n8n (``data/n8n``) or your own
``DEM_ALERTS_WEBHOOK_TOKEN`` sent to it as ``Authorization: Bearer …``
``DEM_ALERTS_BACKUP_URL``    page that sells backup energy, with ``{home}`` and, if wanted, ``{event}`` in it
``DEM_ALERTS_OUTBOX``        the SQLite file of messages, ``build/alerts/outbox.sqlite`` unless told otherwise
===========================  ==========================================================================================
"""

import csv
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from dem import paths
from dem.alerts.dispatch import Alerts, Route
from dem.alerts.messages import BACKUP_URL, OPERATOR
from dem.alerts.outbox import Outbox
from dem.alerts.targets import AppriseTarget, Console, Webhook

_PREFIX = "DEM_ALERTS_"
_NAMES = {"OPERATOR", "CONTACTS", "WEBHOOK", "WEBHOOK_TOKEN", "BACKUP_URL", "OUTBOX"}


class ConfigurationError(ValueError):
    """A setting of the alerts is missing or wrong; the message names the variable, never its secret value."""


def from_environment(environment: Mapping[str, str] | None = None) -> Alerts:
    """Alerts as the environment variables say; printed to the console where they name no target.

    Raises:
        ConfigurationError: names the variable and, for files, the row.
        OutboxError: if the outbox cannot be used.
    """
    environment = os.environ if environment is None else environment
    settings = {name.removeprefix(_PREFIX): value for name, value in environment.items() if name.startswith(_PREFIX)}
    if unknown := sorted(settings.keys() - _NAMES):
        known = ", ".join(_PREFIX + name for name in sorted(_NAMES))
        raise ConfigurationError(f"{_PREFIX}{unknown[0]} is not a setting of the alerts; these are: {known}")
    routes = [*_webhook(settings), *_operator(settings), *_homes(settings)] or [Route(Console())]
    outbox = Outbox(Path(settings.get("OUTBOX") or paths.BUILD / "alerts" / "outbox.sqlite"))
    try:
        return Alerts(outbox, routes, backup_url=settings.get("BACKUP_URL") or BACKUP_URL)
    except ValueError as error:
        raise ConfigurationError(f"{_PREFIX}BACKUP_URL: {error}") from None


def _webhook(settings: Mapping[str, str]) -> Iterator[Route]:
    url, token = settings.get("WEBHOOK", ""), settings.get("WEBHOOK_TOKEN", "")
    if token and not url:
        raise ConfigurationError(f"{_PREFIX}WEBHOOK_TOKEN is set, but {_PREFIX}WEBHOOK, where it would go, is not")
    if url:
        try:
            yield Route(Webhook(url, token))
        except ValueError as error:
            raise ConfigurationError(f"{_PREFIX}WEBHOOK: {error}") from None


def _operator(settings: Mapping[str, str]) -> Iterator[Route]:
    for position, url in enumerate(settings.get("OPERATOR", "").split(), start=1):
        yield _apprise(url, OPERATOR, f"{OPERATOR}-{position}", f"{_PREFIX}OPERATOR, address {position}")


def _homes(settings: Mapping[str, str]) -> Iterator[Route]:
    path = settings.get("CONTACTS", "")
    if not path:
        return
    place = f"{_PREFIX}CONTACTS ({path})"
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{place} cannot be read: {type(error).__name__}") from None
    counts: dict[str, int] = {}
    for line, row in enumerate(rows, start=2):
        home, url = (row.get("home") or "").strip(), (row.get("address") or "").strip()
        if not home or not url:
            raise ConfigurationError(f"{place}, line {line}: needs the columns home and address, both filled")
        counts[home] = counts.get(home, 0) + 1
        yield _apprise(url, f"home:{home}", f"home-{home}-{counts[home]}", f"{place}, line {line}")


def _apprise(url: str, recipient: str, name: str, place: str) -> Route:
    try:
        return Route(AppriseTarget(url, name), frozenset({recipient}))
    except ValueError as error:
        raise ConfigurationError(f"{place}: {error}") from None
