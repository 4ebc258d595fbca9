"""What stored energy is worth, and what to do once that is known.

Let V(e) be what a home saves from the next interval on if e kWh are in its store: concave, so the worth of one more
kWh, the *water value* dV/de, falls as the store fills. A policy then needs no solver. An interval offers four trades
with the store, in the order in which the power of the battery is used up on them:

    sell    deliver to the grid               worth  sell · η_d     per kWh out of store
    use     deliver to the home's own load    worth  buy · η_d
    keep    store the roof's surplus          costs  sell / η_c     per kWh into store
    buy     store energy from the grid        costs  buy / η_c

and each is done until the water value passes its price. The same step, applied backwards in time to prices and net
loads that are known or forecast, is a dynamic program that yields V: :func:`backup`.

V is kept on K + 1 evenly spaced levels between the lowest and the highest energy allowed and is linear in between;
water values are those of the K cells. Everything is batched: N rows, each a home at one time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from dem.homes import Battery, Home


@dataclass(frozen=True)
class Store:
    """N batteries as arrays (N, 1).

    Attributes:
        lowest: least energy allowed, kWh.
        highest: most energy allowed, kWh.
        limit: most energy an interval can bring or take at the home's side, kWh.
        charge: charging efficiency.
        discharge: discharging efficiency.
    """

    lowest: np.ndarray
    highest: np.ndarray
    limit: np.ndarray
    charge: np.ndarray
    discharge: np.ndarray

    @classmethod
    def of(cls, batteries: Sequence[Battery], step_hours: float) -> Self:
        """Batteries side by side, for intervals of ``step_hours``."""
        rows = [
            (
                battery.capacity_kwh * battery.min_soc,
                battery.capacity_kwh * battery.max_soc,
                battery.power_kw * step_hours,
                battery.charge_efficiency,
                battery.discharge_efficiency,
            )
            for battery in batteries
        ]
        return cls(*np.array(rows, dtype=np.float64).T[:, :, None])

    @classmethod
    def of_homes(cls, home: Home) -> Self:
        """The B batteries of ``home``, copies included."""
        return cls.of(home.batteries * home.copies, home.step_hours)

    def of_rows(self, rows: np.ndarray) -> "Store":
        """The batteries at these positions."""
        return Store(*(values[rows] for values in vars(self).values()))

    def repeat(self, times: int) -> "Store":
        """The N batteries ``times`` times over, (times · N)."""
        return Store(*(np.tile(values, (times, 1)) for values in vars(self).values()))


@dataclass(frozen=True)
class Trades:
    """The four trades that an interval offers: sell, use, keep, buy.

    Attributes:
        start: (4, …, N, 1) change of the store at which each begins, kWh, ascending; the first is a full discharge.
        length: (4, …, N, 1) how far each goes, kWh in store.
        price: (4, N, 1) EUR per kWh in store.
    """

    start: np.ndarray
    length: np.ndarray
    price: np.ndarray

    @classmethod
    def of(cls, net_load: np.ndarray, buy: np.ndarray, sell: np.ndarray, store: Store) -> Self:
        """From net load in kWh (…, N) and prices in EUR/kWh (N,)."""
        net_load, buy, sell = net_load[..., None], buy[:, None], sell[:, None]
        use = np.clip(net_load, 0.0, store.limit) / store.discharge
        keep = np.clip(-net_load, 0.0, store.limit) * store.charge
        out, into = store.limit / store.discharge, store.limit * store.charge
        return cls(
            start=np.stack([np.broadcast_to(-out, use.shape), -use, np.zeros_like(use), keep]),
            length=np.stack([out - use, use, keep, into - keep]),
            price=np.stack([sell * store.discharge, buy * store.discharge, sell / store.charge, buy / store.charge]),
        )

    def filled(self, energy: np.ndarray, water_value: np.ndarray, store: Store) -> np.ndarray:
        """How far each trade is taken, (4, …, N, M) kWh, from energies (N, M) if what is left is worth ``water_value``.

        Each goes on until the cells worth more than its price are full.
        """
        cell = (store.highest - store.lowest) / water_value.shape[1]
        level = store.lowest + cell * (water_value > self.price).sum(axis=2, keepdims=True)
        scenarios = (1,) * (self.start.ndim - 3)
        room = (level - energy).reshape(4, *scenarios, *energy.shape)
        taken = room - self.start
        np.maximum(taken, 0.0, out=taken)
        return np.minimum(taken, self.length, out=taken)


def decide(
    energy: np.ndarray,
    water_value: np.ndarray,
    net_load: np.ndarray,
    buy: np.ndarray,
    sell: np.ndarray,
    store: Store,
) -> np.ndarray:
    """The energy (N,) to bring into the battery (negative: to take out), kWh at the home's side.

    Args:
        energy: (N,) kWh in store.
        water_value: (N, K) what energy left after this interval is worth, EUR/kWh, cell by cell from empty to full.
        net_load: (N,) load − PV of this interval, kWh.
        buy: (N,) import price of this interval, EUR/kWh.
        sell: (N,) export price, EUR/kWh.
        store: the batteries.
    """
    trades = Trades.of(net_load, buy, sell, store)
    stored = trades.start[0] + trades.filled(energy[:, None], water_value, store).sum(axis=0)
    return np.where(stored > 0, stored / store.charge, stored * store.discharge)[:, 0]


def backup(
    water_value: np.ndarray, net_load: np.ndarray, buy: np.ndarray, sell: np.ndarray, store: Store
) -> np.ndarray:
    """Water values (N, K) before an interval, from those after it.

    Args:
        water_value: (N, K) EUR/kWh.
        net_load: (S, N) kWh, in S equally likely cases; the battery acts knowing which it is.
        buy: (N,) EUR/kWh.
        sell: (N,) EUR/kWh.
        store: the batteries.
    """
    cell = (store.highest - store.lowest) / water_value.shape[1]
    energy = cell * np.arange(water_value.shape[1] + 1)
    trades = Trades.of(net_load, buy, sell, store)
    filled = trades.filled(store.lowest + energy, water_value, store)
    value = _integral(water_value, cell, energy + trades.start[0] + filled.sum(axis=0))
    filled *= trades.price[:, None]
    value -= filled.sum(axis=0)
    return np.diff(value.mean(axis=0), axis=1) / np.maximum(cell, np.finfo(float).tiny)


def sweep(water_value: np.ndarray, net_load: np.ndarray, buy: np.ndarray, sell: np.ndarray, store: Store) -> np.ndarray:
    """Water values (N, K) before T intervals, from those after; net loads are (T, S, N), prices (T, N)."""
    for interval in zip(net_load[::-1], buy[::-1], sell[::-1], strict=True):
        water_value = backup(water_value, *interval, store)
    return water_value


def hindsight(
    net_load: np.ndarray, buy: np.ndarray, sell: np.ndarray, store: Store, levels: int, last: float
) -> np.ndarray:
    """Water values (T, N, K) after each of T intervals, had one known what comes.

    Args:
        net_load: (T, N) kWh.
        buy: (T, N) EUR/kWh.
        sell: (T, N) EUR/kWh.
        store: the N batteries.
        levels: K.
        last: water value after the last interval, EUR/kWh.
    """
    values = np.empty((*net_load.shape, levels), dtype=np.float32)
    values[-1] = last
    for t in range(len(net_load) - 1, 0, -1):
        values[t - 1] = backup(values[t].astype(np.float64), net_load[t][None], buy[t], sell[t], store)
    return values


def _integral(water_value: np.ndarray, cell: np.ndarray, energy: np.ndarray) -> np.ndarray:
    """∫ of water values (N, K) from the lowest energy up to ``energy`` (…, N, M) above it."""
    rows, count = water_value.shape
    position = energy / np.maximum(cell, np.finfo(float).tiny)
    index = np.clip(position.astype(np.int64), 0, count - 1)
    flat = index + count * np.arange(rows)[:, None]
    below = np.cumsum(water_value, axis=1) - water_value
    return cell * (below.take(flat) + (position - index) * water_value.take(flat))
