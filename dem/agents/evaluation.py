"""How good a policy is: the share of what is physically possible that it saves, and what it does to the rest."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from dem import data
from dem.agents.limit import leftover_eur, optimum
from dem.data.sources import Time, utc_time
from dem.homes import Battery, Home, Policy, bill_without_battery, simulate


@runtime_checkable
class Agent(Protocol):
    """Something trained that makes its own observations: it prepares a policy for whatever homes it is given."""

    def features(self, table: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
        """What it wants to observe beside the fixed part, as ``Home(features=…)`` takes it."""
        ...

    def policy(self, home: Home) -> Policy:
        """A policy for homes that show those features."""
        ...


def evaluate(
    policy: Policy | Agent,
    table: pd.DataFrame,
    battery: Battery | Mapping[str, Battery] = Battery(),  # noqa: B008 (frozen)
    *,
    start: Time | None = None,
    optimal: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Play a home table with ``policy`` and measure it against the limit, home by home.

    The energy in store at the end is settled against that at the beginning, for the policy as for the optimum: see
    :func:`dem.agents.limit.leftover_prices`. So no policy can capture more than 1.

    Args:
        policy: acts on the fixed observations of ``Home``, or an ``Agent``, which adds its own.
        table: home table.
        battery: one for all homes, or one per home by name.
        start: first interval that counts, UTC if it has no offset; what the table holds before it is history, which an
            agent's forecasts may look back on. By default everything counts.
        optimal: what ``optimum`` returns for the same homes and period, if it is at hand; else it is computed.

    Returns:
        One row per home, indexed by home: ``bill_eur`` with the store settled, ``bill_without_eur`` (no battery),
        ``bill_optimal_eur``, ``captured`` (share of the possible saving; NaN where none is possible), ``cycles`` (full
        equivalents a day), ``self_consumption`` (share of the PV yield that is not exported; NaN without PV),
        ``emissions_kg``, ``peak_kw`` (highest import).

    Raises:
        dem.data.DataError: if the table is not a valid home table.
        ValueError: if an action is refused, ``start`` leaves fewer than two intervals, or ``optimal`` is of other
            homes or another period.
    """
    judged = _from(data.validate(table), start)
    _check_optimal(optimal, judged)
    is_agent = isinstance(policy, Agent)
    features = policy.features(table) if is_agent else {}
    home = Home(judged, battery, features={name: values.loc[judged.index[0] :] for name, values in features.items()})
    dispatch = simulate(policy.policy(home) if is_agent else policy, home)
    optimal = optimum(Home(judged, battery)) if optimal is None else optimal
    return _measured(home, judged, dispatch, optimal)


def settled_bill(home: Home, dispatch: pd.DataFrame) -> pd.Series:
    """Bill in EUR of each home for a whole dispatch of ``home``, the energy in store at its end settled."""
    capacity, initial = np.array([(owned.capacity_kwh, owned.initial_soc) for owned in home.batteries]).T
    gained = (dispatch.groupby("home")["soc"].last().to_numpy() - initial) * capacity
    return dispatch.groupby("home")["bill_eur"].sum() + leftover_eur(home, gained)


def _from(table: pd.DataFrame, start: Time | None) -> pd.DataFrame:
    if start is None:
        return table
    first = utc_time("start", start)
    judged = table[table.index >= first]
    if len(judged) < 2 * table["home"].nunique():
        raise ValueError(f"start leaves fewer than two intervals: {first}, the table ends at {table.index[-1]}")
    return judged


def _check_optimal(optimal: pd.DataFrame | None, judged: pd.DataFrame) -> None:
    if optimal is None:
        return
    same_homes = np.array_equal(optimal["home"].to_numpy(), judged["home"].to_numpy())
    if not (same_homes and optimal.index.equals(judged.index)):
        raise ValueError(f"optimal must be of {_extent(judged)}, it is of {_extent(optimal)}")


def _extent(table: pd.DataFrame) -> str:
    return f"{', '.join(data.home_names(table))} from {table.index[0]} to {table.index[-1]}"


def _measured(home: Home, table: pd.DataFrame, dispatch: pd.DataFrame, optimal: pd.DataFrame) -> pd.DataFrame:
    by_home = dispatch.groupby("home")
    bill, best, without = settled_bill(home, dispatch), settled_bill(home, optimal), bill_without_battery(table)
    possible = (without - best).where(lambda saving: saving > 0)
    pv = data.wide(table, "pv_kwh").sum()
    exported = (-dispatch["grid_kwh"]).clip(lower=0).groupby(dispatch["home"]).sum()
    days = len(home.times) * home.step_hours / 24
    capacity = np.array([owned.capacity_kwh for owned in home.batteries])
    moved = by_home["soc"].agg(lambda soc: soc.diff().abs().sum()) / 2
    return pd.DataFrame(
        {
            "bill_eur": bill,
            "bill_without_eur": without,
            "bill_optimal_eur": best,
            "captured": (without - bill) / possible,
            "cycles": moved.where(capacity > 0, 0.0) / days,
            "self_consumption": (1 - exported / pv.where(pv > 0)).clip(lower=0),
            "emissions_kg": by_home["emissions_kg"].sum(),
            "peak_kw": by_home["grid_kwh"].max().clip(lower=0) / home.step_hours,
        }
    )
