"""The paper's environment, kept as its published code has it: to be compared with, not to be built on."""

from typing import Self

import numpy as np
import pandas as pd

from dem import data, units
from dem.homes.protocol import Step, check_actions, check_state

CHARGE, CHARGE_AND_SELL, DISCHARGE, SELL, BUY = range(5)
PANEL_KWH_PER_HOUR = 0.25
"""Best yield of the paper's one photovoltaic panel (its series peaks at 122 Wh per half-hour)."""


class PaperHome:
    """Houses that trade as in the paper's published code, quirks included.

    At each row, with battery level b, PV p, consumption c, market price m and hour h, the surplus is d = p − c and the
    action a ∈ {0: charge, 1: charge and sell, 2: discharge, 3: sell, 4: buy} moves the battery to
    b' = b + (a−3)(a−4)·d. The observation is (b, p, c, h), in the units below and unscaled.

    The quirks, each kept on purpose and each with a test named after it:

    1. *Mixed units.* c is Wh/1000, p is Wh as it stands (so that at noon one 250 W panel outweighs the whole
       building), m is EUR/MWh divided by 100. d = p − c subtracts kWh from Wh.
    2. *Surplus multiplied.* (a−3)(a−4) multiplies the surplus by 12, 6, 2, 0, 0: charging stores twelve times what
       there is; and "discharge" adds twice the surplus, so that it charges whenever the sun shines.
    3. *Clipping.* After the reward, b' is clipped to [0, C]: energy above C vanishes, energy below 0 appears. There
       are no losses and no power limit.
    4. *Rewards are penalties.* charge −24·max(0, b'−C); charge and sell −6·s·max(0, b'−C);
       discharge −40·max(0, 0.1·C − b'); sell −6·s·max(0, d); buy −24·m·max(0, −d). No action can earn anything
       (unless the market price is negative, when buying does).
    5. *Selling has the wrong sign.* Revenue s·max(0, d) enters with a factor −6: the more a house sells, the worse.
    6. *Discharge below 0.1 C* is penalised, not prevented.
    7. *Sell price from the clock.* s = 0.3·(1 − exp(−(h−14)²/5))·10⁻³: zero at 14 h, at most 3·10⁻⁴, so that selling
       costs next to nothing beside every other action, which is why agents settle on it.
    8. *Nothing is ever reset.* ``reset`` moves neither the row pointer nor the battery; the next episode goes on
       where the last one ended.
    9. *Never done.* No step terminates or truncates; an episode is as long as the caller makes it (the paper's: 100).
    10. *Alternate rows.* House k of K reads rows k, k + K, … of one building's series: the houses are one building
        half an hour apart, and a house's clock jumps K rows a step.
    11. *The market price is hidden.* m decides what buying costs but is not observed.

    Where the restatement of the code leaves a choice, it is: the battery starts
    empty; rewards use b' before clipping (after it the first two penalties would always be zero); h is the whole hour
    0–23 of the row's UTC time; the pointer begins at row 0 and wraps at the end of the series. Nothing is random, so
    ``reset`` accepts a seed and needs none.

    Args:
        series: (H, T, 3) float64, per house and row: p, c, m in the units above.
        hour: (T,) or (H, T), hour of the day of each row.
        house: (B,) integers, the house whose series each member of the batch reads.
        capacity: battery capacity C, in the observation's mixed unit.

    Raises:
        ValueError: naming the argument and, for a series or house, the entry that is wrong.
    """

    observation_names = ("battery", "pv", "consumption", "hour")
    action_names = ("charge", "charge and sell", "discharge", "sell", "buy")
    observation_size = len(observation_names)
    action_count = len(action_names)

    def __init__(self, series: np.ndarray, hour: np.ndarray, house: np.ndarray, capacity: float = 2.0) -> None:
        series, hour, self._house = _checked(series, hour, house)
        if not (np.isfinite(capacity) and capacity > 0):
            raise ValueError(f"capacity must be positive, got {capacity}")
        self.capacity = float(capacity)
        self._rows = series.shape[1]
        # One row of all houses lies together, because a step reads exactly that.
        self._signals = np.ascontiguousarray(_signals(series, hour).transpose(1, 2, 0))
        self._seen = np.ascontiguousarray(
            np.stack([np.zeros_like(hour), series[..., 0], series[..., 1], hour], axis=-1).transpose(1, 0, 2),
            np.float32,
        )
        self._row = 0
        self._battery = np.zeros(self.batch_size)

    @classmethod
    def from_table(cls, table: pd.DataFrame, houses: int = 2, copies: int = 1, capacity: float = 2.0) -> Self:
        """The paper's houses over the building that a home table describes.

        A table with one home is the building. With more, the building's load is the homes' sum, and its PV is one
        panel: the homes' mean PV, scaled so that its best interval yields 0.25 kWh per hour.

        Args:
            table: home table (see ``dem.data``).
            houses: number of houses that share the building's rows.
            copies: the batch is ``copies × houses``; member ``b = copy * houses + house``.
            capacity: as for the class.

        Raises:
            ValueError: if ``houses`` or ``copies`` is not positive, or the table too short.
            dem.data.DataError: if the table is not a valid home table.
        """
        for name, value in (("houses", houses), ("copies", copies)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        load = data.wide(data.validate(table), "load_kwh").sum(axis=1)
        rows = len(load) // houses
        if rows == 0:
            raise ValueError(f"houses must be at most the table's {len(load)} times, got {houses}")
        building = np.stack([_one_panel_wh(table), load, _market(table)], axis=-1)
        alternate = building[: rows * houses].reshape(rows, houses, 3).transpose(1, 0, 2)
        hour = load.index.hour.to_numpy()[: rows * houses].reshape(rows, houses).T
        return cls(alternate, hour, np.tile(np.arange(houses), copies), capacity)

    @property
    def batch_size(self) -> int:
        """Number of houses stepped at once."""
        return len(self._house)

    def reset(self, seed: int | None = None) -> np.ndarray:
        """Observe, and change nothing (quirk 8); nothing is random, so ``seed`` has no effect."""
        return self.observe()

    def observe(self) -> np.ndarray:
        """(B, 4) float32: battery, PV (Wh), consumption (kWh), hour, as they stand."""
        observation = self._seen[self._row].take(self._house, axis=0)
        observation[:, 0] = self._battery
        return observation

    def step(self, action: np.ndarray) -> Step:
        """Apply actions (B,) in 0…4; raises ``ValueError`` naming the first house whose action is not one."""
        action = check_actions(action, self.batch_size, self.action_count)
        signals = self._signals[self._row].take(self._house, axis=1)
        level = self._battery + (action - 3) * (action - 4) * signals[0]
        reward = self._reward(action, level, *signals)
        self._battery = np.clip(level, 0.0, self.capacity)
        self._row = (self._row + 1) % self._rows
        never = np.zeros(self.batch_size, dtype=bool)
        return Step(self.observe(), reward, never, never.copy())

    def state(self) -> dict[str, np.ndarray]:
        """Battery levels and row pointer, as copies."""
        return {"battery": self._battery.copy(), "row": np.array(self._row)}

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Continue from ``state``; raises ``ValueError`` and changes nothing if it does not fit."""
        check_state(state, self.state())
        row = int(state["row"])
        if not 0 <= row < self._rows:
            raise ValueError(f"state 'row' must be in [0, {self._rows}), got {row}")
        self._battery = np.array(state["battery"], dtype=np.float64)
        self._row = row

    def _reward(
        self, action: np.ndarray, level: np.ndarray, surplus: np.ndarray, sell: np.ndarray, market: np.ndarray
    ) -> np.ndarray:
        overflow = np.maximum(level - self.capacity, 0.0)
        by_action = (
            -24 * overflow,
            -6 * sell * overflow,
            -40 * np.maximum(0.1 * self.capacity - level, 0.0),
            -6 * sell * np.maximum(surplus, 0.0),
            -24 * market * np.maximum(-surplus, 0.0),
        )
        return np.choose(action, by_action)


def sell_price(hour: np.ndarray) -> np.ndarray:
    """The paper's sell price s for hours of the day (quirk 7)."""
    return 0.3 * (1 - np.exp(-((np.asarray(hour) - 14) ** 2) / 5)) * 1e-3


def _checked(series: np.ndarray, hour: np.ndarray, house: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    series = np.asarray(series, dtype=np.float64)
    if series.ndim != 3 or series.shape[2] != 3 or 0 in series.shape:
        raise ValueError(f"series must have shape (houses, rows, 3), got {series.shape}")
    if not np.isfinite(series).all():
        entry = tuple(np.argwhere(~np.isfinite(series))[0].tolist())
        raise ValueError(f"series{list(entry)} must be finite, got {series[entry]}")
    hour = np.asarray(hour, dtype=np.float64)
    if hour.shape not in (series.shape[:2], series.shape[1:2]):
        raise ValueError(f"hour must have shape {series.shape[1:2]} or {series.shape[:2]}, got {hour.shape}")
    if not ((hour >= 0) & (hour < 24)).all():
        raise ValueError(f"hour must be in [0, 24), got {hour[~((hour >= 0) & (hour < 24))][0]}")
    house = np.asarray(house)
    if house.ndim != 1 or house.size == 0 or house.dtype.kind not in "iu":
        raise ValueError(f"house must be a non-empty vector of integers, got {house.dtype} of shape {house.shape}")
    if house.min() < 0 or house.max() >= len(series):
        raise ValueError(f"house must be in [0, {len(series)}), got {house.min()} … {house.max()}")
    return series, np.broadcast_to(hour, series.shape[:2]), house


def _signals(series: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """Surplus, sell price and market price, (houses, rows, 3)."""
    return np.stack([series[..., 0] - series[..., 1], sell_price(hour), series[..., 2]], axis=-1)


def _one_panel_wh(table: pd.DataFrame) -> np.ndarray:
    homes = data.wide(table, "pv_kwh").to_numpy()
    pv_kwh = homes.mean(axis=1)
    if homes.shape[1] > 1 and pv_kwh.max() > 0:
        pv_kwh *= PANEL_KWH_PER_HOUR * data.step_hours(table) / pv_kwh.max()
    return pv_kwh * units.WH_PER_KWH


def _market(table: pd.DataFrame) -> np.ndarray:
    return data.wide(table, "wholesale_price").to_numpy().mean(axis=1) * units.KWH_PER_MWH / 100
