"""The feeder under the plant: which trades it carries, and the voltages of what is then delivered.

The homes stand on the streets of the IEEE 13-node feeder in turn, each for as many alike as it takes to fill them. A
trade that is not carried does not happen: its seller throttles the battery, then the roof, and its buyer takes the
energy from the network. The regulators hold the voltage by themselves, from where their taps stand.
"""

from typing import Any

import numpy as np
import pandas as pd

from dem import data, paths, units
from dem.grid import Feeder, feasible
from dem.market import Clearing
from dem.vpp.market import Book, Positions
from dem.vpp.neighbourhood import EUR_PER_KWH, Neighbourhood

STREETS = paths.DATA / "feeders" / "ieee13" / "homes.csv"
LOAD_SCALE_RANGE = (0.35, 0.75)
"""The feeder's published loads are a peak; over the day they follow the homes between these factors."""
TYPICAL_KWH_A_DAY = 12.0
"""Assumed of the homes that the feeder is built for: 4.4 MWh a year, about a French household's mean."""
LOW_PU, HIGH_PU = 0.95, 1.05
ROUNDING_WH = 1e-6


class Network:
    """The homes on the feeder.

    Args:
        homes: the neighbourhood.
        homes_on_feeder: how many homes like them there are, if none uses more than `TYPICAL_KWH_A_DAY`; of homes that
            use more there are fewer, at least they themselves.

    Attributes:
        feeder: as the last interval left it.
    """

    def __init__(self, homes: Neighbourhood, homes_on_feeder: int) -> None:
        streets = pd.read_csv(STREETS, comment="#", dtype=str)
        places = streets.iloc[np.arange(len(homes.names)) % len(streets)]
        self.feeder = Feeder.ieee13(places.assign(home=homes.names))
        self._names = np.array(homes.names)
        self._step_hours = homes.step_hours
        total = homes.history.groupby(level=0)["load_kwh"].sum()
        use = total.mean() * homes.per_day / len(homes.names)
        self._alike = max(1.0, homes_on_feeder / len(homes.names) * min(1.0, TYPICAL_KWH_A_DAY / use))
        self._range = (float(total.min()), float(total.max()))
        self._settle_taps(homes.history, float(total.iloc[-1]))

    @property
    def taps(self) -> list[int]:
        """Positions of the regulators."""
        return self.feeder.taps.tolist()

    def resume(self, taps: list[int]) -> None:
        """Go on with these taps."""
        self.feeder.taps = taps

    def carry(
        self, expected_wh: np.ndarray, load_kwh: float, book: Book, clearing: Clearing, traded: Positions
    ) -> tuple[Positions, np.ndarray]:
        """Cut the trades down to what the feeder carries.

        Args:
            expected_wh: (H,) that the homes expect to take, negative to give, trades included.
            load_kwh: expected load of all homes.
            book: the orders.
            clearing: what they became.
            traded: the same, home by home.

        Returns:
            What is left of the positions, and Wh (H,) that each seller does not deliver.
        """
        cut = np.zeros((2, len(expected_wh)), dtype=np.int64)
        if clearing.bid_fill.any() and clearing.ask_fill.any():
            trades = clearing.trades()
            buyers, sellers = book.buyers[trades.bid], book.sellers[trades.ask]
            self._load(expected_wh - traded.energy_wh, load_kwh)
            missing = trades.quantity - self._delivered(self._schedule(book, clearing))
            np.add.at(cut[0], buyers, missing)
            np.add.at(cut[1], sellers, missing)
        return _reduced(traded, *cut), cut[1]

    def deliver(self, metered_wh: np.ndarray, load_kwh: float) -> dict[str, Any]:
        """Solve the feeder for what meters (H,) show; its state in a few numbers."""
        self._load(metered_wh, load_kwh)
        before = self.feeder.taps
        self.feeder.solve("delivery", regulate=True)
        voltage = np.abs(self.feeder.voltage_pu())
        return {
            "lowest_pu": float(voltage.min()),
            "highest_pu": float(voltage.max()),
            "nodes_outside": int(((voltage < LOW_PU) | (voltage > HIGH_PU)).sum()),
            "losses_kw": float(self.feeder.losses),
            "tap_operations": int(np.abs(self.feeder.taps - before).sum()),
            "taps": self.taps,
        }

    def _load(self, energy_wh: np.ndarray, load_kwh: float) -> None:
        """Put homes (H,) and the feeder's own loads on it."""
        self.feeder.load_scale = float(np.interp(load_kwh, self._range, LOAD_SCALE_RANGE))
        self.feeder.set_power(units.wh_to_kwh(energy_wh) * self._alike / self._step_hours)

    def _settle_taps(self, history: pd.DataFrame, load_kwh: float) -> None:
        """Let the regulators come to rest under the last interval before the start, from neutral."""
        net = (data.wide(history, "load_kwh") - data.wide(history, "pv_kwh")).iloc[-1]
        self._load(net.to_numpy() * units.WH_PER_KWH, load_kwh)
        self.feeder.taps = np.zeros(len(self.feeder.regulators), dtype=np.int64)
        self.feeder.solve("before the start", regulate=True)

    def _schedule(self, book: Book, clearing: Clearing) -> pd.DataFrame:
        """The trades of the homes and of those alike, as `dem.grid` reads them."""
        trades = clearing.trades()
        ask = book.ask_price[trades.ask]
        return pd.DataFrame(
            {
                "seller": self._names[book.sellers[trades.ask]],
                "buyer": self._names[book.buyers[trades.bid]],
                "energy_kwh": units.wh_to_kwh(trades.quantity) * self._alike,
                # Pairs are bookkeeping: some mechanisms leave a pair whose bid is below its ask.
                "bid": np.maximum(book.bid_price[trades.bid], ask) * EUR_PER_KWH,
                "ask": ask * EUR_PER_KWH,
            }
        )

    def _delivered(self, schedule: pd.DataFrame) -> np.ndarray:
        """Whole Wh that each trade of one home, not of all alike, delivers."""
        carried = feasible(self.feeder, schedule, self._step_hours).delivered / self._alike
        return np.floor(carried * units.WH_PER_KWH + ROUNDING_WH).astype(np.int64)


def _reduced(traded: Positions, bought: np.ndarray, sold: np.ndarray) -> Positions:
    """Positions with so many Wh (H,) fewer, paid in proportion; rounding stays with the market."""
    size = np.abs(traded.energy_wh)
    left = size - bought - sold
    exact = traded.cash.astype(object) * left
    cash = np.array([money // max(whole, 1) for money, whole in zip(exact, size.tolist(), strict=True)], dtype=np.int64)
    return Positions(np.sign(traded.energy_wh) * left, cash)
