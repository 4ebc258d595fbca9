"""The limit: what a home would pay if it had known everything beforehand.

Per home one linear program over the whole period, by the HiGHS that scipy brings along. With charge c, discharge d
(both at the home's side), import i and stored energy e of each interval, net load n = load − PV and export
x = i − n − c + d:

    minimise  Σ buy · i − sell · x  +  settlement of the energy left at the end
    with      e' = e + η_c · c − d / η_d,   0 ≤ c, d ≤ power limit,   lowest ≤ e ≤ highest,   i, x ≥ 0

Losses keep an optimal plan from charging and discharging at once, and a spread between the prices from importing and
exporting at once, wherever no price is negative and importing is no cheaper than exporting. In the other intervals (a
per cent of a year) burning energy in the battery's losses would pay, which the battery cannot do: there a binary
variable chooses between the two.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from dem.homes import Battery, Home, simulate

GAP = 1e-7
"""Relative gap at which a program with binaries counts as solved."""


class Plan:
    """A policy that plays given powers, interval by interval.

    Args:
        power_kw: (T, B), positive charges.
    """

    def __init__(self, power_kw: np.ndarray) -> None:
        self._remaining = iter(np.asarray(power_kw, dtype=np.float64))

    def act(self, observation: np.ndarray) -> np.ndarray:
        """The next interval's powers in kW (B,)."""
        return next(self._remaining)


def optimum(home: Home) -> pd.DataFrame:
    """The cheapest dispatch with perfect foresight, each home for itself, as :func:`dem.homes.simulate` plays it.

    It minimises the bill over the whole table plus the settlement of the energy left in store, see
    :func:`leftover_prices`.

    Args:
        home: the homes, with ``copies=1`` and an episode over the whole table; it is reset first.

    Returns:
        frame as ``simulate`` returns it.

    Raises:
        ValueError: if ``home`` has several copies or episodes shorter than its table.
        RuntimeError: if the solver finds no optimum.
    """
    if home.episode_steps != len(home.times):
        raise ValueError(f"episode_steps must be the table's {len(home.times)} steps, got {home.episode_steps}")
    net, buy, sell, _ = home.meter_signals
    plans = [
        _plan(battery, _Meter(net[:, k], buy[:, k], sell[:, k], battery.power_kw * home.step_hours), leftover)
        for k, (battery, leftover) in enumerate(zip(home.batteries, leftover_prices(home), strict=True))
    ]
    return simulate(Plan(np.stack(plans, axis=1) / home.step_hours), home)


def leftover_prices(home: Home) -> np.ndarray:
    """What a kWh in store counts at the end of a period: (H, 2) EUR/kWh, for one missing and for one too many.

    Everybody begins with the same energy in store and could end with less, to look better. So what is missing against
    the beginning is bought at the period's mean import price, and what is left over is sold at its mean export price,
    with the losses of charging and discharging.
    """
    _, buy, sell, _ = home.meter_signals.mean(axis=1)
    missing = buy / np.array([battery.charge_efficiency for battery in home.batteries])
    surplus = sell * np.array([battery.discharge_efficiency for battery in home.batteries])
    return np.stack([missing, np.minimum(surplus, missing)], axis=1)


def leftover_eur(home: Home, gained_kwh: np.ndarray) -> np.ndarray:
    """What settling the stores costs, EUR (B,), if they end with ``gained_kwh`` (B,) more than they began with."""
    missing, surplus = np.tile(leftover_prices(home), (home.copies, 1)).T
    return missing * np.maximum(-gained_kwh, 0.0) - surplus * np.maximum(gained_kwh, 0.0)


@dataclass(frozen=True)
class _Meter:
    """One home's intervals (T,): net load and power limit in kWh, prices in EUR/kWh."""

    net: np.ndarray
    buy: np.ndarray
    sell: np.ndarray
    limit: float

    @property
    def burning_pays(self) -> np.ndarray:
        """Intervals in which charging and discharging at once would earn something."""
        return np.flatnonzero(np.minimum(self.buy, self.sell) < 0)

    @property
    def passing_on_pays(self) -> np.ndarray:
        """Intervals in which importing and exporting at once would."""
        return np.flatnonzero(self.buy < self.sell)

    @property
    def most_imported(self) -> np.ndarray:
        """kWh."""
        return np.maximum(self.net, 0.0) + self.limit

    @property
    def most_exported(self) -> np.ndarray:
        """kWh."""
        return np.maximum(-self.net, 0.0) + self.limit


def _plan(battery: Battery, meter: _Meter, leftover: np.ndarray) -> np.ndarray:
    """Energy (T,) in kWh into the battery; unknowns are c, d, i, e, the two ends of the store, and the binaries."""
    steps, burning, passing = len(meter.net), len(meter.burning_pays), len(meter.passing_on_pays)
    lowest, highest = battery.capacity_kwh * battery.min_soc, battery.capacity_kwh * battery.max_soc
    sizes = (steps, steps, steps, steps, 2, burning + passing)
    low = np.repeat([0.0, 0.0, 0.0, lowest, 0.0, 0.0], sizes)
    high = np.repeat([meter.limit, meter.limit, np.inf, highest, np.inf, 1.0], sizes)
    # What the net load itself costs cannot be changed and is left out.
    missing, surplus = leftover
    ends = [missing, -surplus]
    cost = np.r_[meter.sell, -meter.sell, meter.buy - meter.sell, np.zeros(steps), ends, np.zeros(burning + passing)]
    found = milp(
        cost,
        integrality=np.repeat([0, 1], [4 * steps + 2, burning + passing]),
        bounds=Bounds(low, high),
        constraints=_constraints(battery, meter),
        options={"mip_rel_gap": GAP},
    )
    if found.x is None:
        raise RuntimeError(f"no optimal dispatch found: {found.message}")
    return found.x[:steps] - found.x[steps : 2 * steps]


def _constraints(battery: Battery, meter: _Meter) -> LinearConstraint:
    """Store, end of the store, export, and what the binaries allow, from top to bottom."""
    steps, one = len(meter.net), sparse.eye_array(len(meter.net), format="csr")
    charged, delivered = -battery.charge_efficiency * one, one / battery.discharge_efficiency
    stored, last = one - sparse.eye_array(steps, k=-1), sparse.csr_array(([1.0], ([0], [steps - 1])), shape=(1, steps))
    burn, pass_on = one[meter.burning_pays], one[meter.passing_on_pays]
    import_limit = sparse.diags_array(meter.most_imported[meter.passing_on_pays])
    export_limit = sparse.diags_array(meter.most_exported[meter.passing_on_pays])
    charge_limit = meter.limit * sparse.eye_array(len(meter.burning_pays))
    matrix = sparse.block_array(
        [
            [charged, delivered, None, stored, None, None, None],
            [None, None, None, last, np.array([[1.0, -1.0]]), None, None],
            [-one, one, one, None, None, None, None],
            [burn, None, None, None, None, -charge_limit, None],
            [None, burn, None, None, None, charge_limit, None],
            [None, None, pass_on, None, None, None, -import_limit],
            [-pass_on, pass_on, pass_on, None, None, None, export_limit],
        ],
        format="csc",
    )
    initial = battery.capacity_kwh * battery.initial_soc
    start = np.r_[initial, np.zeros(steps - 1)]
    burning, passing = charge_limit.diagonal(), export_limit.diagonal() + meter.net[meter.passing_on_pays]
    unbounded = np.full(2 * len(burning) + 2 * len(passing), -np.inf)
    low = np.r_[start, initial, meter.net, unbounded]
    high = np.r_[start, initial, np.full(steps, np.inf), 0 * burning, burning, 0 * passing, passing]
    return LinearConstraint(matrix, low, high)
