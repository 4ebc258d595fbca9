"""Run a meter on the edge: ``python -m dem.meters --source readings.jsonl --queue queue.sqlite --key-file key …``."""

import argparse
import logging
import math
import os
from pathlib import Path

from dem import chain
from dem.chain.meters import MeterRegistry
from dem.meters import FileSource, HttpSource, Meter, MqttSource, Source, run

MQTT_PASSWORD_VARIABLE = "DEM_MQTT_PASSWORD"
_SOURCE_HELP = (
    "file of JSON lines, http(s) address of the device, or mqtt(s)://[user@]broker[:port]/topic, "
    f"the password then in {MQTT_PASSWORD_VARIABLE}"
)


def main() -> None:
    """Read the command line and go on until stopped; what stands in the way of a start is said in one line."""
    options = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        _serve(options)
    except (chain.ChainError, OSError, ValueError) as error:
        raise SystemExit(f"python -m dem.meters: {error}") from error


def _serve(options: argparse.Namespace) -> None:
    source, key = _source(options.source), options.key_file.read_text().strip()
    with chain.connect(options.network) as connection:
        contract = connection.contract("MeterRegistry", options.registry)
        if not connection.has_code(options.registry):
            raise chain.ChainError(f"no contract stands at {options.registry}")
        sender = connection.account(options.account) if options.account else connection.accounts[0]
        register = MeterRegistry(connection, contract, sender)
        run(Meter.open(options.queue, key, register), source, register, every_s=options.every)


def _source(address: str) -> Source:
    if address.startswith(("mqtt://", "mqtts://")):
        return MqttSource.at(address, os.environ.get(MQTT_PASSWORD_VARIABLE))
    is_url = address.startswith(("http://", "https://"))
    return HttpSource(address) if is_url else FileSource(address)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not (math.isfinite(seconds) and seconds > 0):
        raise argparse.ArgumentTypeError(f"must be a positive number of seconds, got {text}")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dem.meters", description="A smart meter on the edge.")
    parser.add_argument("--source", required=True, help=_SOURCE_HELP)
    parser.add_argument("--queue", required=True, type=Path, help="SQLite file that keeps the readings")
    parser.add_argument("--key-file", required=True, type=Path, help="file with the meter's private key, hexadecimal")
    parser.add_argument("--registry", required=True, help="address of the MeterRegistry")
    parser.add_argument("--network", help="as dem.chain.connect takes it")
    parser.add_argument("--account", help="Ape's alias of the account that pays for transactions")
    parser.add_argument("--every", type=_seconds, default=60, help="seconds between rounds (default 60)")
    return parser


if __name__ == "__main__":
    main()
