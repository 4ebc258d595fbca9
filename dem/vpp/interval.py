"""One interval of a plant from its gate to its settlement, without the plant's books."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dem import units
from dem.vpp.accounts import Accounts
from dem.vpp.neighbourhood import EUR_PER_KWH, UNITS_PER_EUR


@dataclass(frozen=True)
class Interval:
    """What happened in one interval; arrays are (H,).

    Attributes:
        time: its start.
        expected_wh: taken from the network as ordered, negative for given.
        battery_kwh: into the battery, negative for out of it.
        stored_kwh: in the battery at the end.
        accounts: energy and money.
        emissions_kg: kgCO2e of what all homes together take from the network.
    """

    time: pd.Timestamp
    expected_wh: np.ndarray
    battery_kwh: np.ndarray
    stored_kwh: np.ndarray
    accounts: Accounts
    emissions_kg: float

    def event(self) -> dict[str, Any]:
        """The interval in a few numbers: kWh, EUR, EUR/kWh, kgCO2e of all homes together."""
        accounts = self.accounts
        traded = int(np.maximum(accounts.position_wh, 0).sum())
        paid = -int(np.minimum(accounts.market_cash, 0).sum())
        return {
            "expected_kwh": _kwh(self.expected_wh.sum()),
            "metered_kwh": _kwh(accounts.metered_wh.sum()),
            "imported_kwh": _kwh(np.maximum(accounts.metered_wh, 0).sum()),
            "exported_kwh": _kwh(np.maximum(-accounts.metered_wh, 0).sum()),
            "battery_kwh": float(self.battery_kwh.sum()),
            "stored_kwh": float(self.stored_kwh.sum()),
            "traded_kwh": _kwh(traded),
            "price": paid / traded * EUR_PER_KWH if traded else None,
            "deviation_kwh": _kwh(accounts.deviation_wh.sum()),
            "imbalance_price": accounts.imbalance_price * EUR_PER_KWH,
            "cost_eur": -int(accounts.cash.sum()) / UNITS_PER_EUR,
            "market_surplus_eur": accounts.market_surplus / UNITS_PER_EUR,
            "emissions_kg": self.emissions_kg,
        }

    def rows(self, names: list[str]) -> pd.DataFrame:
        """The interval home by home, as the journal keeps it."""
        return pd.DataFrame(
            {
                "home": names,
                "expected_wh": self.expected_wh,
                "position_wh": self.accounts.position_wh,
                "metered_wh": self.accounts.metered_wh,
                "battery_kwh": self.battery_kwh,
                "stored_kwh": self.stored_kwh,
                "cash": self.accounts.cash,
            }
        )


def whole_wh(energy_kwh: np.ndarray) -> np.ndarray:
    """Whole Wh of energies of either sign."""
    return np.rint(energy_kwh * units.WH_PER_KWH).astype(np.int64)


def _kwh(energy_wh: float) -> float:
    return float(units.wh_to_kwh(energy_wh))
