"""The policy that is proved: imitation of the optimum, small enough that a meter can sign all it sees.

It is the agent of :mod:`dem.agents.imitation` with seven means of forecasts instead of 68 and half the hidden units: 16
numbers of 8 bits, half a word of the chain.
"""

from collections.abc import Mapping
from typing import Self

import numpy as np
import pandas as pd

from dem import data
from dem.agents import Foresight, imitation
from dem.agents.foresight_agent import ForesightAgent
from dem.agents.imitation import Imitation, ImitationConfig
from dem.homes import Battery, Home, Policy
from dem.homes.features import PRICE_SCALE
from dem.proofs.integer import IntegerNetwork, quantised

BLOCK_HOURS = {
    "load": ((0, 8), (8, 16)),
    "pv": ((0, 8), (8, 16)),
    "import_price": ((0, 4), (4, 8), (8, 16)),
}
"""Hours ahead over which forecasts are averaged."""
HORIZON_HOURS = 16
SMALL = {"hidden": 32}
"""What differs from the imitation that is not proved."""


class Outlook(Foresight):
    """Forecasts as the few means that a small policy sees."""

    @classmethod
    def day_ahead(cls, table: pd.DataFrame) -> Self:
        """Forecasts for the next 16 hours, trained on ``table``."""
        return cls(data.intervals(table, HORIZON_HOURS)).fit(table)

    def features(self, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Seven (time × home) frames ``kind+hours``; energy in kW, prices in 0.2 EUR/kWh.

        Raises:
            RuntimeError, dem.data.DataError: as :meth:`forecast`.
        """
        expected, like, step = self.forecast(table), data.wide(table, "load_kwh"), data.step_hours(table)
        scales = {"load": step, "pv": step, "import_price": PRICE_SCALE}
        means = {
            f"{kind}+{last}": getattr(expected, kind)[:, round(first / step) : round(last / step)].mean(axis=1)
            for kind, blocks in BLOCK_HOURS.items()
            for first, last in blocks
        }
        return {
            name: pd.DataFrame(values / np.float32(scales[name.split("+")[0]]), like.index, like.columns)
            for name, values in means.items()
        }


class IntegerAgent(ForesightAgent):
    """The imitation's network in whole numbers.

    Args:
        agent: what it was rounded from.

    Attributes:
        network: the rounded network.

    Raises:
        ValueError: if its network cannot be rounded.
    """

    def __init__(self, agent: Imitation) -> None:
        super().__init__(agent.foresight, agent.observes)
        self.agent, self.network = agent, IntegerNetwork.of(agent.ensemble)

    def states(self, observation: np.ndarray) -> np.ndarray:
        """What is signed and proved (N, I) int8, of observations (N, I)."""
        return quantised(observation, self.agent.ensemble)

    def _policy(self, home: Home) -> Policy:
        return _IntegerPolicy(self, home)


class _IntegerPolicy:
    """Acts as an :class:`IntegerAgent` does."""

    def __init__(self, agent: IntegerAgent, home: Home) -> None:
        self._agent, self._power_kw = agent, home.power_kw

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Powers in kW (B,) for observations (B, O)."""
        network = self._agent.network
        return network.outputs(self._agent.states(observation)) / network.unit * self._power_kw


def train(
    table: pd.DataFrame,
    battery: Battery | Mapping[str, Battery] = Battery(),  # noqa: B008 (frozen)
    *,
    config: ImitationConfig | None = None,
    outlook: Outlook | None = None,
    seed: int = 0,
) -> Imitation:
    """Train the small policy in floating point; arguments and errors as ``imitation.train``'s."""
    config = config or ImitationConfig(**SMALL)
    return imitation.train(table, battery, config=config, foresight=outlook or Outlook.day_ahead(table), seed=seed)
