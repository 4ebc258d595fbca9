"""The same homes in plain Python, one at a time: what ``dem.homes`` is measured against."""

import math
from collections.abc import Sequence

import pandas as pd

from dem.homes import Battery


class PlainHome:
    """One ``dem.homes.Home`` with five actions, in floats and lists."""

    def __init__(self, rows: pd.DataFrame, battery: Battery) -> None:
        self.battery = battery
        columns = ("load_kwh", "pv_kwh", "import_price", "export_price")
        self.rows = list(zip(*(rows[name].tolist() for name in columns), strict=True))
        hours = (rows.index.hour + rows.index.minute / 60).tolist()
        days = rows.index.weekday.tolist()
        self.clock = [(2 * math.pi * hour / 24, 2 * math.pi * day / 7) for hour, day in zip(hours, days, strict=True)]
        self.reset()

    def reset(self) -> None:
        """Back to the first row and the initial charge."""
        self.time = 0
        self.energy = self.battery.capacity_kwh * self.battery.initial_soc

    def step(self, action: int) -> tuple[list[float], float]:
        """Observation and reward (EUR) after one half-hour."""
        battery = self.battery
        flow = (action - 2) / 2 * battery.power_kw * 0.5
        flow = min(flow, (battery.max_soc * battery.capacity_kwh - self.energy) / battery.charge_efficiency)
        flow = max(flow, (battery.min_soc * battery.capacity_kwh - self.energy) * battery.discharge_efficiency)
        self.energy += flow * battery.charge_efficiency if flow > 0 else flow / battery.discharge_efficiency
        load, pv, import_price, export_price = self.rows[self.time]
        grid = load - pv + flow
        self.time = min(self.time + 1, len(self.rows) - 1)
        return self.observe(), -grid * (import_price if grid > 0 else export_price)

    def observe(self) -> list[float]:
        """The nine values that ``dem.homes.Home`` shows."""
        load, pv, import_price, export_price = self.rows[self.time]
        scale = self.battery.power_kw * 0.5
        hour, day = self.clock[self.time]
        soc = self.energy / self.battery.capacity_kwh
        clock = [math.sin(hour), math.cos(hour), math.sin(day), math.cos(day)]
        return [soc, load / scale, pv / scale, import_price / 0.2, export_price / 0.2, *clock]


class PlainPaperHouse:
    """One of ``dem.homes.PaperHome``'s houses, over rows of (PV, consumption, market price, hour)."""

    def __init__(self, rows: Sequence[tuple[float, float, float, int]]) -> None:
        self.rows = rows
        self.time, self.battery, self.capacity = 0, 0.0, 2.0

    def step(self, action: int) -> tuple[list[float], float]:
        """Observation and reward after one row."""
        pv, consumption, market, hour = self.rows[self.time]
        surplus = pv - consumption
        sell = 0.3 * (1 - math.exp(-((hour - 14) ** 2) / 5)) * 1e-3
        level = self.battery + (action - 3) * (action - 4) * surplus
        overflow = max(0.0, level - self.capacity)
        if action == 0:
            reward = -24 * overflow
        elif action == 1:
            reward = -6 * sell * overflow
        elif action == 2:
            reward = -40 * max(0.0, 0.1 * self.capacity - level)
        elif action == 3:
            reward = -6 * sell * max(0.0, surplus)
        else:
            reward = -24 * market * max(0.0, -surplus)
        self.battery = min(max(level, 0.0), self.capacity)
        self.time = (self.time + 1) % len(self.rows)
        pv, consumption, _, hour = self.rows[self.time]
        return [self.battery, pv, consumption, hour], reward
