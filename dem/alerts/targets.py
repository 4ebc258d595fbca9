"""Where a message goes: the console, a webhook (n8n, say), or anything that Apprise reaches (Telegram, mail, …)."""

import re
import sys
from typing import Protocol, TextIO

import apprise
import httpx

from dem.alerts import redaction
from dem.alerts.event import Severity
from dem.alerts.messages import Message

TIMEOUT_S = 5.0
_NOTIFY_TYPES: dict[Severity, apprise.NotifyType] = {
    "critical": apprise.NotifyType.FAILURE,
    "warning": apprise.NotifyType.WARNING,
    "info": apprise.NotifyType.INFO,
}


class DeliveryError(RuntimeError):
    """A target did not take a message.

    Attributes:
        retry_after_s: how long the receiver asks to be left alone, seconds; 0 if it does not say.
    """

    def __init__(self, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(redaction.hide(reason))
        self.retry_after_s = retry_after_s


class Target(Protocol):
    """Anything that can take a message.

    Attributes:
        name: stays the same over restarts and holds no secret; the outbox knows the target by it.
    """

    name: str

    def send(self, message: Message, key: str) -> None:
        """Deliver ``message``; return only when the receiver has it, else raise.

        ``key`` is the same at every attempt, so that a receiver can tell a repetition from a new message.
        """


class Console:
    """Prints messages; what alerts do unless told otherwise."""

    name = "console"

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, message: Message, key: str) -> None:
        """Print the message for its recipient."""
        text = "\n    ".join(f"[{message.severity}] {message.recipient}: {message.body}".splitlines())
        print(text, file=self._stream or sys.stdout, flush=True)


class Webhook:
    """Posts messages as JSON (``Message.payload``) with the header ``Idempotency-Key``; any 2xx answer is a receipt.

    Args:
        url: http or https.
        token: sent as ``Authorization: Bearer …`` if given.
        name: see ``Target``.

    Raises:
        ValueError: if ``url`` is not an http(s) address; the message does not repeat it.
    """

    def __init__(self, url: str, token: str = "", name: str = "webhook") -> None:
        redaction.register(url)
        self.name = name
        try:
            self._url = httpx.URL(url)
        except httpx.InvalidURL:
            self._url = httpx.URL("")
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise ValueError(f"{name} needs an address that starts with http:// or https:// and names a host")
        if token:
            redaction.register(token)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(timeout=TIMEOUT_S, headers=headers)

    def __repr__(self) -> str:
        return f"Webhook({self.name})"

    def send(self, message: Message, key: str) -> None:
        """Post the message.

        Raises:
            DeliveryError: if there is no answer or none with 2xx.
        """
        failure = ""
        try:
            answer = self._client.post(self._url, json=message.payload(key), headers={"Idempotency-Key": key})
        except httpx.HTTPError as error:
            failure = f"{type(error).__name__}: {error}"
        # Raised outside the handler: a chained exception would carry the address along.
        if failure:
            raise DeliveryError(failure)
        if not answer.is_success:
            raise DeliveryError(f"the receiver answered {answer.status_code}", _retry_after(answer))


class AppriseTarget:
    """Sends messages through one Apprise URL, e.g. ``tgram://BOT_TOKEN/CHAT`` (https://github.com/caronc/apprise).

    Receivers behind Apprise know no idempotency key: after a crash between sending and noting it, they get it twice.

    Raises:
        ValueError: if Apprise does not understand the URL; the message tells its scheme only.
    """

    def __init__(self, url: str, name: str = "apprise") -> None:
        redaction.register(url)
        self.name = name
        self._apprise = apprise.Apprise()
        if not self._apprise.add(url):
            scheme = re.match(r"[a-z0-9+]{1,20}(?=://)", url.lower())
            known = f"scheme {scheme[0]}" if scheme else "no scheme"
            raise ValueError(f"{name}: Apprise does not understand this address ({known})")

    def __repr__(self) -> str:
        return f"AppriseTarget({self.name})"

    def send(self, message: Message, key: str) -> None:
        """Send title and body.

        Raises:
            DeliveryError: if Apprise reports a failure; the logger ``apprise`` says which.
        """
        sent = self._apprise.notify(
            title=message.title,
            body=message.body,
            notify_type=_NOTIFY_TYPES[message.severity],
            body_format=apprise.NotifyFormat.TEXT,
        )
        if not sent:
            raise DeliveryError("Apprise could not deliver; the logger 'apprise' says why")


def _retry_after(answer: httpx.Response) -> float:
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else 0.0
