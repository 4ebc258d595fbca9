"""Tariffs with their proofs, nobody worse off, and events whose rebound is planned: ``python -m benchmarks.retail``.

Synthetic homes. A thousand of them are a hundred simulated ones, each ten times with loads scaled at random.
"""

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.report import Row, at_least, at_most, main
from dem.retail import LinearDemand, Problem, Scenarios
from dem.studies import retail_events, retail_tariffs
from dem.studies.retail_days import Config, Eve, load_days

HOMES, COPIES = 100, 10
SOLVED_DAYS = 5
GAP, NOTHING, SECONDS = 1e-6, 1e-6, 10.0


def rows() -> Iterator[Row]:
    """Gaps are relative; times are wall time of stating and solving a program, the median."""
    config = Config.for_profile("full", homes=HOMES, events=10)
    days = load_days(config)
    generator = np.random.default_rng(config.seed)
    numbers = generator.choice(np.arange(config.history + 1, len(days)), SOLVED_DAYS, replace=False).tolist()
    for kind in retail_tariffs.KINDS:
        yield from _tariff(kind, [_thousand(Eve.of(days, number, config), config, generator) for number in numbers])
    yield from _events(days, config)


def _thousand(eve: Eve, config: Config, generator: np.random.Generator) -> tuple[Eve, LinearDemand, Scenarios]:
    """An eve, with its homes multiplied."""
    scale = generator.uniform(0.5, 1.5, (COPIES * HOMES, 1))
    expected = np.tile(eve.expected_kwh, (COPIES, 1)) * scale
    load = eve.scenarios.load_kwh * expected.sum() / eve.expected_kwh.sum()
    demand = LinearDemand(
        expected, np.full(expected.shape[1], eve.reference_price), config.elasticity / 2, config.elasticity / 2
    )
    return eve, demand, Scenarios(eve.scenarios.wholesale, load)


def _tariff(kind: retail_tariffs.Offered, cases: list[tuple[Eve, LinearDemand, Scenarios]]) -> Iterator[Row]:
    config, gaps, regrets, seconds = Config(), [], [], []
    for eve, demand, scenarios in cases:
        terms = eve.terms(config, credits=kind.credits, aversion=0.5)
        started = time.perf_counter()
        best = Problem(demand, scenarios, retail_tariffs.SHAPES[kind.shape], terms, eve.pool(config)).solve()
        seconds.append(time.perf_counter() - started)
        gaps.append(best.certificate.gap)
        regrets.append(-best.gain.min())
    homes = len(cases[0][1].reference_kwh)
    yield at_most(f"{kind.name}: duality gap, worst of {len(cases)} days", max(gaps), "relative", GAP)
    yield at_most(f"{kind.name}: what the worst-off of {homes:,} homes loses", max(regrets), "EUR a day", NOTHING)
    yield at_most(f"{kind.name}: program of {homes:,} homes", float(np.median(seconds)), "s", SECONDS)


def _events(days: retail_events.Days, config: Config) -> Iterator[Row]:
    called = retail_events.call_days(days, config, np.random.default_rng([config.seed, 1]))
    mean = retail_events.effects(called).groupby("way").mean()
    once, planned = mean.loc[retail_events.AT_ONCE], mean.loc[retail_events.PLANNED]
    yield Row(f"energy that leaves an event of {HOMES} homes", planned["event_drop"], "of the load")
    yield at_least(
        "peak of the day, planned rebound", planned["peak_drop"], "less", once["peak_drop"], once["peak_drop"]
    )
    yield at_most("highest hour after, planned rebound", planned["rebound"], "more", once["rebound"], once["rebound"])


if __name__ == "__main__":
    main(rows)
