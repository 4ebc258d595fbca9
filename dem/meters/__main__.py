"""Run a meter on the edge: ``python -m dem.meters --source readings.jsonl --queue queue.sqlite --key-file key …``."""

import argparse
import logging
from pathlib import Path

from dem import chain
from dem.chain.meters import MeterRegistry
from dem.meters import FileSource, HttpSource, Meter, run


def main() -> None:
    """Read the command line and go on until stopped."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    is_url = options.source.startswith(("http://", "https://"))
    source = HttpSource(options.source) if is_url else FileSource(options.source)
    with chain.connect(options.network) as connection:
        sender = connection.account(options.account) if options.account else connection.accounts[0]
        register = MeterRegistry(connection, connection.contract("MeterRegistry", options.registry), sender)
        meter = Meter.open(options.queue, options.key_file.read_text().strip(), register)
        run(meter, source, register, every_s=options.every)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dem.meters", description="A smart meter on the edge.")
    parser.add_argument("--source", required=True, help="file of JSON lines, or http(s) address of the device")
    parser.add_argument("--queue", required=True, type=Path, help="SQLite file that keeps the readings")
    parser.add_argument("--key-file", required=True, type=Path, help="file with the meter's private key, hexadecimal")
    parser.add_argument("--registry", required=True, help="address of the MeterRegistry")
    parser.add_argument("--network", help="as dem.chain.connect takes it")
    parser.add_argument("--account", help="Ape's alias of the account that pays for transactions")
    parser.add_argument("--every", type=float, default=60, help="seconds between rounds (default 60)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
