"""Nothing appears and nothing vanishes: what has to hold of every interval before it is written down."""

from typing import TYPE_CHECKING

import numpy as np

from dem import units
from dem.market.balancing_curve import Curve
from dem.vpp.accounts import Accounts

if TYPE_CHECKING:
    from dem.vpp.interval import Flows

HALF_WH = 0.5 + 1e-6
"""A meter rounds to whole Wh."""
ROUNDING_KWH = 1e-9
RESPONSE_KWH = 2e-2
"""Promises are whole Wh, rounded down; what comes back of them is not."""


class ConservationError(RuntimeError):
    """Energy or money appeared or vanished; the message says where and how much. It is a fault of the plant."""


def check_books(accounts: Accounts, imbalance_wh: int, curve: Curve) -> None:
    """Refuse books that do not balance to the Wh and to the unit.

    Args:
        accounts: what to check.
        imbalance_wh: Wh that the mechanism says the network adds to the trades.
        curve: the balancing curve.

    Raises:
        ConservationError: energy or money is missing, or the balance kept more than rounding.
    """
    parts = accounts.position_wh + accounts.rest_wh + accounts.deviation_wh
    _same("energy of the homes, Wh", parts.tolist(), accounts.metered_wh.tolist())
    _same("traded energy, Wh", int(accounts.position_wh.sum()), imbalance_wh)
    _same("money, units", int(accounts.cash.sum()) + accounts.network_income + accounts.market_surplus, 0)
    rounding = -int(accounts.balance_cash.sum()) - curve.payment(0, int(accounts.deviation_wh.sum()))
    if not 0 <= rounding <= len(accounts.metered_wh):
        raise ConservationError(f"the balance keeps {rounding} units, more than rounding")


def check_energy(flows: "Flows", stored_before_kwh: np.ndarray, efficiency: tuple[np.ndarray, np.ndarray]) -> None:
    """Refuse energy that no home used, generated, stored or exchanged.

    Args:
        flows: of the interval.
        stored_before_kwh: (H,) at its start.
        efficiency: of charging and of discharging, (H,) each.

    Raises:
        ConservationError: a home's meter or battery does not fit its flows.
    """
    charge, discharge = efficiency
    into = np.maximum(flows.battery_kwh, 0) * charge + np.minimum(flows.battery_kwh, 0) / discharge
    home = flows.load_kwh - flows.pv_kwh + flows.spilled_kwh + flows.battery_kwh
    missing = np.abs(home - units.wh_to_kwh(flows.metered_wh)) * units.WH_PER_KWH
    leaking = np.abs(stored_before_kwh + into - flows.stored_kwh)
    if missing.max() > HALF_WH:
        raise ConservationError(f"home {missing.argmax()}: its meter misses {missing.max():.3f} Wh")
    if leaking.max() > ROUNDING_KWH:
        raise ConservationError(f"home {leaking.argmax()}: its battery misses {leaking.max():.2e} kWh")


def check_response(load_kwh: np.ndarray, left_kwh: np.ndarray, back_kwh: np.ndarray) -> None:
    """Refuse a response that leaves less than nothing, or that makes energy.

    Args:
        load_kwh: (T, H) that homes would use on the day.
        left_kwh: (T, H) that they leave out.
        back_kwh: (T, H) that they use later instead.

    Raises:
        ConservationError: a load is negative, or more comes back to a home than left it.
    """
    lowest, gained = (load_kwh - left_kwh).min(axis=0), back_kwh.sum(axis=0) - left_kwh.sum(axis=0)
    if lowest.min() < -ROUNDING_KWH:
        raise ConservationError(f"home {lowest.argmin()}: it leaves out {-lowest.min():.2e} kWh more than it uses")
    if gained.max() > RESPONSE_KWH:
        raise ConservationError(f"home {gained.argmax()}: {gained.max():.2e} kWh come back that never left")


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise ConservationError(f"{what}: {found} instead of {expected}")
