"""Tariffs set day by day on what was known the evening before, then judged by the day that came.

What a program promises the homes it promises on expectation, as nobody knows tomorrow's loads. The meter settles the
rest: a home that has lost by the end of the week, on what it would have used and what it did use, is paid the
difference. So nobody is worse off in the end, and what that costs is the retailer's.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem.retail import conflicts
from dem.retail.pricing import Priced, Problem, Terms
from dem.retail.scenarios import tail_mean
from dem.retail.tariffs import TariffShape
from dem.studies.retail_days import DAYS_OF_A_WEEK as DAYS
from dem.studies.retail_days import HOURS, Config, Days, Eve

REFERENCE, FLAT, USE, HOURLY = "reference", "flat", "time of use", "hourly"
SHAPES = {
    FLAT: TariffShape.flat(HOURS),
    USE: TariffShape.time_of_use(np.arange(HOURS)),
    HOURLY: TariffShape.hourly(HOURS),
}


@dataclass(frozen=True)
class Offered:
    """A kind of tariff.

    Attributes:
        shape: which hours share a price.
        credits: whether homes that would lose are compensated by a sum, or by the prices alone.
    """

    shape: str
    credits: bool

    @property
    def name(self) -> str:
        """For labels."""
        return self.shape if self.credits or self.shape == FLAT else f"{self.shape}, no credits"


KINDS = (Offered(FLAT, True), Offered(USE, False), Offered(USE, True), Offered(HOURLY, False), Offered(HOURLY, True))


def try_weeks(days: Days, config: Config, generator: np.random.Generator) -> pd.DataFrame:
    """Every kind of tariff, and the reference prices, through the weeks drawn.

    Returns:
        One row a week, elasticity and tariff: ``profit`` and ``gain`` (EUR a home and week, all credits settled),
        ``credit`` (promised the evening before), ``top_up`` (paid at the week's end), ``worst`` (gain of the home that
        gains least, before the top-up), ``peak_kwh`` (highest hour of all homes), ``pool`` (EUR a battery and week),
        ``gap`` (largest relative duality gap), ``promised`` (least gain of a home as expected, EUR a day).
    """
    possible = np.arange(config.history + 1, len(days) - DAYS + 1)
    starts = generator.choice(possible, min(config.weeks, len(possible)), replace=False)
    rows = []
    for week, start in enumerate(sorted(starts.tolist())):
        eves = [Eve.of(days, number, config) for number in range(start, start + DAYS)]
        actual = days.grid_kwh[start : start + DAYS], days.wholesale[start : start + DAYS]
        for elasticity in sorted({*config.elasticities, config.elasticity}):
            for kind in (None, *KINDS) if elasticity == config.elasticity else KINDS[-1:]:
                rows.append(_week(eves, *actual, kind, elasticity, config) | {"week": week})
    return pd.DataFrame(rows)


def frontier(days: Days, config: Config, generator: np.random.Generator) -> pd.DataFrame:
    """Hourly tariffs of a retailer that fears risk more or less, on days drawn.

    Returns:
        One row a day and aversion: ``mean`` and ``cvar`` (EUR a home and day, over the scenarios), ``realised``
        (likewise, on the day that came), ``forward`` (share of the mean demand that is bought ahead).
    """
    numbers = generator.choice(np.arange(config.history + 1, len(days)), config.risk_days, replace=False)
    rows = []
    for day, number in enumerate(numbers.tolist()):
        eve = Eve.of(days, number, config)
        homes = len(eve.expected_kwh)
        for aversion in config.aversions:
            best = _price(eve, Offered(HOURLY, True), config.elasticity, config, aversion)
            earned, _ = _judge(eve, best, days.grid_kwh[number].T, days.wholesale[number], config.elasticity)
            rows.append(
                {
                    "day": day,
                    "aversion": aversion,
                    "mean": best.profit.mean() / homes,
                    "cvar": tail_mean(best.profit, config.tail) / homes,
                    "realised": earned / homes,
                    "forward": best.forward_kwh / eve.scenarios.load_kwh.mean(),
                    "gap": best.certificate.gap,
                }
            )
    return pd.DataFrame(rows)


def prices_of(days: Days, number: int, config: Config) -> pd.DataFrame:
    """Prices of one day: ``hour``, ``tariff``, ``price``, ``cost`` (expected wholesale and delivery), EUR/kWh."""
    eve = Eve.of(days, number, config)
    cost = eve.scenarios.wholesale.mean(axis=0) + eve.delivery
    frames = [
        pd.DataFrame({"hour": range(HOURS), "tariff": kind.shape, "price": best.prices, "cost": cost})
        for kind in KINDS
        if kind.credits
        for best in [_price(eve, kind, config.elasticity, config)]
    ]
    reference = frames[0].assign(tariff=REFERENCE, price=eve.reference_price)
    return pd.concat([reference, *frames], ignore_index=True)


def impossible(days: Days, number: int, config: Config) -> str:
    """Why a retailer cannot have a floor above the reference price and keep its promise to homes, in words."""
    eve = Eve.of(days, number, config)
    terms = Terms(1.1 * eve.reference_price, config.price_cap * eve.reference_price, eve.delivery)
    problem = Problem(eve.demand(config.elasticity), eve.scenarios, SHAPES[USE], terms)
    return conflicts.in_words(conflicts.explain(problem))


def _price(eve: Eve, kind: Offered | None, elasticity: float, config: Config, aversion: float = 0.0) -> Priced:
    """The best tariff of a kind; for none, the reference price with the best forward purchase and pool."""
    if kind is None:
        terms = eve.terms(config, aversion=aversion)
        terms = Terms(**(vars(terms) | {"floor": eve.reference_price, "cap": eve.reference_price}))
        shape = SHAPES[FLAT]
    else:
        terms, shape = eve.terms(config, credits=kind.credits, aversion=aversion), SHAPES[kind.shape]
    best = Problem(eve.demand(elasticity), eve.scenarios, shape, terms, eve.pool(config)).solve()
    if best is None:  # cannot be: the reference price keeps every limit of these terms
        raise ArithmeticError("the reference price itself breaks a limit")
    return best


def _judge(
    eve: Eve, best: Priced, load_kwh: np.ndarray, wholesale: np.ndarray, elasticity: float
) -> tuple[float, np.ndarray]:
    """Profit and the homes' gains (homes,), EUR, on the day that came: load (homes, 24), wholesale price (24,)."""
    using = load_kwh.sum(axis=1) > 0
    demand = eve.demand(elasticity, load_kwh[using])
    gain = best.credit.copy()
    gain[using] += demand.gain(best.prices)
    sold = (best.prices - wholesale - eve.delivery) @ demand.at(best.prices).sum(axis=0)
    ahead = (wholesale - eve.forward_price).sum() * best.forward_kwh
    return float(sold + ahead - wholesale @ best.pool_kwh - best.credit.sum()), gain


def _week(
    eves: list[Eve],
    loads: np.ndarray,
    wholesale: np.ndarray,
    kind: Offered | None,
    elasticity: float,
    config: Config,
) -> dict[str, float | str]:
    homes, count = loads.shape[2], eves[0].pool(config).count
    bests = [_price(eve, kind, elasticity, config) for eve in eves]
    days = list(zip(eves, bests, loads.swapaxes(1, 2), wholesale, strict=True))
    judged = [_judge(eve, best, load, price, elasticity) for eve, best, load, price in days]
    gain = np.sum([gains for _, gains in judged], axis=0)
    top_up = np.maximum(-gain, 0.0).mean()
    taken = [eve.demand(elasticity, load[load.sum(axis=1) > 0]).at(best.prices) for eve, best, load, _ in days]
    return {
        "tariff": REFERENCE if kind is None else kind.name,
        "elasticity": elasticity,
        "profit": sum(profit for profit, _ in judged) / homes - top_up,
        "gain": gain.mean() + top_up,
        "credit": sum(best.credit.sum() for best in bests) / homes,
        "top_up": top_up,
        "worst": gain.min(),
        "peak_kwh": max(each.sum(axis=0).max() for each in taken),
        "pool": -sum(price @ best.pool_kwh for best, price in zip(bests, wholesale, strict=True)) / count,
        "gap": max(best.certificate.gap for best in bests),
        "promised": min(best.gain.min() for best in bests),
    }
