"""Start the page and the API: ``python -m dem.app [--host HOST] [--port PORT] [--empty]``."""

import argparse

import uvicorn

from dem import alerts
from dem.app import demo, web
from dem.app.models import IssuedKey
from dem.app.service import Options, Service


def main() -> None:
    """Serve until interrupted."""
    asked = _parser().parse_args()
    url = f"http://{asked.host}:{asked.port}"
    backup_url = f"{url}/backup?home={{home}}&event={{event}}"
    with alerts.from_environment() as outbox:
        options = Options(make_plant=demo.plant, publish=outbox.publish, backup_url=backup_url)
        print("starting the chain and the plant …", flush=True)
        with Service(options) as service:
            homes = [] if asked.empty else demo.fill(service)
            application = web.build(service)
            print(_welcome(url, service.keys.issue("operator"), homes), flush=True)
            uvicorn.run(application, host=asked.host, port=asked.port, log_level="warning")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dem.app", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine alone)")
    parser.add_argument("--port", type=int, default=8000)
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
