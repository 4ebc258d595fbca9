"""The homes of a plant: their data before and during the run, roofs and batteries, prices in whole units.

Money is counted in units of 10⁻⁸ EUR, prices in whole units per Wh (10⁻⁵ EUR/kWh), so that every payment is a whole
number and the books balance to the unit. Where the wholesale price is negative, feeding in earns nothing.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from dem import data, units
from dem.homes import Battery
from dem.vpp.config import Config

UNITS_PER_EUR = 10**8
# The chain's coin is one EUR of 10^18 smallest units.
COINS_PER_EUR = 1
EUR_PER_KWH = units.WH_PER_KWH / UNITS_PER_EUR
"""EUR/kWh that a price of one unit per Wh is."""
WEI_PER_UNIT = units.WEI_PER_ETHER // UNITS_PER_EUR
DAY = pd.Timedelta(days=1)
SYNTHETIC_START = "2023-06-05"
SCALE_QUANTILE = 0.95
_NO_BATTERY = Battery(capacity_kwh=0.0)


@dataclass(frozen=True)
class Neighbourhood:
    """Homes as the plant finds them.

    Attributes:
        history: home table before the start, to learn from.
        window: home table from the start on, as it will happen.
        batteries: what each home owns, by name; no capacity for none.
    """

    history: pd.DataFrame
    window: pd.DataFrame
    batteries: dict[str, Battery]

    @classmethod
    def load(cls, config: Config) -> Self:
        """The homes of a configuration.

        Raises:
            dem.data.DataError: the data cannot be used.
            ValueError: the source has fewer homes, or does not reach as far back or ahead as asked for.
        """
        table = _source(config)
        times = data.wide(table, "load_kwh").index
        start = _start(config, times)
        end = start + config.horizon_days * DAY
        if end > times[-1] + (times[1] - times[0]):
            raise ValueError(f"{config.data} ends at {times[-1]}: no {config.horizon_days} days from {start} on")
        names = data.home_names(table)
        bare = [name for name, kept in zip(names, _owners(config, len(names), "roof"), strict=True) if not kept]
        table = table.assign(pv_kwh=table["pv_kwh"].where(~table["home"].isin(bare), 0.0))
        owns = _owners(config, len(names), "battery")
        batteries = {name: Battery() if own else _NO_BATTERY for name, own in zip(names, owns, strict=True)}
        first = start - config.history_days * DAY
        history = table[(table.index >= first) & (table.index < start)]
        return cls(history, table[(table.index >= start) & (table.index < end)], batteries)

    @property
    def names(self) -> list[str]:
        """The homes, in the order of all arrays."""
        return list(self.batteries)

    @cached_property
    def times(self) -> pd.DatetimeIndex:
        """Starts of the intervals."""
        return data.wide(self.window, "load_kwh").index

    @cached_property
    def step_hours(self) -> float:
        """Length of an interval."""
        return data.step_hours(self.window)

    @property
    def per_day(self) -> int:
        """Intervals a day."""
        return round(DAY / pd.Timedelta(hours=1) / self.step_hours)

    @cached_property
    def retail(self) -> np.ndarray:
        """What a Wh from the network costs each home, (T, H) units."""
        return _prices(self.window, "import_price")

    @cached_property
    def feed_in(self) -> np.ndarray:
        """What a Wh given to the network earns each home, (T, H) units."""
        return _prices(self.window, "export_price")

    @cached_property
    def load_kwh(self) -> np.ndarray:
        """What homes will use, (T, H) kWh."""
        return data.wide(self.window, "load_kwh").to_numpy()

    @cached_property
    def pv_kwh(self) -> np.ndarray:
        """What roofs will generate, (T, H) kWh."""
        return data.wide(self.window, "pv_kwh").to_numpy()

    @cached_property
    def scale_wh(self) -> int:
        """Wh by which all homes together are out of balance with each other; only one interval in twenty has more."""
        net = (data.wide(self.history, "load_kwh") - data.wide(self.history, "pv_kwh")).sum(axis=1).abs()
        return max(1, units.kwh_to_wh(float(net.quantile(SCALE_QUANTILE))))


def _source(config: Config) -> pd.DataFrame:
    if config.data == "synthetic":
        start = _utc(config.start or SYNTHETIC_START)
        first, end = start - config.history_days * DAY, start + config.horizon_days * DAY
        return data.load(homes=config.homes, start=first, end=end, tariff=config.tariff, seed=config.seed)
    table = data.load(config.data, tariff=config.tariff)
    if len(data.home_names(table)) == 1:
        return data.households(table, config.homes)
    return data.load(config.data, homes=config.homes, tariff=config.tariff)


def _start(config: Config, times: pd.DatetimeIndex) -> pd.Timestamp:
    earliest = times[0] + config.history_days * DAY
    if config.start is None:
        fitting = times[(times >= earliest) & (times.dayofweek == 0) & (times == times.normalize())]
        start = fitting[0] if len(fitting) else earliest
    else:
        start = _utc(config.start)
    if start < earliest or start not in times:
        raise ValueError(
            f"start {start}: {config.data} has intervals from {times[0]} to {times[-1]}, the first "
            f"{config.history_days} days of which are needed to learn from"
        )
    return start


def _utc(time: str) -> pd.Timestamp:
    stamp = pd.Timestamp(time)
    return stamp.tz_localize("UTC") if stamp.tz is None else stamp.tz_convert("UTC")


def _owners(config: Config, count: int, what: str) -> np.ndarray:
    """Shape (homes,): who has a roof, or a battery."""
    share = {"roof": config.roof_share, "battery": config.battery_share}[what]
    generator = np.random.default_rng([config.seed, ("roof", "battery").index(what)])
    return generator.permutation(count) < round(share * count)


def _prices(table: pd.DataFrame, column: str) -> np.ndarray:
    prices = np.maximum(data.wide(table, column).to_numpy(), 0.0)
    distinct, position = np.unique(prices, return_inverse=True)
    whole = [units.eur_per_kwh_to_wei_per_wh(price, COINS_PER_EUR) // WEI_PER_UNIT for price in distinct.tolist()]
    return np.array(whole, dtype=np.int64)[position].reshape(prices.shape)
