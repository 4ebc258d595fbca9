"""The batteries of a plant: what their agent wants at the gate, what they can do of it, and what they then do."""

from collections.abc import Callable

import numpy as np

from dem.agents import MPC, Agent, DoNothing, Foresight, Policy, SelfConsumption, value_iteration
from dem.homes import Home
from dem.homes.evaluation import play
from dem.vpp import footprint, peak
from dem.vpp.config import Config
from dem.vpp.forecasts import Ahead, Outlook
from dem.vpp.neighbourhood import Neighbourhood

OwnAgent = Agent | Callable[[Home], Policy]
"""An agent that brings features of its own, or whatever makes a policy for homes: its class, mostly."""


class Batteries:
    """All batteries under one agent, which sees forecasts where a meter would show what happens.

    Imports cost the agent the configuration's carbon price as well, at the intensity that is expected of the network;
    the limit on what all homes together take or give stands above it.
    """

    def __init__(self, homes: Neighbourhood, outlook: Outlook, config: Config, own: OwnAgent | None = None) -> None:
        surcharge = config.carbon_price * footprint.expected_intensity(homes)
        believed = homes.window.assign(
            load_kwh=outlook.load.T.ravel(),
            pv_kwh=outlook.pv.T.ravel(),
            import_price=homes.window["import_price"] + np.tile(surcharge[:, 0], len(homes.names)),
        )
        agent = own or _configured(homes, outlook.ahead.dearer(surcharge[:, 1:]), config)
        looks_ahead = isinstance(agent, Agent)
        features = agent.features(believed) if looks_ahead else {}
        self._home = Home(believed, homes.batteries, features=features, seed=config.seed)
        self._policy = agent.policy(self._home) if looks_ahead else agent(self._home)
        self._follows = own is not None or config.agent != "rest"
        self._limit_kwh = np.inf if config.peak_limit is None else config.peak_limit * peak.own_peak_kwh(homes.history)
        self._start = self._home.state()

    @property
    def energy_kwh(self) -> np.ndarray:
        """Stored now, (H,)."""
        return self._home.energy_kwh

    @property
    def efficiency(self) -> tuple[np.ndarray, np.ndarray]:
        """Of charging and of discharging, (H,) each."""
        owned = self._home.batteries
        return np.array([each.charge_efficiency for each in owned]), np.array(
            [each.discharge_efficiency for each in owned]
        )

    def resume(self, interval: int, energy_kwh: np.ndarray) -> None:
        """Go on at the gate of an interval with this energy (H,) in store."""
        passed = {"energy_kwh": energy_kwh, "time": self._start["time"] + interval, "done_steps": np.array(interval)}
        self._home.load_state({**self._start, **passed})

    def plan(self, net_kwh: np.ndarray) -> np.ndarray:
        """Energy (H,) that they will take, negative for deliver, kWh; nothing moves yet.

        Args:
            net_kwh: (H,) what homes are expected to take without them.
        """
        wanted = self._policy.act(self._home.observe())
        return peak.within(net_kwh, self._possible(wanted), self._limit_kwh)

    def exchange(self, flow_kwh: np.ndarray, missed_kwh: np.ndarray, net_kwh: np.ndarray) -> np.ndarray:
        """Take or deliver energy and end the interval.

        Args:
            flow_kwh: (H,) as planned, negative for deliver.
            missed_kwh: (H,) what the home takes beyond what was expected of it. Batteries see their own meter and make
                up for it, unless they are to rest.
            net_kwh: (H,) what homes take without them.

        Returns:
            (H,) what flowed, as far as limits allow.
        """
        wanted = flow_kwh - missed_kwh if self._follows else flow_kwh
        possible = self._possible(wanted / self._home.step_hours)
        return self._move(peak.within(net_kwh, possible, self._limit_kwh) / self._home.step_hours)

    def _possible(self, action: np.ndarray) -> np.ndarray:
        """Energy (H,) that would flow; nothing moves."""
        before = self._home.state()
        flow = self._move(action)
        self._home.load_state(before)
        return flow

    def _move(self, action: np.ndarray) -> np.ndarray:
        play(self._home, action)
        return self._home.settlement.battery_kwh


def _configured(homes: Neighbourhood, ahead: Ahead, config: Config) -> OwnAgent:
    if config.agent == "planning":
        return MPC(ahead, homes.batteries)
    if config.agent == "value":
        surcharge = config.carbon_price * homes.history["carbon_intensity"]
        history = homes.history.assign(import_price=homes.history["import_price"] + surcharge)
        # The networks see as many intervals ahead in training as they will see at the gate.
        foresight = Foresight(ahead.horizon).fit(history)
        learned = value_iteration.train(history, homes.batteries, foresight=foresight, seed=config.seed)
        return value_iteration.StorageValue(learned.ensemble, ahead)
    return SelfConsumption if config.agent == "self_consumption" else lambda _: DoNothing()
