"""What a home pays and emits for the energy that crosses its meter."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem import data


@dataclass(frozen=True, slots=True)
class Settlement:
    """One step of the homes, settled at the meter; every array is (B,) float64.

    Attributes:
        battery_kwh: energy into the battery (negative: out of it), at the home's side of the inverter.
        grid_kwh: energy from the grid (negative: into it): load − PV + battery_kwh.
        bill_eur: import at the import price minus export at the export price.
        emissions_kg: kgCO2e of the imported energy at the grid's present intensity; export earns no credit.
    """

    battery_kwh: np.ndarray
    grid_kwh: np.ndarray
    bill_eur: np.ndarray
    emissions_kg: np.ndarray


def settle(
    net_load_kwh: np.ndarray,
    battery_kwh: np.ndarray,
    import_price: np.ndarray,
    export_price: np.ndarray,
    carbon_intensity: np.ndarray,
) -> Settlement:
    """Settle net load (load − PV) and battery flow, kWh, at prices in EUR/kWh and an intensity in kgCO2e/kWh."""
    grid = net_load_kwh + battery_kwh
    imported = np.maximum(grid, 0.0)
    exported = imported - grid
    return Settlement(battery_kwh, grid, imported * import_price - exported * export_price, imported * carbon_intensity)


def bill_without_battery(table: pd.DataFrame) -> pd.Series:
    """The bill of every home of a home table if nothing moves its energy.

    Returns:
        EUR over the whole table, indexed by home; positive is what the home pays.

    Raises:
        dem.data.DataError: if the table is not a valid home table.
    """
    signals = meter_signals(data.validate(table))
    bill = settle(signals[0], np.zeros_like(signals[0]), *signals[1:]).bill_eur.sum(axis=0)
    return pd.Series(bill, index=pd.Index(data.home_names(table), name="home"), name="bill_eur")


def meter_signals(table: pd.DataFrame) -> np.ndarray:
    """What ``settle`` needs of a home table: net load, import price, export price, carbon intensity, (4, T, H)."""
    names = ("load_kwh", "import_price", "export_price", "carbon_intensity")
    signals = np.stack([data.wide(table, name).to_numpy() for name in names])
    signals[0] -= data.wide(table, "pv_kwh").to_numpy()
    return signals
