"""Keeps tokens out of logs and errors.

The addresses of alert targets are passwords: whoever knows a Telegram bot's URL speaks in its name, and an n8n webhook
is guarded by its path alone. The libraries that send write whole addresses into their logs (httpx at INFO, urllib3 and
Apprise at DEBUG), so every address registers here, and their log records pass through a filter.
"""

import logging
import re
import traceback
from urllib.parse import quote, unquote

HIDDEN = "***"
_SHORTEST_SECRET = 6
_LIBRARIES = (
    "apprise",
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "urllib3",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.response",
    "urllib3.util.retry",
)
_secrets: set[str] = set()


def register(secret: str) -> None:
    """Hide ``secret`` from now on, whole, in its parts (as URLs are cut), and percent-encoded or not."""
    rest = secret.partition("://")[2] or secret
    parts = {rest, *re.split(r"[/?&=@#]", rest), *re.split(r"[/?&=@#:]", rest)}
    found = {text for part in parts for text in (part, unquote(part), quote(part), quote(part, safe=""))}
    _secrets.update(text for text in found if len(text) >= _SHORTEST_SECRET)
    for name in _LIBRARIES:
        logging.getLogger(name).addFilter(_hide_in_record)  # adding it twice changes nothing


def hide(text: str) -> str:
    """``text`` with every registered secret replaced."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _hide_in_record(record: logging.LogRecord) -> bool:
    record.msg, record.args = hide(record.getMessage()), None
    if record.exc_info:
        record.exc_text = hide("".join(traceback.format_exception(*record.exc_info)))
        record.exc_info = None
    return True
