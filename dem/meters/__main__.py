"""Run a meter on the edge: ``python -m dem.meters --source readings.jsonl --queue queue.sqlite --key-file key …``."""

import argparse
import logging
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
    """Read the command line and go on until stopped."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    source = _source(options.source)
    with chain.connect(options.network) as connection:
        sender = connection.account(options.account) if options.account else connection.accounts[0]
        register = MeterRegistry(connection, connection.contract("MeterRegistry", options.registry), sender)
        meter = Meter.open(options.queue, options.key_file.read_text().strip(), register)
        run(meter, source, register, every_s=options.every)


def _source(address: str) -> Source:
    if address.startswith(("mqtt://", "mqtts://")):
        return MqttSource.at(address, os.environ.get(MQTT_PASSWORD_VARIABLE))
    is_url = address.startswith(("http://", "https://"))
    return HttpSource(address) if is_url else FileSource(address)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dem.meters", description="A smart meter on the edge.")
    parser.add_argument("--source", required=True, help=_SOURCE_HELP)
    parser.add_argument("--queue", required=True, type=Path, help="SQLite file that keeps the readings")
    parser.add_argument("--key-file", required=True, type=Path, help="file with the meter's private key, hexadecimal")
    parser.add_argument("--registry", required=True, help="address of the MeterRegistry")
    parser.add_argument("--network", help="as dem.chain.connect takes it")
    parser.add_argument("--account", help="Ape's alias of the account that pays for transactions")
    parser.add_argument("--every", type=float, default=60, help="seconds between rounds (default 60)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
