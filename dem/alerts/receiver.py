"""A webhook receiver on loopback that honours idempotency keys: for trials, tests, and as a model for your own."""

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Request:
    """One POST: its path, headers, JSON ``payload``, and ``time`` of arrival (seconds since 1970)."""

    path: str
    headers: dict[str, str]
    payload: dict[str, Any]
    time: float


class Receiver:
    """Takes alerts on a free port of loopback while its ``with`` block lasts.

    Attributes:
        requests: every POST, repetitions included.
        accepted: payloads by idempotency key, each once, in order of arrival: what a receiver acts on.
        answers: status codes for the next requests; 200 once it is empty. A request answered with anything but 2xx is
            not accepted.
    """

    def __init__(self, answers: tuple[int, ...] = ()) -> None:
        self.requests: list[Request] = []
        self.accepted: dict[str, dict[str, Any]] = {}
        self.answers = list(answers)
        self._mutex = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://127.0.0.1:{self._server.server_port}/webhook/dem-alert"

    def take(self, request: Request) -> int:
        """Note a request; the status code to answer with."""
        with self._mutex:
            self.requests.append(request)
            status = self.answers.pop(0) if self.answers else 200
            if 200 <= status < 300:
                self.accepted.setdefault(request.headers.get("Idempotency-Key", ""), request.payload)
            return status

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keeps connections open

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status = receiver.take(Request(self.path, dict(self.headers), json.loads(body), time.time()))
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "2")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
