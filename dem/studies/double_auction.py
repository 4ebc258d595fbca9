"""The double auction of homes: one crossing, three price rules, how often the usual one misses, gas per order."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, get_args

import numpy as np
import pandas as pd
from pydantic import Field
from scipy import stats

from dem import paths, plots, units
from dem.market import Clearing, double_auction
from dem.market.crossing import cross_queues
from dem.market.double_auction import Pricing
from dem.studies import auction_gas
from dem.studies.config import EUR_PER_ETHER
from dem.studies.market_week import Book, WeekConfig, books, load_week
from dem.units import CENTS_PER_EUR

PRICINGS: tuple[Pricing, ...] = get_args(Pricing)
UNIFORM = ("pair_midpoint", "equilibrium_midpoint")
MIDPOINT_REFERENCE = paths.DATA / "reference" / "auction_midpoint.csv"
HOMES = "homes"
# Random books: prices from 0 to below this, as many bids as asks.
PRICE_LEVELS = 1_000

Size = Annotated[int, Field(ge=2, le=1_000)]
Tick = Annotated[int, Field(ge=10**6)]


class Config(WeekConfig):
    """Settings of the study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {
        "quick": {"draws": 3, "random_books": 300, "gas_orders": (10, 30)},
        "full": {"draws": 10, "random_books": 2_000, "gas_orders": (20, 100, 500, 1_000)},
    }

    draws: int = Field(default=3, ge=1, description="draws of what energy is worth to the homes")
    random_books: int = Field(default=300, ge=1, description="random books of each kind")
    random_orders: tuple[Size, ...] = Field((4, 10, 20, 50, 100, 200), min_length=1, description="orders of a book")
    random_quantities: tuple[Size | Literal[1], ...] = Field((1, 3, 100), min_length=1, description="largest order, Wh")
    gas_orders: tuple[Size, ...] = Field((10, 30), min_length=1, description="orders in a book on the chain")
    gas_ticks: tuple[Tick, ...] = Field((10**9, 10**8), min_length=1, description="price steps there, wei per Wh")
    eur_per_ether: float = Field(default=EUR_PER_ETHER, gt=0, description="assumed exchange rate")


@dataclass(frozen=True)
class Result:
    """What was measured.

    Attributes:
        book: of the first draw, the interval that trades most among those that leave something on both sides.
        week: one row per draw and interval that trades: ``pair_midpoint`` and ``equilibrium_midpoint``, the ``low`` and
            ``high`` end of the prices that clear the market, ``retail`` and ``feed_in`` (all cents/kWh), ``quantity``
            (kWh), ``partly`` (whether an order is filled in part) and ``outside`` (whether the first price is outside).
        outside: one row per kind of random book and one for the homes' (``largest`` = 0): number of ``books`` that
            trade, share ``outside`` with its 95 % interval ``from`` … ``to`` (Wilson), share ``partly``.
        split: one row per draw and price rule: the ``buyers``' and ``sellers``' gains over the week, EUR.
        gas: one row per tick and size, see `dem.studies.auction_gas.measure`.
    """

    book: Book
    week: pd.DataFrame
    outside: pd.DataFrame
    split: pd.DataFrame
    gas: pd.DataFrame

    @cached_property
    def curves(self) -> pd.DataFrame:
        """The two curves of `book`, one row an order: ``side``, ``price``, ``from_kwh``, ``to_kwh``."""
        clearing = double_auction.clear(*self.book.orders)
        return pd.concat([_curve(side) for side in (clearing.bids, clearing.asks)], ignore_index=True)

    @cached_property
    def rules(self) -> pd.DataFrame:
        """Prices of that interval in cents/kWh, one row: both uniform rules, ``low``, ``high``; and ``quantity``."""
        return pd.DataFrame([_prices(self.book)])

    @cached_property
    def gas_numbers(self) -> pd.DataFrame:
        """Gas per order as it is drawn, ours and others': ``source``, ``step``, ``orders``, ``gas_per_order``."""
        steps = [auction_gas.PLACE, auction_gas.CLEAR]
        ours = self.gas.melt(["tick", "orders"], steps, "step", "gas_per_order")
        ours["source"] = [f"ours, tick of {tick:.0e} wei per Wh".replace("e+0", "e") for tick in ours.pop("tick")]
        return pd.concat([ours, auction_gas.published()], ignore_index=True)


def run(config: Config) -> Result:
    """Clear the week's books under every rule, random ones beside them, and some on the chain.

    Raises:
        dem.data.DataError: if the data cannot be used.
    """
    table = load_week(config)
    draws = [books(table, config, draw) for draw in range(config.draws)]
    week = pd.concat([_week(draw).assign(draw=number) for number, draw in enumerate(draws)], ignore_index=True)
    orders = [book for draw in draws for book in draw]
    return Result(
        book=max(draws[0], key=_energy_of_a_crossing),
        week=week,
        outside=outside_shares(draws, config),
        split=pd.concat([_split(draw).assign(draw=number) for number, draw in enumerate(draws)], ignore_index=True),
        gas=auction_gas.measure(orders, config.gas_orders, config.gas_ticks, config.eur_per_ether, config.seed),
    )


# The week


def _week(draw: Sequence[Book]) -> pd.DataFrame:
    rows = [{"time": book.time} | _prices(book) for book in draw]
    return pd.DataFrame([row for row in rows if "quantity" in row])


def _energy_of_a_crossing(book: Book) -> tuple[bool, int]:
    """Whether both sides have something left, and what trades."""
    quantity = double_auction.clear(*book.orders).quantity
    return quantity < min(book.bid_quantity.sum(), book.ask_quantity.sum()), quantity


def _prices(book: Book) -> dict[str, Any]:
    """The prices of one book in cents/kWh and what trades in kWh; empty where nothing does."""
    found = _midpoint(*book.orders)
    if not found:
        return {}
    prices = found | {"retail": book.retail, "feed_in": book.feed_in}
    names = (*UNIFORM, "low", "high", "retail", "feed_in")
    in_cents = {name: prices[name] * CENTS_PER_EUR for name in names}
    return prices | in_cents | {"quantity": units.wh_to_kwh(found["quantity"])}


def _midpoint(*orders: np.ndarray) -> dict[str, Any]:
    """Both uniform prices, the prices that clear the market, and whether the first is one of them."""
    pair, equilibrium = (double_auction.clear(*orders, pricing=rule) for rule in UNIFORM)
    margin = cross_queues(pair.bids, pair.asks).margin
    if margin is None:
        return {}
    low, high = margin.clearing_prices
    prices = dict(zip(UNIFORM, (pair.price, equilibrium.price), strict=True))
    outside = not low <= pair.price <= high
    return prices | {
        "low": low,
        "high": high,
        "quantity": pair.quantity,
        "partly": _is_partly_filled(pair),
        "outside": outside,
    }


def _is_partly_filled(clearing: Clearing) -> bool:
    sides = ((clearing.bids, clearing.bid_fill), (clearing.asks, clearing.ask_fill))
    return any(bool(((fill > 0) & (fill < side.quantity)).any()) for side, fill in sides)


def _split(draw: Sequence[Book]) -> pd.DataFrame:
    rows = []
    for rule in PRICINGS:
        gains = np.array([_gains(double_auction.clear(*book.orders, pricing=rule)) for book in draw]).sum(axis=0)
        rows.append({"rule": rule, "buyers": units.wh_to_kwh(gains[0]), "sellers": units.wh_to_kwh(gains[1])})
    return pd.DataFrame(rows)


def _gains(clearing: Clearing) -> tuple[float, float]:
    """Buyers' and sellers', in Wh · EUR/kWh."""
    bought = (clearing.bid_fill * clearing.bids.price - clearing.bid_payment).sum()
    sold = (clearing.ask_payment - clearing.ask_fill * clearing.asks.price).sum()
    return bought, sold


def _curve(side: Any) -> pd.DataFrame:
    end = units.wh_to_kwh(side.queue.end)
    start = np.concatenate([[0.0], end[:-1]])
    columns = {"price": side.queue.price * CENTS_PER_EUR, "from_kwh": start, "to_kwh": end}
    return pd.DataFrame({"side": "demand" if side.name == "bid" else "supply"} | columns)


# How often the midpoint is outside


def outside_shares(draws: Sequence[Sequence[Book]], config: Config) -> pd.DataFrame:
    """Share of the homes' books and of random ones in which the pair midpoint is no clearing price, see `Result`."""
    week = pd.concat([_week(draw) for draw in draws])
    return pd.concat([_outside(week), _random(config)], ignore_index=True)


def _random(config: Config) -> pd.DataFrame:
    """Random books of every size, with orders from 1 Wh to each largest quantity."""
    rows = []
    for largest in config.random_quantities:
        for orders in config.random_orders:
            generator = np.random.default_rng([config.seed, largest, orders])
            found = [_midpoint(*_random_book(orders, largest, generator)) for _ in range(config.random_books)]
            trading = pd.DataFrame([each for each in found if each])
            rows.append(_outside(trading, orders, largest) if len(trading) else pd.DataFrame())
    return pd.concat(rows, ignore_index=True)


def _random_book(orders: int, largest: int, generator: np.random.Generator) -> list[np.ndarray]:
    each = orders // 2
    draws = ((0, PRICE_LEVELS), (1, largest + 1)) * 2
    return [generator.integers(low, high, each) for low, high in draws]


def _outside(trading: pd.DataFrame, orders: int = 0, largest: int = 0) -> pd.DataFrame:
    count = int(trading["outside"].sum())
    interval = stats.binomtest(count, len(trading)).proportion_ci(method="wilson")
    share = {"outside": count / len(trading), "from": interval.low, "to": interval.high}
    row = {"orders": orders, "largest": largest, "books": len(trading), **share, "partly": trading["partly"].mean()}
    return pd.DataFrame([row])


def published_share() -> tuple[float, float]:
    """Share of random books in which a prototype's midpoint was outside, from … to."""
    row = pd.read_csv(MIDPOINT_REFERENCE, comment="#").iloc[0]
    return float(row["low"]), float(row["high"])


# Words and tables


def rules_table(result: Result) -> pd.DataFrame:
    """The interval that is drawn: what trades, both uniform prices, and between which prices the market clears."""
    titles = {
        "quantity": "traded (kWh)",
        "pair_midpoint": "pair midpoint (cents/kWh)",
        "equilibrium_midpoint": "equilibrium midpoint (cents/kWh)",
        "low": "clears from (cents/kWh)",
        "high": "clears to (cents/kWh)",
    }
    return result.rules[list(titles)].rename(columns=titles)


def outside_table(result: Result) -> pd.DataFrame:
    """Books whose pair midpoint does not clear the market, in percent, by where the books come from."""
    largest = result.outside["largest"].max()
    table = pd.DataFrame([_percentages(rows) for _, rows in result.outside.groupby("largest")])
    table.insert(0, "books", [kind_of_books(kind) for kind in sorted(result.outside["largest"].unique())])
    low, high = published_share()
    table["prototype (%)"] = ""
    table.loc[table["books"] == kind_of_books(largest), "prototype (%)"] = f"{100 * low:.0f} to {100 * high:.0f}"
    return table


def kind_of_books(largest: int) -> str:
    """Where books come from, in words, by their largest order in Wh; 0 for the homes'."""
    if largest == 0:
        return "the homes' books"
    return f"random, 1 to {largest} Wh an order" if largest > 1 else "random, 1 Wh an order"


def _percentages(rows: pd.DataFrame) -> dict[str, str]:
    weight = rows["books"] / rows["books"].sum()
    return {
        "number": f"{rows['books'].sum():,}",
        "an order filled in part (%)": f"{100 * (rows['partly'] * weight).sum():.1f}",
        "midpoint outside (%)": f"{100 * (rows['outside'] * weight).sum():.1f}",
    }


def findings(result: Result) -> str:
    """What the price figures say, in Markdown, every number taken from the result."""
    homes = result.outside[result.outside["largest"] == 0].iloc[0]
    distance = (result.week["pair_midpoint"] - result.week["equilibrium_midpoint"]).abs()
    gains = split_table(result).set_index("rule")
    total = gains["buyers"] + gains["sellers"]
    share = (gains["buyers"] / total).map("{:.0%}".format)
    low, high = published_share()
    return f"""
- **Outside.** In {homes["outside"]:.1%} of the homes' {homes["books"]:,.0f} books (95 % interval {homes["from"]:.1%} to
  {homes["to"]:.1%}) the midpoint of the marginal pair is no price that clears the market; a prototype's rule had
  {low:.0%} to {high:.0%} of random books outside. In {homes["partly"]:.1%} of ours some order is filled in part.
- **By how much.** The two midpoints are {distance.median():.2f} cents/kWh apart in the median, and at least
  {distance.quantile(0.9):.2f} in the tenth of the books where it is most.
- **Who gains.** All rules trade the same and gain the same {total.mean():.2f} EUR in the week. Buyers get
  {share["pair_midpoint"]} of it under the pair's midpoint, {share["equilibrium_midpoint"]} under the equilibrium's and
  {share["pay_as_bid"]} where everybody pays their bid.
"""


def split_table(result: Result) -> pd.DataFrame:
    """Mean gains over the draws in EUR a week, with their 95 % intervals: one row per rule."""
    rows = []
    for rule, draws in result.split.groupby("rule", sort=False):
        mean, interval = plots.mean_interval(draws[["buyers", "sellers"]].to_numpy())
        rows.append(
            {"rule": rule, "buyers": mean[0], "buyers_pm": interval[0], "sellers": mean[1], "sellers_pm": interval[1]}
        )
    return pd.DataFrame(rows)


def gas_findings(result: Result) -> str:
    """What the gas figure says, in Markdown, every number taken from the result."""
    coarse = result.gas[result.gas["tick"] == result.gas["tick"].max()]
    few, many = coarse.iloc[0], coarse.iloc[-1]
    fine = result.gas[result.gas["tick"] == result.gas["tick"].min()].iloc[-1]
    equal = (result.gas["price"] == result.gas["engine_price"]) & (
        result.gas["quantity"] == result.gas["engine_quantity"]
    )
    return f"""
- **Clearing** takes {few["clear"]:,.0f} gas per order at {few["orders"]:,.0f} orders and {many["clear"]:,.0f} at
  {many["orders"]:,.0f}: the work is one step per pair of prices, and orders at one price share it. With
  {many["tick"] / fine["tick"]:.0f} times finer prices ({fine["prices"]:.0f} of them in use instead of
  {many["prices"]:.0f}) it is {fine["clear"]:,.0f}.
- **Placing** takes {few["place"]:,.0f} gas per order in the small book, {many["place"]:,.0f} in the large one: whoever
  opens a price pays for its storage, whoever follows does not.
- **The chain and `dem.market`** give the same price and the same quantity in {equal.sum()} of {len(equal)} books.
"""
