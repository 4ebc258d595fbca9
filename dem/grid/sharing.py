"""Who pays for losses and for the network: two stated rules, trade by trade.

**Losses** are shared by Aumann–Shapley: each trade bears the integral of its marginal losses while all trades grow
together from nothing to their size. The shares add up to what the trades cause, do not depend on an order, and may be
negative: a trade that relieves the feeder is paid (Molina, Prada & Saavedra 2010, "Complex losses allocation to
generators and loads based on the circuit theory and the Aumann-Shapley method").

**The network** is paid by energy and distance along the lines (the electrical-distance charge of Baroche, Pinson,
Latimier & Ahmed 2019, "Exogenous cost allocation in peer-to-peer electricity markets").

Buyer and seller pay half of each.
"""

import numpy as np
import pandas as pd

from dem.grid import schedule as schedules
from dem.grid.errors import GridError
from dem.grid.feeder import Feeder
from dem.grid.sensitivity import slopes_at, solve_at
from dem.grid.topology import distances_km

# Gauss–Legendre with two points integrates marginal losses exactly up to the cubic; losses are nearly quadratic.
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(2)


def charges(
    feeder: Feeder,
    schedule: pd.DataFrame,
    step_hours: float,
    *,
    energy_price: float,
    fee_per_kwh_km: float,
) -> pd.DataFrame:
    """What each trade causes and pays.

    Args:
        feeder: with the homes' other power set; it is left with that power, solved.
        schedule: trades that the feeder carries, in the columns of ``dem.grid.schedule``.
        step_hours: length of the interval.
        energy_price: what a lost kWh costs, EUR/kWh.
        fee_per_kwh_km: network fee, EUR per kWh and km.

    Returns:
        The schedule with ``loss_kwh, loss_eur, distance_km, network_eur``; of both sums buyer and seller pay half.

    Raises:
        GridError: names what is wrong with the schedule, or the price or fee that is negative or not finite.
        PowerFlowError: if the feeder cannot carry the schedule.
    """
    for name, price in (("energy_price", energy_price), ("fee_per_kwh_km", fee_per_kwh_km)):
        if not np.isfinite(price) or price < 0:
            raise GridError(f"{name} must be finite and not negative, got {price}")
    trades = schedules.check(schedule, feeder.homes)
    loss = _loss_shares(feeder, trades, step_hours)
    distance = _distances(feeder, trades)
    return trades.assign(
        loss_kwh=loss,
        loss_eur=loss * energy_price,
        distance_km=distance,
        network_eur=trades["energy_kwh"].to_numpy() * distance * fee_per_kwh_km,
    )


def _loss_shares(feeder: Feeder, trades: pd.DataFrame, step_hours: float) -> np.ndarray:
    """Aumann–Shapley shares (trades,) in kWh of the losses that the trades cause together."""
    base_kw = feeder.power_kw
    trade_kw = schedules.injections(trades, feeder.homes, step_hours)
    sells, buys = schedules.members(trades, feeder.homes)
    marginal = sum(
        weight / 2 * slopes_at(feeder, base_kw + (1 + point) / 2 * trade_kw).losses
        for point, weight in zip(_POINTS, _WEIGHTS, strict=True)
    )
    solve_at(feeder, base_kw, "without trades")
    return marginal @ (buys - sells) * trades["energy_kwh"].to_numpy(dtype=float)


def _distances(feeder: Feeder, trades: pd.DataFrame) -> np.ndarray:
    bus = dict(zip(feeder.homes, feeder.home_buses, strict=True))
    sellers, buyers = trades["seller"].map(bus), trades["buyer"].map(bus)
    between = distances_km(feeder, [*sellers, *buyers])
    return np.array([between.loc[a, b] for a, b in zip(sellers, buyers, strict=True)], dtype=float)
