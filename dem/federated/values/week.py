"""A week of a home as something to learn from: what was seen, and what stored energy turned out to be worth.

A home that knows one week assumes that it repeats. So every interval has a past and a future.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from dem.agents import storage
from dem.federated.values import outlook
from dem.homes import Battery

LEVELS = 10
"""Cells of the store."""
LOOKAHEAD_HOURS = 6.0
"""How far corrected targets see into what really happened."""

Excess = Callable[[np.ndarray], np.ndarray]
"""From inputs (N, I) to water values above the expected price (N, LEVELS), in units of `UNIT`."""
UNIT = 0.1
"""EUR/kWh that a target shows as 1: the order of what water values differ by."""


@dataclass(frozen=True)
class Week:
    """N intervals of one home, or of several one after the other, with one size of battery.

    Attributes:
        inputs: (N, I) float32.
        price: (N,) mean import price expected of the next day, EUR/kWh: the worth that learning starts from.
        future: (L, N) positions of the next L intervals.
        net: (N,) load − PV, kWh.
        buy, sell: (N,) EUR/kWh.
        hindsight: (N, LEVELS) water values after each interval, had one known what comes, EUR/kWh.
        store: the battery.
    """

    inputs: np.ndarray
    price: np.ndarray
    future: np.ndarray
    net: np.ndarray
    buy: np.ndarray
    sell: np.ndarray
    hindsight: np.ndarray
    store: storage.Store

    @classmethod
    def of(cls, table: pd.DataFrame, battery: Battery) -> Self:
        """From a home table with one home."""
        series = outlook.Series.of(table, repeats=True)
        rows = np.arange(len(series.times))
        steps = np.arange(1, round(LOOKAHEAD_HOURS / series.step_hours) + 1)
        net, buy, sell = series.load - series.pv, series.buy, series.sell
        store = storage.Store.of([battery], series.step_hours)
        # Two days more, so that the end of the week knows its beginning: a battery remembers no longer.
        longer = series.at(np.arange(len(rows) + 2 * series.day))
        worth = storage.hindsight(net[longer], buy[longer], sell[longer], store, LEVELS, float(buy.mean()))
        return cls(
            inputs=outlook.inputs(series, rows)[:, 0].astype(np.float32),
            price=outlook.expected_price(series, rows)[:, 0],
            future=series.at(rows + steps[:, None]),
            net=net[:, 0],
            buy=buy[:, 0],
            sell=sell[:, 0],
            hindsight=worth[: len(rows), 0],
            store=store,
        )

    @classmethod
    def joined(cls, weeks: Sequence["Week"]) -> "Week":
        """Weeks of homes with equal batteries as one."""
        starts = np.cumsum([0] + [len(week.net) for week in weeks[:-1]])
        rest = ("inputs", "price", "net", "buy", "sell", "hindsight")
        return cls(
            **{name: np.concatenate([getattr(week, name) for week in weeks]) for name in rest},
            future=np.concatenate([week.future + start for week, start in zip(weeks, starts, strict=True)], axis=1),
            store=weeks[0].store,
        )

    def targets(self, excess: Excess | None = None) -> np.ndarray:
        """Water values above the expected price (N, LEVELS), in units of `UNIT`, to learn from.

        Without ``excess`` those of hindsight; with it, corrected ones: what happens in the next hours is known, and
        from then on ``excess`` is trusted.
        """
        worth = self.hindsight if excess is None else self._corrected(excess)
        return (worth - self.price[:, None]) / UNIT

    def _corrected(self, excess: Excess) -> np.ndarray:
        last = self.future[-1]
        trusted = self.price[last, None] + UNIT * excess(self.inputs[last])
        store = self.store.of_rows(np.zeros(len(last), dtype=int))
        net, buy, sell = (values[self.future] for values in (self.net, self.buy, self.sell))
        return storage.sweep(trusted, net[:, None], buy, sell, store)
