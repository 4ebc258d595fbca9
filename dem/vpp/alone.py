"""The same homes without the plant: each pays its own tariff for what its own meter shows."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dem.agents import DoNothing, SelfConsumption
from dem.homes import Home, simulate
from dem.vpp.interval import whole_wh
from dem.vpp.neighbourhood import UNITS_PER_EUR, Neighbourhood

Rule = Literal["rest", "self_consumption"]


@dataclass(frozen=True)
class Alone:
    """What meters and batteries show, (T, H) each.

    Attributes:
        metered_wh: taken from the network, negative for given.
        stored_kwh: in the battery at each interval's end.
    """

    metered_wh: np.ndarray
    stored_kwh: np.ndarray


def live_alone(homes: Neighbourhood, rule: Rule) -> Alone:
    """Let every battery follow a rule of its own.

    Args:
        homes: as they are.
        rule: ``rest`` leaves batteries alone; ``self_consumption`` stores the roof's surplus and covers shortages, with
            the home's own meter at hand.
    """
    home = Home(homes.window, homes.batteries)
    dispatch = simulate(DoNothing() if rule == "rest" else SelfConsumption(home), home)
    grid, charge = (dispatch[name].to_numpy().reshape(len(homes.names), -1).T for name in ("grid_kwh", "soc"))
    return Alone(whole_wh(grid), charge * [battery.capacity_kwh for battery in homes.batteries.values()])


def cost_at_tariffs(homes: Neighbourhood, metered_wh: np.ndarray) -> np.ndarray:
    """EUR (T,) that all homes pay together for what meters (T, H) show from the start on, each at its own tariff."""
    taken, given = np.maximum(metered_wh, 0), np.maximum(-metered_wh, 0)
    count = len(metered_wh)
    return (taken * homes.retail[:count] - given * homes.feed_in[:count]).sum(axis=1) / UNITS_PER_EUR
