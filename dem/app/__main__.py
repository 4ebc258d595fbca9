"""Start the page and the API, on a chain and a plant of their own."""

import argparse
import contextlib
import socket

import uvicorn

from dem import alerts
from dem.app import demo, web
from dem.app.models import IssuedKey
from dem.app.service import Options, Service


def main() -> None:
    """Serve until interrupted; an address that is taken is said in one line, before anything is started."""
    asked = _parser().parse_args()
    try:
        # Held from the start: the chain takes a while, and would be in vain.
        listener = socket.create_server((asked.host, asked.port))
    except (OSError, OverflowError) as error:
        raise SystemExit(f"python -m dem.app: cannot listen at {asked.host}:{asked.port}: {error}") from error
    with listener:
        _serve(asked, listener)


def _serve(asked: argparse.Namespace, listener: socket.socket) -> None:
    url = f"http://{asked.host}:{asked.port}"
    backup_url = f"{url}/backup?home={{home}}&event={{event}}"
    with alerts.from_environment() as outbox:
        options = Options(make_plant=demo.plant, publish=outbox.publish, backup_url=backup_url)
        print("starting the chain and the plant …", flush=True)
        with Service(options) as service:
            homes = [] if asked.empty else demo.fill(service)
            application = web.build(service)
            print(_welcome(url, service.keys.issue("operator"), homes), flush=True)
            server = uvicorn.Server(uvicorn.Config(application, log_level="warning"))
            with contextlib.suppress(KeyboardInterrupt):
                server.run(sockets=[listener])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dem.app", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine alone)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen at (default 8000)")
    parser.add_argument("--empty", action="store_true", help="no contracts and no homes: deploy and register yourself")
    return parser


def _welcome(url: str, operator: str, homes: list[IssuedKey]) -> str:
    lines = [
        "",
        f"page      {url}/?key={operator}",
        f"API       {url}/api, described in {url}/api/openapi.json; send a key as X-API-Key",
        f"operator  {operator}",
        *(f"{issued.home}  {issued.key}" for issued in homes),
        "",
        "Keys are told this once and end with this process. Ctrl+C stops it.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
