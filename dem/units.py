"""The only place where units convert.

Off chain the project speaks kWh, EUR/kWh and kgCO2e (floats). On chain it speaks Wh, wei per Wh and gCO2e
(integers), so that no float ever touches money that a contract holds. This module is the border between the two.
"""

from decimal import Decimal

import numpy as np

WH_PER_KWH = 1_000
KWH_PER_MWH = 1_000
G_PER_KG = 1_000
CENTS_PER_EUR = 100
HOURS_PER_DAY = 24
DAYS_PER_WEEK = 7
HOURS_PER_WEEK = DAYS_PER_WEEK * HOURS_PER_DAY
WEI_PER_ETHER = 10**18
GWEI_PER_ETHER = 10**9


def kwh_to_wh(energy_kwh: float) -> int:
    """Energy in whole Wh, rounded half to even; raises ``ValueError`` if negative or not finite."""
    return _whole("energy_kwh", energy_kwh, WH_PER_KWH)


def whole_wh(energy_kwh: np.ndarray) -> np.ndarray:
    """Energies of either sign in whole Wh, int64, rounded half to even."""
    return np.rint(energy_kwh * WH_PER_KWH).astype(np.int64)


def wh_to_kwh(energy_wh: float) -> float:
    """Energy in kWh."""
    return energy_wh / WH_PER_KWH


def eur_per_mwh_to_eur_per_kwh(price: float) -> float:
    """A wholesale quotation (EUR/MWh) as a price per kWh."""
    return price / KWH_PER_MWH


def eur_per_kwh_to_wei_per_wh(price_eur_per_kwh: float, eur_per_ether: float) -> int:
    """A price in whole wei per Wh.

    Args:
        price_eur_per_kwh: price in EUR/kWh, not negative.
        eur_per_ether: exchange rate in EUR per ether, positive.

    Raises:
        ValueError: if the price is negative or not finite, or the rate not positive.
    """
    if not eur_per_ether > 0:
        raise ValueError(f"eur_per_ether must be positive, got {eur_per_ether}")
    wei_per_eur = Decimal(WEI_PER_ETHER) / Decimal(str(eur_per_ether))
    return _whole("price_eur_per_kwh", price_eur_per_kwh, wei_per_eur / WH_PER_KWH)


def wei_to_eur(amount_wei: int, eur_per_ether: float) -> float:
    """An amount of wei in EUR, for display only: never feed the result back into a contract."""
    return float(Decimal(amount_wei) / WEI_PER_ETHER * Decimal(str(eur_per_ether)))


def gas_to_eur(gas: int, gas_price_gwei: float, eur_per_ether: float) -> float:
    """What ``gas`` costs in EUR at a gas price in gwei and an exchange rate in EUR per ether."""
    return gas * gas_price_gwei / GWEI_PER_ETHER * eur_per_ether


def kg_to_g(mass_kg: float) -> int:
    """Emissions in whole grams, rounded half to even; raises ``ValueError`` if negative or not finite."""
    return _whole("mass_kg", mass_kg, G_PER_KG)


def kw_to_kwh(power_kw: float, step_hours: float) -> float:
    """Energy in kWh delivered by a constant power over one interval of ``step_hours``."""
    return power_kw * step_hours


def _whole(name: str, value: float, factor: Decimal | int) -> int:
    exact = Decimal(str(value))
    if not exact.is_finite() or exact < 0:
        raise ValueError(f"{name} must be finite and not negative, got {value}")
    return int((exact * factor).to_integral_value())
