"""What one interval brought, in numbers of each home and of all together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dem import units
from dem.vpp.accounts import Accounts
from dem.vpp.neighbourhood import EUR_PER_KWH, UNITS_PER_EUR


@dataclass(frozen=True)
class Flows:
    """Energy behind the meters, (H,) each.

    Attributes:
        load_kwh: used.
        pv_kwh: what the roofs could generate.
        spilled_kwh: what of it they were throttled by.
        battery_kwh: into the battery, negative for out of it.
        stored_kwh: in the battery at the end.
        metered_wh: taken from the network, negative for given, as the meters round it.
    """

    load_kwh: np.ndarray
    pv_kwh: np.ndarray
    spilled_kwh: np.ndarray
    battery_kwh: np.ndarray
    stored_kwh: np.ndarray
    metered_wh: np.ndarray


@dataclass(frozen=True)
class Response:
    """What homes left out when the aggregator asked for it, and what it pays them, (H,) each.

    Attributes:
        credit: units that each home receives with the day's prices.
        promised_wh: to be left out.
        response_wh: measured of it.
        reward: units that each home receives, negative for pays.
    """

    credit: np.ndarray
    promised_wh: np.ndarray
    response_wh: np.ndarray
    reward: np.ndarray


@dataclass(frozen=True)
class Interval:
    """What happened in one interval.

    Attributes:
        time: its start.
        expected_wh: (H,) ordered: to be taken from the network, negative for given.
        flows: energy.
        accounts: energy and money as they settle.
        retail: (H,) units per Wh that the network's energy costs.
        response: what was promised, left out and paid for.
        emissions_kg: kgCO2e of what all homes together take from the network.
        tariff: the day's retail tariff, by name, where an aggregator prices or calls.
        network: what the feeder's state is, where there is one; see `dem.vpp.network.Network.deliver`.
    """

    time: pd.Timestamp
    expected_wh: np.ndarray
    flows: Flows
    accounts: Accounts
    retail: np.ndarray
    response: Response
    emissions_kg: float
    tariff: str | None = None
    network: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cash(self) -> np.ndarray:
        """Units that each home receives in all, (H,)."""
        return self.accounts.cash + self.response.credit + self.response.reward

    def event(self) -> dict[str, Any]:
        """The interval in a few numbers: kWh, EUR, EUR/kWh, kgCO2e of all homes, what was agreed, and the feeder."""
        accounts, flows = self.accounts, self.flows
        traded = int(np.maximum(accounts.position_wh, 0).sum())
        paid = -int(np.minimum(accounts.market_cash, 0).sum())
        return {
            "load_kwh": float(flows.load_kwh.sum()),
            "pv_kwh": float(flows.pv_kwh.sum()),
            "spilled_kwh": float(flows.spilled_kwh.sum()),
            "battery_kwh": float(flows.battery_kwh.sum()),
            "stored_kwh": float(flows.stored_kwh.sum()),
            "expected_kwh": _kwh(self.expected_wh.sum()),
            "metered_kwh": _kwh(accounts.metered_wh.sum()),
            "deviation_kwh": _kwh(accounts.deviation_wh.sum()),
            "traded_kwh": _kwh(traded),
            "price": paid / traded * EUR_PER_KWH if traded else None,
            "imbalance_price": accounts.imbalance_price * EUR_PER_KWH,
            "cost_eur": -int(self.cash.sum()) / UNITS_PER_EUR,
            "market_surplus_eur": accounts.market_surplus / UNITS_PER_EUR,
            "emissions_kg": self.emissions_kg,
            **self._agreed(),
            **self.network,
        }

    def rows(self, names: list[str]) -> pd.DataFrame:
        """The interval home by home, as the journal keeps it, unsigned."""
        return pd.DataFrame(
            {
                "home": names,
                "expected_wh": self.expected_wh,
                "position_wh": self.accounts.position_wh,
                "metered_wh": self.accounts.metered_wh,
                "battery_kwh": self.flows.battery_kwh,
                "stored_kwh": self.flows.stored_kwh,
                "cash": self.cash,
                "retail": self.retail,
                **vars(self.response),
                "signature": None,
                "response_signature": None,
            }
        )

    def _agreed(self) -> dict[str, Any]:
        """What the aggregator and the homes agreed on, where there is one."""
        if self.tariff is None:
            return {}
        response = self.response
        return {
            "tariff": self.tariff,
            "retail_price": float(self.retail.mean()) * EUR_PER_KWH,
            "credit_eur": int(response.credit.sum()) / UNITS_PER_EUR,
            "event": bool(response.promised_wh.any()),
            "promised_kwh": _kwh(response.promised_wh.sum()),
            "response_kwh": _kwh(response.response_wh.sum()),
            "reward_eur": int(response.reward.sum()) / UNITS_PER_EUR,
        }


def whole_wh(energy_kwh: np.ndarray) -> np.ndarray:
    """Whole Wh of energies of either sign."""
    return np.rint(energy_kwh * units.WH_PER_KWH).astype(np.int64)


def _kwh(energy_wh: float) -> float:
    return float(units.wh_to_kwh(energy_wh))
