"""The aggregator's retail prices: set when a day's first gate closes, from what is known then.

The aggregator sells what homes take from the network. Of a kWh at the source's tariff it keeps a share of what lies
between retail and wholesale price, the same at any hour; the rest goes to energy, network and taxes. The network
charges it for a day's highest power, as distributors charge commercial customers: 0.5 EUR a kW and day are 15 USD a kW
and month, a level that tariffs of more than a quarter of them in the U.S. reach (McLaren & Mullendore,
NREL/BR-6A20-68963, 2017). In return it charges so much less for a kWh that before the start both come to the same.

Day by day the aggregator looks for the prices that are worth most to it (`dem.retail.pricing`), with past days' loads
as scenarios. No home's bill for what it is expected to take may exceed that at the source's tariff, less a credit that
it is promised with the prices and paid whatever it then takes. No price goes below what feeding in earns, nor by more
than the mean price above the source's. The aggregator, too, must not expect to be worse off than at the source's
tariff. Where no prices do all that, the source's tariff holds, and the reason is told.

Homes answer with what they take from the network, their own roof served first: a kWh from the roof has no retail price.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from dem import data
from dem.retail import LinearDemand, Problem, Scenarios, TariffShape, Terms, conflicts
from dem.vpp.config import Config
from dem.vpp.forecasts import Outlook
from dem.vpp.neighbourhood import EUR_PER_KWH, UNITS_PER_EUR, Neighbourhood

SOURCE = "source"


@dataclass(frozen=True)
class Morning:
    """What is expected of a day when its first gate closes, at the source's tariff.

    Attributes:
        times: starts of its T intervals.
        load_kwh: (T, H) used.
        pv_kwh: (T, H) generated.
        source: (T,) EUR/kWh, the source's retail price; published, or forecast for hours that are not yet.
        feed_in: (T,) EUR/kWh.
    """

    times: pd.DatetimeIndex
    load_kwh: np.ndarray
    pv_kwh: np.ndarray
    source: np.ndarray
    feed_in: np.ndarray

    @classmethod
    def at(cls, gate: int, homes: Neighbourhood, outlook: Outlook) -> Self:
        """The day that begins with interval ``gate``."""
        load, pv = outlook.at(gate)[:, : homes.per_day].astype(float)
        ahead, rest = outlook.ahead.made, slice(homes.per_day - 1)
        prices = (
            np.append(now[gate].mean() * EUR_PER_KWH, later[gate, rest].mean(axis=1, dtype=float))
            for now, later in ((homes.retail, ahead.import_price), (homes.feed_in, ahead.export_price))
        )
        times = homes.times[gate : gate + homes.per_day]
        return cls(times, load, pv, *(np.maximum(price, 0.0) for price in prices))

    def changed(self, change_kwh: np.ndarray) -> Self:
        """The same with other loads, (T, H) kWh more."""
        return replace(self, load_kwh=np.maximum(self.load_kwh + change_kwh, 0.0))

    @property
    def grid_kwh(self) -> np.ndarray:
        """What homes take from the network, (T, H)."""
        return np.maximum(self.load_kwh - self.pv_kwh, 0.0)


@dataclass(frozen=True)
class Tariff:
    """A day's retail prices.

    Attributes:
        name: of its shape; or "source", and why.
        prices: (T,) EUR/kWh; ``None`` for the source's.
        credit: (H,) units that homes receive.
        worth: EUR that the aggregator expects to keep, the peak's charge paid.
    """

    name: str
    prices: np.ndarray | None
    credit: np.ndarray
    worth: float


class Retailer:
    """Sets prices and knows how homes answer to them.

    Attributes:
        kept: EUR of a kWh at the source's tariff that do not go to energy, network and taxes; see `kept_of_a_kwh`.

    Raises:
        ValueError: the source has different prices for different homes, so that no tariff for all can replace them.
    """

    def __init__(self, homes: Neighbourhood, config: Config) -> None:
        if config.retail != SOURCE and (homes.retail != homes.retail[:, :1]).any():
            raise ValueError(f"retail: {config.data} has different prices for different homes, one tariff needs one")
        past = {name: data.wide(homes.history, name) for name in ("load_kwh", "pv_kwh")}
        total = (past["load_kwh"] - past["pv_kwh"]).clip(lower=0).sum(axis=1)
        self.kept = kept_of_a_kwh(homes, config)
        self._level = float(homes.history["import_price"].mean())
        self._past = total.to_numpy().reshape(-1, homes.per_day)
        self._peak_charge = config.peak_charge / homes.step_hours
        self._config = config

    def price(self, morning: Morning) -> Tariff:
        """The day's tariff."""
        if self._config.retail == SOURCE:
            return self._unchanged(morning)
        paying = morning.source @ morning.grid_kwh > 0
        if not paying.any():
            return self._unchanged(morning, "nobody is expected to pay anything")
        problem = self._problem(morning, paying)
        best = problem.solve()
        if best is None:
            return self._unchanged(morning, conflicts.in_words(conflicts.explain(problem)))
        credit = np.zeros(len(paying), dtype=np.int64)
        # Prices down to whole units and credits up, so that rounding harms no home.
        credit[paying] = np.ceil(best.credit * UNITS_PER_EUR)
        prices = np.floor(best.prices / EUR_PER_KWH) * EUR_PER_KWH
        return Tariff(self._config.retail, prices, credit, float(best.profit.mean()))

    def factor(self, grid_kwh: np.ndarray, source: np.ndarray, prices: np.ndarray) -> np.ndarray:
        """What homes take from the network for each kWh (T, H) that they would at the source's prices, (T, H).

        Args:
            grid_kwh: (T, H) at the source's prices.
            source: (T,) EUR/kWh.
            prices: (T,) EUR/kWh.
        """
        using, factor = grid_kwh.sum(axis=0) > 0, np.ones_like(grid_kwh)
        if using.any():
            factor[:, using] = self._demand(grid_kwh[:, using], source).factor(prices).T
        return factor

    def _unchanged(self, morning: Morning, reason: str = "") -> Tariff:
        """The source's tariff."""
        total, credit = self._loads(morning).mean(axis=0), np.zeros(morning.grid_kwh.shape[1], dtype=np.int64)
        worth = self.kept * total.sum() - self._peak_charge * total.max()
        return Tariff(f"{SOURCE}: {reason}" if reason else SOURCE, None, credit, float(worth))

    def _loads(self, morning: Morning) -> np.ndarray:
        """What all homes may take from the network, (S, T) kWh: as expected, give or take past days' differences."""
        return np.maximum(morning.grid_kwh.sum(axis=1) + self._past - self._past.mean(axis=0), 0.0)

    def _problem(self, morning: Morning, paying: np.ndarray) -> Problem:
        config, shape, loads = self._config, self._shape(morning.times), self._loads(morning)
        cost = np.broadcast_to(morning.source - self.kept, loads.shape)
        blocks = range(int(shape.block.max()) + 1)
        terms = Terms(
            floor=np.array([morning.feed_in[shape.block == block].max() for block in blocks]),
            cap=np.array([morning.source[shape.block == block].max() for block in blocks]) + self._level,
            aversion=config.aversion,
            credits=True,
            peak_charge=self._peak_charge,
            least_profit=self._unchanged(morning).worth,
        )
        demand = self._demand(morning.grid_kwh[:, paying], morning.source)
        return Problem(demand, Scenarios(cost, loads), shape, terms)

    def _demand(self, grid_kwh: np.ndarray, source: np.ndarray) -> LinearDemand:
        half = self._config.elasticity / 2
        return LinearDemand(grid_kwh.T, source, own=half, shift=half, level=self._level)

    def _shape(self, times: pd.DatetimeIndex) -> TariffShape:
        if self._config.retail == "time_of_use":
            return TariffShape.time_of_use(times.tz_convert(data.time_zone(self._config.data)).hour.to_numpy())
        return TariffShape.flat(len(times)) if self._config.retail == "flat" else TariffShape.hourly(len(times))


def kept_of_a_kwh(homes: Neighbourhood, config: Config) -> float:
    """The aggregator's margin and what the charge for peaks replaces, EUR/kWh, from the days before the start."""
    history = homes.history
    margin = config.margin * float((history["import_price"] - history["wholesale_price"]).mean())
    net = data.wide(history, "load_kwh") - data.wide(history, "pv_kwh")
    days = net.sum(axis=1).clip(lower=0).to_numpy().reshape(-1, homes.per_day)
    return margin + config.peak_charge / homes.step_hours * days.max(axis=1).sum() / days.sum()
