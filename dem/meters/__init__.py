"""Smart meters as nodes: they hold a key, keep what they measured on disk, and report it to the register exactly once.

meter = Meter.open("queue.sqlite", key, register)
meter.measure(start, imported_kwh=0.42, exported_kwh=0.0)
meter.submit(register)

``python -m dem.meters --help`` runs one on the edge of the network.
"""

from dem.meters.edge import run
from dem.meters.meter import Ledger, Meter
from dem.meters.mqtt import MqttSource
from dem.meters.queue import ConflictingReadingError, ReadingQueue
from dem.meters.sources import FileSource, HttpSource, Measurement, Source

__all__ = [
    "ConflictingReadingError",
    "FileSource",
    "HttpSource",
    "Ledger",
    "Measurement",
    "Meter",
    "MqttSource",
    "ReadingQueue",
    "Source",
    "run",
]
