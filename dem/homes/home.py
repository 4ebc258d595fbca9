"""The sound home: a battery behind the meter, with losses and limits, that lowers the bill."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dem import data
from dem.homes.battery import Bank, Battery, batteries_of
from dem.homes.bill import Settlement, meter_signals, settle
from dem.homes.features import FIXED_NAMES, bounds, observed
from dem.homes.protocol import Step, check_actions, check_powers, check_state
from dem.units import HOURS_PER_DAY


class Home:
    """Homes with a battery each, stepped together: H homes × M copies, member ``b = copy * H + home``.

    A step asks every battery for a power over one interval of the table, grants what its limits allow, and settles at
    the meter: cost = import · import_price − export · export_price (+ carbon_price · intensity · import). The reward is
    minus that cost in EUR.

    Observation (float32, scaled to about one), then one value per entry of ``features``:

    ====================  =====================================================================
    soc                   stored energy / capacity
    load, pv              mean power of the interval about to be settled / battery's power limit
                          (kW as they stand for a home without a battery)
    import_, export_price price of that interval / 0.2 EUR/kWh
    hour_sin, _cos        UTC time of day, as an angle
    weekday_sin, _cos     UTC weekday, Monday 0, as an angle
    ====================  =====================================================================

    Discrete action i of n is the power (2·i/(n−1) − 1) · power limit: 0 discharges fully, the middle one rests, the
    last charges fully. ``step_power`` takes any power in kW. Either is granted only as far as the battery can follow.

    Episodes have ``episode_steps`` steps and begin at a random day of the table, at the time of day of its first row,
    drawn from ``seed``, the count of episodes and the copy: the homes of a copy share it, so that they meet the same
    market. Every battery begins at its initial state of charge. The last step truncates the episode; after it only
    ``reset`` goes on.

    Args:
        table: home table (see ``dem.data``).
        battery: one for all homes, or one per home by name.
        copies: M, how many episodes run side by side.
        episode_steps: steps per episode; ``None`` plays the whole table from its first row.
        actions: n, the number of discrete powers, odd so that resting is one of them.
        carbon_price: EUR/kgCO2e charged on imports in the reward, not in the bill.
        features: further observations by name, each a (time × home) frame on the table's times with the table's homes,
            scaled to about one by whoever makes it: the row at time t is shown when the interval t is about to be
            settled. A forecast is such a frame; ``look_ahead`` makes frames of perfect ones.
        seed: seed of the episodes' starts.

    Attributes:
        homes: names of the H homes.
        batteries: what each of them owns.
        times: the T interval starts, UTC.
        step_hours: length of an interval, hours.
        observation_names: a name per observed value.

    Raises:
        ValueError: naming the argument or feature that is wrong and its value.
        dem.data.DataError: if the table is not a valid home table.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        battery: Battery | Mapping[str, Battery] = Battery(),  # noqa: B008 (frozen)
        *,
        copies: int = 1,
        episode_steps: int | None = None,
        actions: int = 5,
        carbon_price: float = 0.0,
        features: Mapping[str, pd.DataFrame] | None = None,
        seed: int = 2023,
    ) -> None:
        load = data.wide(data.validate(table), "load_kwh")
        self.homes, self.times = tuple(load.columns), load.index
        self.step_hours = data.step_hours(table)
        self.episode_steps = len(self.times) if episode_steps is None else episode_steps
        self._check_arguments(copies, actions, carbon_price)
        self.copies, self.carbon_price = copies, carbon_price
        self.batteries = batteries_of(battery, self.homes)
        self._bank = Bank(self.batteries * copies, self.step_hours)
        self._levels = np.linspace(-1.0, 1.0, actions)
        self.observation_names = FIXED_NAMES + tuple(features or {})
        # One row per interval and home, so that a step gathers all it needs of an interval at once.
        self._signals = np.ascontiguousarray(np.moveaxis(meter_signals(table), 0, -1).reshape(-1, 4))
        powers = np.array([owned.power_kw for owned in self.batteries])
        self._seen = observed(table, powers, features or {}).reshape(-1, self.observation_size)
        self._home = np.tile(np.arange(len(self.homes)), copies)
        self.reset(seed)

    @property
    def batch_size(self) -> int:
        """H · M."""
        return len(self._home)

    @property
    def observation_size(self) -> int:
        """Number of observed values."""
        return len(self.observation_names)

    @property
    def action_count(self) -> int:
        """Number of discrete powers."""
        return len(self._levels)

    @property
    def power_kw(self) -> np.ndarray:
        """Power limit (B,) of the batteries, kW."""
        return self._bank.power_kw.copy()

    @property
    def energy_kwh(self) -> np.ndarray:
        """Energy (B,) stored now."""
        return self._bank.energy_kwh.copy()

    @property
    def exogenous(self) -> np.ndarray:
        """What is observed at every interval, (T, H, O) float32, with a state of charge of 0."""
        return self._seen.reshape(len(self.times), len(self.homes), -1).copy()

    @property
    def meter_signals(self) -> np.ndarray:
        """Net load kWh, import and export price EUR/kWh, carbon intensity kgCO2e/kWh of every interval, (4, T, H)."""
        return np.moveaxis(self._signals.reshape(len(self.times), len(self.homes), 4), -1, 0).copy()

    @property
    def soc(self) -> np.ndarray:
        """State of charge (B,) now."""
        return self._bank.soc

    @property
    def settlement(self) -> Settlement | None:
        """What the last step moved, cost and emitted; ``None`` at the start of an episode."""
        return self._settlement

    def reset(self, seed: int | None = None) -> np.ndarray:
        """Begin the next episode; with ``seed``, the first of that seed's."""
        if seed is not None:
            if seed < 0:
                raise ValueError(f"seed must be at least 0, got {seed}")
            self._seed, self._episode = int(seed), -1
        self._episode += 1
        days = max(1, round(HOURS_PER_DAY / self.step_hours))
        choices = (len(self.times) - self.episode_steps) // days + 1
        start = np.random.default_rng([self._seed, self._episode]).integers(choices, size=self.copies) * days
        self._time = np.repeat(start, len(self.homes))
        self._done_steps = 0
        self._bank.reset()
        self._settlement = None
        return self.observe()

    def observe(self) -> np.ndarray:
        """(B, O) float32; past the table's end, the exogenous values are those of its last row."""
        time = np.minimum(self._time, len(self.times) - 1)
        observation = self._seen.take(time * len(self.homes) + self._home, axis=0)
        observation[:, 0] = self._bank.soc
        return observation

    def step(self, action: np.ndarray) -> Step:
        """Apply discrete actions (B,).

        Raises:
            ValueError: naming the home whose action is out of range.
            RuntimeError: if the episode is over.
        """
        action = check_actions(action, self.batch_size, self.action_count)
        return self._advance(self._levels[action] * self._bank.power_kw)

    def step_power(self, power_kw: np.ndarray) -> Step:
        """Charge (positive) or discharge with ``power_kw`` (B,) as far as the batteries can.

        Raises:
            ValueError: naming the home whose power is not finite.
            RuntimeError: if the episode is over.
        """
        return self._advance(check_powers(power_kw, self.batch_size))

    def state(self) -> dict[str, np.ndarray]:
        """Stored energy, time and episode counters, as copies."""
        return {
            "energy_kwh": self._bank.energy_kwh.copy(),
            "time": self._time.copy(),
            "done_steps": np.array(self._done_steps),
            "seed": np.array(self._seed),
            "episode": np.array(self._episode),
        }

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Continue from ``state``; raises ``ValueError`` and changes nothing if it does not fit."""
        check_state(state, self.state())
        time, done_steps = np.array(state["time"], dtype=np.int64), int(state["done_steps"])
        if not 0 <= done_steps <= self.episode_steps:
            raise ValueError(f"state 'done_steps' must be in [0, {self.episode_steps}], got {done_steps}")
        start = time - done_steps
        if start.min() < 0 or start.max() + self.episode_steps > len(self.times):
            raise ValueError(f"state 'time' does not leave room for an episode in the table's {len(self.times)} times")
        self._bank.check(np.asarray(state["energy_kwh"]))
        self._bank.energy_kwh = np.array(state["energy_kwh"], dtype=np.float64)
        self._time, self._done_steps = time, done_steps
        self._seed, self._episode = int(state["seed"]), int(state["episode"])
        self._settlement = None

    def _advance(self, power_kw: np.ndarray) -> Step:
        if self._done_steps >= self.episode_steps:
            raise RuntimeError(f"the episode of {self.episode_steps} steps is over: call reset()")
        signals = self._signals.take(self._time * len(self.homes) + self._home, axis=0)
        battery_kwh = self._bank.exchange(power_kw * self.step_hours)
        self._settlement = settle(signals[:, 0], battery_kwh, signals[:, 1], signals[:, 2], signals[:, 3])
        self._time = self._time + 1
        self._done_steps += 1
        reward = -self._settlement.bill_eur - self.carbon_price * self._settlement.emissions_kg
        truncated = np.full(self.batch_size, self._done_steps == self.episode_steps)
        return Step(self.observe(), reward, np.zeros(self.batch_size, dtype=bool), truncated)

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest observation, (O,) float32 each, that any valid home table can give."""
        return bounds(self._bank.power_kw, self.observation_size - len(FIXED_NAMES))

    def _check_arguments(self, copies: int, actions: int, carbon_price: float) -> None:
        if copies < 1:
            raise ValueError(f"copies must be at least 1, got {copies}")
        if not 1 <= self.episode_steps <= len(self.times):
            raise ValueError(f"episode_steps must be in [1, {len(self.times)}], got {self.episode_steps}")
        if actions < 3 or actions % 2 == 0:
            raise ValueError(f"actions must be odd and at least 3, got {actions}")
        if not (np.isfinite(carbon_price) and carbon_price >= 0):
            raise ValueError(f"carbon_price must be at least 0, got {carbon_price}")
