"""The process on the edge of the network: asks a source, keeps what it tells, and hands it in as often as it takes."""

import logging
import time
from collections.abc import Callable

from dem.chain import ChainError
from dem.meters.meter import Ledger, Meter
from dem.meters.sources import Source

_log = logging.getLogger(__name__)


def run(
    meter: Meter,
    source: Source,
    ledger: Ledger,
    *,
    every_s: float,
    rounds: int | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Go on until stopped; neither a source nor a chain that is away for a while ends it.

    Args:
        meter: the meter.
        source: where its measurements come from.
        ledger: the register.
        every_s: seconds between rounds.
        rounds: how many rounds, for ever if ``None``.
        wait: how to pass the time between rounds.
    """
    done = 0
    while rounds is None or done < rounds:
        if done:
            wait(every_s)
        done += 1
        _take_in(meter, source)
        _hand_in(meter, ledger)


def _take_in(meter: Meter, source: Source) -> None:
    try:
        measurements = source.poll()
    except OSError as error:
        _log.warning("the source does not answer: %s", error)
        return
    for measured in measurements:
        try:
            meter.measure(measured.start, imported_kwh=measured.imported_kwh, exported_kwh=measured.exported_kwh)
        except ValueError as error:
            _log.error("not kept: %s", error)


def _hand_in(meter: Meter, ledger: Ledger) -> None:
    try:
        meter.submit(ledger)
    except ChainError as error:
        _log.warning("%d readings wait: %s", len(meter.queue.waiting()), error)
