"""The batteries of a plant: what their agent wants at the gate, what they can do of it, and what they then do."""

import numpy as np

from dem.agents import MPC, DoNothing, Policy, SelfConsumption, value_iteration
from dem.homes import Home
from dem.vpp.config import Config
from dem.vpp.forecasts import Outlook
from dem.vpp.neighbourhood import Neighbourhood


class Batteries:
    """All batteries under one agent, which sees forecasts where a meter would show what happens."""

    def __init__(self, homes: Neighbourhood, outlook: Outlook, config: Config) -> None:
        believed = homes.window.assign(load_kwh=outlook.load.T.ravel(), pv_kwh=outlook.pv.T.ravel())
        agent = _trained(homes, outlook, config)
        features = {} if agent is None else agent.features(believed)
        self._home = Home(believed, homes.batteries, features=features, seed=config.seed)
        self._policy = _rule(config.agent, self._home) if agent is None else agent.policy(self._home)
        self._follows = config.agent != "rest"
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

    def plan(self) -> np.ndarray:
        """Energy (H,) that they will take, negative for deliver, kWh; nothing moves yet."""
        before = self._home.state()
        flow = self._move(np.asarray(self._policy.act(self._home.observe()), dtype=float))
        self._home.load_state(before)
        return flow

    def exchange(self, flow_kwh: np.ndarray, missed_kwh: np.ndarray) -> np.ndarray:
        """Take or deliver energy and end the interval.

        Args:
            flow_kwh: (H,) as planned, negative for deliver.
            missed_kwh: (H,) what the home takes beyond what was expected of it. Batteries see their own meter and make
                up for it, unless they are to rest.

        Returns:
            (H,) what flowed, as far as limits allow.
        """
        wanted = flow_kwh - missed_kwh if self._follows else flow_kwh
        return self._move(wanted / self._home.step_hours)

    def _move(self, power_kw: np.ndarray) -> np.ndarray:
        self._home.step_power(power_kw)
        return self._home.settlement.battery_kwh


def _trained(homes: Neighbourhood, outlook: Outlook, config: Config) -> MPC | value_iteration.StorageValue | None:
    """The agent that looks ahead, if it is one."""
    if config.agent == "planning":
        return MPC(outlook.ahead, homes.batteries)
    if config.agent == "value":
        learned = value_iteration.train(homes.history, homes.batteries, seed=config.seed)
        return value_iteration.StorageValue(learned.ensemble, outlook.ahead)
    return None


def _rule(name: str, home: Home) -> Policy:
    return SelfConsumption(home) if name == "self_consumption" else DoNothing()
