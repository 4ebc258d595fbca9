"""How long a virtual power plant takes: ``python -m benchmarks.vpp``.

A week of 20 homes: planning batteries, double auction, feeder, the chain in the process, every meter signing every
interval, a claim a home, day and book. The same with an aggregator, too: hourly prices, events on weekdays, response
signed and paid in a third book, a limit on the batteries. And a week of 1,000 homes, settled by the same two roots an
interval; the first 100 have accounts and claim. Seconds are of one processor, from loading the data to the last check
of the chain against the journal: the plant runs in one thread, so that two idle cores take no longer.
"""

import time
from collections.abc import Iterator

from benchmarks.report import Row, at_most, main
from dem.vpp import Config, Plant

WEEK = Config(homes=20, horizon_days=7)
AGGREGATED = Config(homes=20, horizon_days=7, retail="hourly", response_share=0.7, peak_limit=0.5)
MANY = Config(homes=1_000, horizon_days=7)
WEEK_LIMIT_S, MANY_LIMIT_S = 5 * 60.0, 15 * 60.0


def rows() -> Iterator[Row]:
    """Seconds in all, to make ready, and an interval."""
    yield from _timed("a week of 20 homes", WEEK, WEEK_LIMIT_S)
    yield from _timed("… with prices and response", AGGREGATED, WEEK_LIMIT_S)
    yield from _timed("a week of 1,000 homes", MANY, MANY_LIMIT_S)


def _timed(name: str, config: Config, limit_s: float) -> Iterator[Row]:
    begun, clock = time.process_time(), time.perf_counter()
    with Plant(config) as plant:
        ready = time.process_time()
        events = plant.run(config.horizon_days)
        ran = time.process_time()
        plant.settlement.audit()
    whole = time.process_time() - begun
    yield at_most(f"{name}, processor", whole, "s", limit_s)
    yield Row("… by the clock", time.perf_counter() - clock, "s", "as busy as the machine was")
    yield Row("… to make data, forecasts and contracts ready", ready - begun, "s")
    yield Row("… each interval", (ran - ready) / len(events), "s")
    yield Row("… gas a home and interval", events["gas"].sum() / (len(events) * config.homes), "gas")


if __name__ == "__main__":
    main(rows)
