"""Notebook 14: an aggregator's prices, and the response it calls for on top of them.

Prices are set each evening by a convex program over the days before (`dem.retail.pricing`) and judged by the day that
comes; events are called on days with high peaks, planned, measured against baselines, gamed and paid for on a chain.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem import paths
from dem.retail.payment import Paid
from dem.studies import retail_events, retail_tariffs
from dem.studies.retail_days import Config, Eve, load_days
from dem.studies.retail_events import Called

__all__ = ["Config", "Result", "run"]

PUBLISHED = paths.DATA / "reference" / "price_response.csv"
TARIFFS, RISK, CALLS, PLACEBOS = range(4)


@dataclass(frozen=True)
class Result:
    """What the study found.

    Attributes:
        config: the settings.
        weeks: tariffs by week, see `retail_tariffs.try_weeks`.
        prices: of one day, see `retail_tariffs.prices_of`.
        priced_day: that day.
        frontier: see `retail_tariffs.frontier`.
        conflict: why an impossible tariff is impossible, in words.
        called: the events.
        effects: see `retail_events.effects`.
        measurement: see `retail_events.measurement`.
        accuracy: see `retail_events.accuracy`.
        pretending: see `retail_events.pretending`.
        paid: what the shown event came to on the chain.
        shown: number of the event that is shown and paid for: of all, the one with the median drop of its peak.
        published: ``quantity``, ``low``, ``high``, ``source``.
    """

    config: Config
    weeks: pd.DataFrame
    prices: pd.DataFrame
    priced_day: pd.Timestamp
    frontier: pd.DataFrame
    conflict: str
    called: list[Called]
    effects: pd.DataFrame
    measurement: pd.DataFrame
    accuracy: pd.DataFrame
    pretending: pd.DataFrame
    paid: Paid
    shown: int
    published: pd.DataFrame


def run(config: Config) -> Result:
    """Set tariffs, call events.

    Raises:
        dem.data.DataError: the data cannot be used.
        ValueError: it has too few days or too long steps.
    """
    days = load_days(config)
    called = retail_events.call_days(days, config, _generator(config, CALLS))
    effects = retail_events.effects(called)
    shown = _median(effects.loc[effects["way"] == retail_events.PLANNED, "peak_drop"].to_numpy())
    number = max(config.history + 1, int(days.date.get_loc(called[shown].date)))
    retail = Eve.of(days, number, config).reference_price
    return Result(
        config=config,
        weeks=retail_tariffs.try_weeks(days, config, _generator(config, TARIFFS)),
        prices=retail_tariffs.prices_of(days, number, config),
        priced_day=days.date[number],
        frontier=retail_tariffs.frontier(days, config, _generator(config, RISK)),
        conflict=retail_tariffs.impossible(days, number, config),
        called=called,
        effects=effects,
        measurement=retail_events.measurement(called),
        accuracy=retail_events.accuracy(days, called, config, _generator(config, PLACEBOS)),
        pretending=retail_events.pretending(called, retail, config),
        paid=retail_events.pay(called[shown], config),
        shown=shown,
        published=pd.read_csv(PUBLISHED, comment="#"),
    )


def _median(values: np.ndarray) -> int:
    """Position of the (lower) median."""
    return int(np.argsort(values)[(len(values) - 1) // 2])


def _generator(config: Config, part: int) -> np.random.Generator:
    return np.random.default_rng([config.seed, part])
