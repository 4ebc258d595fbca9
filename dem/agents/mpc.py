"""Model-predictive control: plan over the forecast at every interval, do the first step, plan again.

A plan is the optimum of the forecast's linear program. It is found as water values by a backward sweep over the
forecast (see :mod:`dem.agents.storage`), for all homes at once, in a few equally likely cases of load and PV: the sun
and the kettle are uncertain, and a plan that takes their means for sure sells what it will need. Water values do not
depend on what is in store, so the plans of all times are swept together and shown to the policy as observations.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dem import data
from dem.agents import storage
from dem.agents.dispatch import Dispatcher
from dem.agents.foresight import Clairvoyance, Forecast, Foresight
from dem.homes import Battery, Home
from dem.homes.battery import batteries_of
from dem.homes.features import PRICE_SCALE

LEVELS = 20
"""Cells of the store in which water values are computed."""
ROWS = 512
"""Plans swept at once: more would not fit into the processor's caches."""


class MPC:
    """Model-predictive control, an :class:`dem.agents.evaluation.Agent`.

    Args:
        foresight: trained forecasts; the plan is as long as their horizon.
        battery: what the homes own, one for all or one per home by name.
        certain: whether to plan for the expected load and PV alone.
    """

    def __init__(
        self,
        foresight: Foresight | Clairvoyance,
        battery: Battery | Mapping[str, Battery],
        *,
        certain: bool = False,
    ) -> None:
        self.foresight = foresight
        self.battery = battery
        self._load_factors = np.ones(1) if certain else foresight.load_factors
        self._pv_factors = np.ones(1) if certain else foresight.pv_factors

    def features(self, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """The plans: what a kWh left in store is worth after each interval, cell by cell, in 0.2 EUR/kWh.

        Raises:
            ValueError: if the batteries are those of other homes.
        """
        expected, homes = self.foresight.forecast(table), data.home_names(table)
        store = storage.Store.of(batteries_of(self.battery, homes), data.step_hours(table))
        times = data.wide(table, "load_kwh").index
        when, home = np.divmod(np.arange(len(times) * len(homes)), len(homes))
        values = plan(expected, when, home, self._load_factors, self._pv_factors, store) / PRICE_SCALE
        cells = values.T.reshape(LEVELS, len(times), len(homes))
        return {name: pd.DataFrame(cell, times, homes) for name, cell in zip(_names(), cells, strict=True)}

    def policy(self, home: Home) -> "Planner":
        """A policy for ``home``, which shows these features."""
        return Planner(home)


class Planner:
    """Acts by the plans that it observes.

    Args:
        home: the homes it acts for, built with ``MPC.features``.

    Raises:
        ValueError: if they do not show them.
    """

    def __init__(self, home: Home) -> None:
        self._dispatcher = Dispatcher(home)
        self._columns = self._dispatcher.columns(_names())

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Powers in kW (B,) for observations (B, O)."""
        return self._dispatcher.powers(observation, observation[:, self._columns] * PRICE_SCALE)


def train(table: pd.DataFrame, battery: Battery | Mapping[str, Battery] = Battery()) -> MPC:  # noqa: B008 (frozen)
    """Model-predictive control with forecasts trained on ``table``, looking a day ahead; nothing in it is random."""
    return MPC(Foresight.day_ahead(table), battery)


def plan(
    expected: Forecast,
    when: np.ndarray,
    home: np.ndarray,
    load_factors: np.ndarray,
    pv_factors: np.ndarray,
    store: storage.Store,
) -> np.ndarray:
    """What a kWh left in store is worth by the forecasts, (N, LEVELS) EUR/kWh.

    Args:
        expected: forecasts for H homes.
        when: (N,) positions of the times to plan at.
        home: (N,) which home each plan is for.
        load_factors: (S,) what a load comes to in each case, as multiples of its forecast.
        pv_factors: (S,) the same for PV.
        store: the H batteries.
    """
    values = []
    for start in range(0, len(when), ROWS):
        homes = home[start : start + ROWS]
        batteries = store.of_rows(homes)
        load, pv, buy, sell = expected.of_rows(when[start : start + ROWS], homes)
        net = load[:, None] * load_factors[:, None] - pv[:, None] * pv_factors[:, None]
        # What is left at the horizon's end replaces average imports later on.
        last = np.repeat(buy.mean(axis=0)[:, None] * batteries.discharge, LEVELS, axis=1)
        values.append(storage.sweep(last, net, buy, sell, batteries))
    return np.concatenate(values)


def _names() -> Sequence[str]:
    return [f"water_value {cell}" for cell in range(LEVELS)]
