"""Days of homes on the balancing market off chain: what they order ahead, what their meters show, what they then pay.

A home orders what it expects to take from the grid or to feed in, first a day ahead, then once more an hour ahead, when
half of the error is gone. What its meter then shows beyond its order goes over the grid at the ordinary prices.
`dem.market.balancing_slot` computes what the contract computes, to the unit; so many days take seconds.

Prices: each day has one retail price and one feed-in price, the means of the table's. The curve runs between them, so
that nobody pays more or gets less than at the grid as long as the surplus stays below the curve's limit.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem import data, units
from dem.market import fixed_price
from dem.market.balancing_curve import Curve
from dem.market.balancing_slot import Slot, SlotOrder

SLOTS = 24
SLOT = pd.Timedelta(hours=1)
SYNTHETIC_YEAR = 2023
SURPLUS_LIMIT_SCALES = 2
# One coin of the market's currency is one EUR, and has 18 decimals.
COINS_PER_EUR = 1
DAY_AHEAD_ERRORS = 2


@dataclass(frozen=True)
class Day:
    """One local day of the homes in slots of an hour.

    Attributes:
        start: its first slot.
        load_wh: shape (slots, homes).
        pv_wh: shape (slots, homes).
        retail: what a kWh from the grid costs, EUR.
        feed_in: what a kWh fed in earns, EUR; nothing on a day whose mean is negative.
    """

    start: pd.Timestamp
    load_wh: np.ndarray
    pv_wh: np.ndarray
    retail: float
    feed_in: float

    @property
    def net_wh(self) -> np.ndarray:
        """What meters show: whole Wh (slots, homes), negative where a home feeds in."""
        return _whole(self.load_wh - self.pv_wh)

    def curve(self, scale_wh: int) -> Curve:
        """The curve between feed-in and retail price in coins' smallest units per Wh."""
        high, low = (units.eur_per_kwh_to_wei_per_wh(price, COINS_PER_EUR) for price in (self.retail, self.feed_in))
        return Curve((high + low) // 2, (high - low) // 2, scale_wh, SURPLUS_LIMIT_SCALES * scale_wh)


@dataclass(frozen=True)
class Orders:
    """What the homes order, whole Wh (slots, homes): positive to buy, negative to sell, zero not at all.

    Attributes:
        first: a day ahead.
        final: an hour ahead; the first order is cancelled where this one differs by more than a little.
    """

    first: np.ndarray
    final: np.ndarray


@dataclass(frozen=True)
class Traded:
    """A day on the market.

    Attributes:
        cash: shape (slots, homes), what each home got less what it paid, in coins' smallest units (Python integers).
        energy: shape (slots, homes), Wh of the orders that stood when the gate closed, negative for sales.
        value: shape (slots, homes), what these orders were agreed at, likewise in smallest units, never negative.
    """

    cash: np.ndarray
    energy: np.ndarray
    value: np.ndarray


def draw_days(source: str, homes: int, count: int, seed: int) -> list[Day]:
    """Days drawn at random, none twice; synthetic ones each of a neighbourhood of its own.

    Args:
        source: as for `dem.data.load`; a single building is cut into homes.
        homes: how many, the first of the source.
        count: how many days.
        seed: of the draw and of the synthetic homes.

    Raises:
        dem.data.DataError: the data cannot be used.
        ValueError: the source has fewer homes or days, its steps are longer than a slot, or there is a day on which
            feeding in earns as much as the grid charges.
    """
    generator = np.random.default_rng(seed)
    zone = data.time_zone(source)
    if source == "synthetic":
        year = pd.date_range(str(SYNTHETIC_YEAR), periods=365, tz=zone)
        starts = generator.choice(year, count, replace=False)
        return [
            _day(data.load(source, homes=homes, start=start, end=start + SLOTS * SLOT, seed=seed + run), start)
            for run, start in enumerate(starts)
        ]
    table = data.load(source)
    single = len(data.home_names(table)) == 1
    table = data.households(table, homes) if single else data.load(source, homes=homes)
    starts = _whole_days(table, zone)
    if count > len(starts):
        raise ValueError(f"{source} has {len(starts)} whole days, {count} were asked for")
    return [_day(table, start) for start in generator.choice(starts, count, replace=False)]


def place_orders(day: Day, error: float, generator: np.random.Generator) -> Orders:
    """What homes order that misjudge their loads one by one, and the sun all together.

    Args:
        day: what will come.
        error: standard deviation of the relative error an hour ahead; twice that a day ahead.
        generator: of the errors.
    """
    load_miss = generator.standard_normal(day.load_wh.shape)
    sun_miss = generator.standard_normal((len(day.load_wh), 1))

    def expected(errors: float) -> np.ndarray:
        load, sun = (np.maximum(1 + errors * miss, 0) for miss in (load_miss, sun_miss))
        return _whole(day.load_wh * load - day.pv_wh * sun)

    return Orders(expected(DAY_AHEAD_ERRORS * error), expected(error))


def within(order: np.ndarray | int, metered: np.ndarray | int) -> np.ndarray:
    """The part of a meter's Wh that an order covers, with the same sign."""
    return np.clip(metered, np.minimum(order, 0), np.maximum(order, 0))


def revised(first: int, final: int, tolerance_wh: int) -> bool:
    """Whether a home cancels its first order for the final one."""
    return abs(final - first) > tolerance_wh


def play(day: Day, orders: Orders, curve: Curve, tolerance_wh: int) -> Traded:
    """The day on the market: in each slot all first orders by number of the home, then all changes, then settlement."""
    slots = [
        _play_slot(Slot(curve), first.tolist(), final.tolist(), metered.tolist(), tolerance_wh)
        for first, final, metered in zip(orders.first, orders.final, day.net_wh, strict=True)
    ]
    cash, energy, value = (np.array(part, dtype=object) for part in zip(*slots, strict=True))
    return Traded(cash, energy.astype(np.int64), value)


def bill_on_balancing_market(day: Day, traded: Traded) -> np.ndarray:
    """EUR (homes,) of the day: the market and, for what no order covers, the grid."""
    market = np.array([units.wei_to_eur(amount, COINS_PER_EUR) for amount in traded.cash.sum(axis=0)])
    return _grid_bill(day, day.net_wh - within(traded.energy, day.net_wh)) - market


def bill_on_grid(day: Day) -> np.ndarray:
    """EUR (homes,) of the day with nothing but the grid."""
    return _grid_bill(day, day.net_wh)


def bill_on_fixed_price(day: Day, orders: Orders) -> np.ndarray:
    """EUR (homes,) of the day if homes sell to each other at the middle price what they order an hour ahead.

    A deviation is the home's own: what it bought and does not take it feeds in, what it sold and does not have it buys.
    """
    price = (day.retail + day.feed_in) / 2
    bill = np.zeros(day.net_wh.shape[1])
    bought = np.zeros_like(day.net_wh)
    for slot, wanted in enumerate(orders.final):
        buyers, sellers = np.flatnonzero(wanted > 0), np.flatnonzero(wanted < 0)
        bids, asks = np.full(len(buyers), day.retail), np.full(len(sellers), price)
        cleared = fixed_price.clear(bids, wanted[buyers], asks, -wanted[sellers])
        bought[slot, buyers], bought[slot, sellers] = cleared.bid_fill, -cleared.ask_fill
        bill += units.wh_to_kwh(bought[slot]) * price
    return bill + _grid_bill(day, day.net_wh - bought)


def scale_of(days: list[Day]) -> int:
    """Wh of imbalance at which the price has moved all the way: only one slot in twenty has more."""
    return max(1, round(float(np.quantile([np.abs(day.net_wh.sum(axis=1)) for day in days], 0.95))))


def _play_slot(
    slot: Slot, first: list[int], final: list[int], metered: list[int], tolerance_wh: int
) -> tuple[list[int], list[int], list[int]]:
    """Cash, energy and value of each home."""
    held = [_place(slot, energy) for energy in first]
    cash = [-_paid_in(order, slot.curve) for order in held]
    energies = list(first)
    for home, (before, after) in enumerate(zip(first, final, strict=True)):
        if revised(before, after, tolerance_wh):
            if held[home] is not None:
                cash[home] += slot.cancel(held[home])
            held[home], energies[home] = _place(slot, after), after
            cash[home] -= _paid_in(held[home], slot.curve)
    covered = within(np.array(energies), np.array(metered)).tolist()
    readings = {order: abs(energy) for order, energy in zip(held, covered, strict=True) if order is not None}
    payouts = slot.settle(readings)
    cash = [money + payouts.get(order, 0) for money, order in zip(cash, held, strict=True)]
    return cash, energies, [0 if order is None else order.value for order in held]


def _place(slot: Slot, energy: int) -> SlotOrder | None:
    if energy == 0:
        return None
    return slot.buy(energy) if energy > 0 else slot.sell(-energy)


def _paid_in(order: SlotOrder | None, curve: Curve) -> int:
    if order is None:
        return 0
    return order.quantity * curve.max_price - order.value if order.production else order.value


def _grid_bill(day: Day, energy_wh: np.ndarray) -> np.ndarray:
    taken = units.wh_to_kwh(np.maximum(energy_wh, 0)).sum(axis=0)
    fed_in = units.wh_to_kwh(np.maximum(-energy_wh, 0)).sum(axis=0)
    return taken * day.retail - fed_in * day.feed_in


def _whole_days(table: pd.DataFrame, zone: str) -> pd.DatetimeIndex:
    times = data.wide(table, "load_kwh").index
    local = times.tz_convert(zone)
    end = local[-1] + (local[1] - local[0])
    return local[(local == local.normalize()) & (local + SLOTS * SLOT <= end)]


def _day(table: pd.DataFrame, start: pd.Timestamp) -> Day:
    step = data.step_hours(table)
    if step > 1:
        raise ValueError(f"the homes' steps of {step:g} h are longer than a slot of 1 h")
    day = table[(table.index >= start) & (table.index < start + SLOTS * SLOT)]
    load, pv = (
        data.wide(day, column).resample(SLOT).sum().to_numpy() * units.WH_PER_KWH for column in ("load_kwh", "pv_kwh")
    )
    retail, feed_in = (float(day[column].mean()) for column in ("import_price", "export_price"))
    if not retail > max(feed_in, 0.0):
        raise ValueError(f"on {start:%Y-%m-%d} a kWh costs {retail:g} EUR and earns {feed_in:g} when fed in: no room")
    return Day(start, load, pv, retail, max(feed_in, 0.0))


def _whole(energy_wh: np.ndarray) -> np.ndarray:
    return np.rint(energy_wh).astype(np.int64)
