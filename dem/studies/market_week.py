"""A week of homes as order books: who would buy and who would sell in each interval, and what it is worth to them.

What a kWh is worth is assumed here, and nowhere else. With one retail price and one feed-in price for everybody all
buyers are alike and all sellers too; then every mechanism that trades at all makes the most of the market, and none can
be told from another. Homes differ in what they would do instead of trading with their neighbours:

- **Contracts.** Each home has its own supplier: its retail and its feed-in price are the table's, times a factor of its
  own from 1 − ``contract_spread`` to 1 + ``contract_spread``.
- **Load** that the roof does not cover is worth the home's own retail price. A share of it, ``flexible_share`` of the
  orders, can wait, and is worth less by a factor of its own down to 1 − ``patience``.
- **Surplus** of the roof costs its home the feed-in price it would get otherwise.
- **Batteries** put the same small amount on both sides in every interval, what they could keep up for half a day. A
  stored kWh is worth λ, drawn for each home and day between the day's mean feed-in and retail price. It bids λ·η and
  asks λ/η (`dem.market.bidding.from_marginal_value`), the home's own contracts permitting.

A home serves itself first: its battery trades with its own load and roof where both gain, and only the rest goes to the
market; so nobody meets their own order there. Prices have a tick of 0.01 cents/kWh. Orders come at random times within
the interval. All that is drawn comes from the configuration's seed and the number of the draw; the homes, and which of
them have roofs and batteries, do not change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from dem import data, units
from dem.homes import Battery
from dem.market.bidding import from_marginal_value
from dem.studies.config import StudyConfig
from dem.units import HOURS_PER_DAY

PRICE_DECIMALS = 4  # of EUR/kWh
BATTERY = Battery()
HOURS_OF_HALF_A_DAY = 12
WEEK = pd.Timedelta(days=7)
BUYING, SELLING = 0, 1


class WeekConfig(StudyConfig):
    """Settings that every study of a week of order books shares."""

    homes: int = Field(default=20, ge=2, le=100, description="homes in the market; fewer where the data has fewer")
    month: int = Field(default=6, ge=1, le=12, description="month whose first whole week from Monday it is, in UTC")
    roof_share: float = Field(default=0.5, ge=0, le=1, description="share of the homes whose panels are there")
    battery_share: float = Field(default=0.4, ge=0, le=1, description="share of the homes with a battery")
    contract_spread: float = Field(default=0.15, ge=0, lt=1, description="how far own contracts are from the table's")
    flexible_share: float = Field(default=0.3, ge=0, le=1, description="share of the buy orders that can wait")
    patience: float = Field(default=0.5, ge=0, lt=1, description="most that energy which can wait is worth less")


@dataclass(frozen=True)
class Book:
    """The orders of one interval, each side in order of arrival.

    Attributes:
        time: start of the interval.
        homes: number of homes in the market.
        bid_price: shape (b,), what a kWh is worth to each buyer, EUR/kWh.
        bid_quantity: shape (b,), Wh.
        bid_home: shape (b,), number of the buyer's home.
        bid_time: shape (b,), arrival, from 0 to 1.
        ask_price: shape (a,), what a kWh costs each seller, EUR/kWh.
        ask_quantity: shape (a,), Wh.
        ask_home: shape (a,), number of the seller's home.
        ask_time: shape (a,), arrival, from 0 to 1.
        retail: the table's price of a kWh from the grid, EUR/kWh, mean over homes.
        feed_in: what the grid pays for one, likewise.
        dearest_retail: the highest of the homes' own retail prices.
        lowest_feed_in: the lowest of their feed-in prices.
    """

    time: pd.Timestamp
    homes: int
    bid_price: np.ndarray
    bid_quantity: np.ndarray
    bid_home: np.ndarray
    bid_time: np.ndarray
    ask_price: np.ndarray
    ask_quantity: np.ndarray
    ask_home: np.ndarray
    ask_time: np.ndarray
    retail: float
    feed_in: float
    dearest_retail: float
    lowest_feed_in: float

    def __len__(self) -> int:
        return len(self.bid_price) + len(self.ask_price)

    @property
    def orders(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Prices and quantities as every ``clear`` of `dem.market` takes them."""
        return self.bid_price, self.bid_quantity, self.ask_price, self.ask_quantity

    def in_wei(self, tick: int, eur_per_ether: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The same with prices in whole wei per Wh, on a tick that no bid is rounded up to and no ask down."""
        bid, ask = (
            np.array([units.eur_per_kwh_to_wei_per_wh(price, eur_per_ether) for price in prices.tolist()], dtype=int)
            for prices in (self.bid_price, self.ask_price)
        )
        return bid // tick * tick, self.bid_quantity, -(-ask // tick) * tick, self.ask_quantity


def load_week(config: WeekConfig) -> pd.DataFrame:
    """One week of the homes as a home table, with the roofs of the share of homes that keep theirs.

    A table with one building is cut into homes (`dem.data.households`). Where no month of the data has the week asked
    for, it is the data's first from Monday on, or all there is.

    Raises:
        dem.data.DataError: if the data cannot be used.
    """
    table = data.load(config.data, seed=config.seed, **({"homes": config.homes} if _is_synthetic(config) else {}))
    table = data.neighbourhood(table, config.homes)
    start = _first_monday(data.wide(table, "load_kwh").index, config.month)
    week = table[(table.index >= start) & (table.index < start + WEEK)]
    bare = [name for name, kept in zip(data.home_names(week), _owners(week, config, "roof"), strict=True) if not kept]
    return week.assign(pv_kwh=week["pv_kwh"].where(~week["home"].isin(bare), 0.0))


def books(table: pd.DataFrame, config: WeekConfig, draw: int) -> list[Book]:
    """The week's order books in order of time; intervals without orders of both sides are there too.

    Args:
        table: from `load_week`.
        config: the assumptions.
        draw: number of the draw of contracts, patience, marginal values and arrivals.
    """
    generator = np.random.default_rng([config.seed, draw])
    retail, feed_in = _contracts(table, config, generator)
    net = units.whole_wh((data.wide(table, "load_kwh") - data.wide(table, "pv_kwh")).to_numpy())
    worth = _on_tick(np.where(net > 0, _worth_of_load(retail, config, generator), feed_in))
    bid, ask = (_on_tick(price) for price in _stored_worth(table, retail, feed_in, generator))
    block = np.broadcast_to(_block(table, config), net.shape)
    own = np.minimum(np.abs(net), block) * np.where(net > 0, worth >= ask, bid >= worth)
    orders = pd.concat(
        [
            _frame(np.where(net > 0, BUYING, SELLING), worth, np.abs(net) - own),
            _frame(np.full_like(net, BUYING), bid, block - own * (net <= 0)),
            _frame(np.full_like(net, SELLING), ask, block - own * (net > 0)),
        ]
    )
    orders["arrival"] = generator.random(len(orders))
    orders = orders[orders["quantity"] > 0].sort_values(["interval", "arrival"])
    return list(_split(orders, table, retail, feed_in))


def _is_synthetic(config: WeekConfig) -> bool:
    return config.data == "synthetic"


def _first_monday(times: pd.DatetimeIndex, month: int) -> pd.Timestamp:
    mondays = times[(times.dayofweek == 0) & (times == times.normalize())]
    whole = mondays[mondays + WEEK <= times[-1] + (times[1] - times[0])]
    of_month = whole[whole.month == month]
    return next(iter([*of_month, *whole, times[0]]))


def _owners(table: pd.DataFrame, config: WeekConfig, what: Literal["roof", "battery"]) -> np.ndarray:
    """Shape (homes,): who has one; the same for every draw."""
    share = {"roof": config.roof_share, "battery": config.battery_share}[what]
    count = table["home"].nunique()
    generator = np.random.default_rng([config.seed, ("roof", "battery").index(what)])
    return generator.permutation(count) < round(share * count)


def _contracts(
    table: pd.DataFrame, config: WeekConfig, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Own retail and feed-in price, (times, homes) each."""
    prices = [data.wide(table, column).to_numpy() for column in ("import_price", "export_price")]
    low, high = 1 - config.contract_spread, 1 + config.contract_spread
    retail, feed_in = (price * generator.uniform(low, high, price.shape[1]) for price in prices)
    return retail, np.minimum(feed_in, retail)


def _worth_of_load(retail: np.ndarray, config: WeekConfig, generator: np.random.Generator) -> np.ndarray:
    """What a kWh is worth to each home's load, (times, homes)."""
    waits = generator.random(retail.shape) < config.flexible_share
    return retail * (1 - waits * generator.uniform(0, config.patience, retail.shape))


def _stored_worth(
    table: pd.DataFrame, retail: np.ndarray, feed_in: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """What batteries bid and ask for a kWh, (times, homes) each; the grid is there for them too."""
    day = np.arange(len(retail)) // data.intervals(table, HOURS_PER_DAY)
    low, high = (_daily_mean(price, day) for price in (feed_in, retail))
    stored = (low + generator.random(low.shape) * (high - low))[day]
    bid = from_marginal_value(stored, BATTERY.charge_efficiency, side="bid")
    ask = from_marginal_value(stored, BATTERY.discharge_efficiency, side="ask")
    return np.minimum(bid, retail), np.maximum(ask, feed_in)


def _block(table: pd.DataFrame, config: WeekConfig) -> np.ndarray:
    """Wh that each home's battery puts on either side of every interval, (homes,)."""
    hourly = min(BATTERY.power_kw, BATTERY.capacity_kwh / HOURS_OF_HALF_A_DAY)
    return units.whole_wh(_owners(table, config, "battery") * hourly * data.step_hours(table))


def _on_tick(price: np.ndarray) -> np.ndarray:
    return np.round(np.maximum(price, 0.0), PRICE_DECIMALS)


def _daily_mean(price: np.ndarray, day: np.ndarray) -> np.ndarray:
    return pd.DataFrame(price).groupby(day).mean().to_numpy()


def _frame(side: np.ndarray, price: np.ndarray, quantity: np.ndarray) -> pd.DataFrame:
    """Orders, one row an interval and home, from arrays (times, homes)."""
    interval, home = np.indices(price.shape)
    columns = {"interval": interval, "home": home, "side": side, "price": price, "quantity": quantity}
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()})


def _split(orders: pd.DataFrame, table: pd.DataFrame, retail: np.ndarray, feed_in: np.ndarray) -> Iterator[Book]:
    times = data.wide(table, "import_price").index
    public = [data.wide(table, column).mean(axis=1).to_numpy() for column in ("import_price", "export_price")]
    sides = [dict(iter(orders[orders["side"] == side].groupby("interval"))) for side in (BUYING, SELLING)]
    nobody = orders.iloc[:0]
    for interval, time in enumerate(times):
        columns = [
            side.get(interval, nobody)[column].to_numpy()
            for side in sides
            for column in ("price", "quantity", "home", "arrival")
        ]
        tariff = (public[0][interval], max(public[1][interval], 0.0))
        bounds = (_on_tick(retail[interval]).max(), _on_tick(feed_in[interval]).min())
        yield Book(time, retail.shape[1], *columns, *(float(price) for price in (*tariff, *bounds)))
