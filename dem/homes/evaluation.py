"""What a policy does with the homes, interval by interval."""

import numpy as np
import pandas as pd

from dem.homes.home import Home
from dem.homes.protocol import Policy, Step


def simulate(policy: Policy, home: Home) -> pd.DataFrame:
    """Play one episode of ``home`` with ``policy`` and write down every interval.

    ``Home(table)`` plays the whole table from its first row; bring an agent in five lines::

        class Resting:
            def act(self, observation):
                return np.zeros(len(observation))  # floats are kW, integers are discrete actions


        dispatch = simulate(Resting(), Home(table))

    Args:
        policy: acts on observations (B, O); see ``Policy``.
        home: the homes, with ``copies=1``; it is reset first.

    Returns:
        a frame indexed by ``time`` and sorted by ``home``, then time, with the columns ``home``, ``battery_kwh`` (into
        the battery), ``soc`` (at the interval's end), ``grid_kwh`` (from the grid), ``bill_eur``, ``emissions_kg``.

    Raises:
        ValueError: if ``home`` has several copies, or refuses an action of the policy.
    """
    if home.copies != 1:
        raise ValueError(f"home must have copies=1 to be simulated, got {home.copies}")
    observation = home.reset()
    start = int(home.state()["time"][0])
    rows = []
    for _ in range(home.episode_steps):
        observation = play(home, policy.act(observation)).observation
        done = home.settlement
        rows.append((done.battery_kwh, home.soc, done.grid_kwh, done.bill_eur, done.emissions_kg))
    return _frame(home, start, np.array(rows))


def play(home: Home, action: np.ndarray) -> Step:
    """One step with a policy's answer (B,): floats are kW, integers are discrete actions."""
    return home.step_power(action) if np.asarray(action).dtype.kind == "f" else home.step(action)


def _frame(home: Home, start: int, values: np.ndarray) -> pd.DataFrame:
    """Values (steps, columns, homes) as a long frame, home by home."""
    steps, columns, homes = values.shape
    names = ["battery_kwh", "soc", "grid_kwh", "bill_eur", "emissions_kg"]
    times = np.tile(home.times[start : start + steps], homes)
    index = pd.DatetimeIndex(times, tz=home.times.tz, name="time")
    frame = pd.DataFrame(values.transpose(2, 0, 1).reshape(-1, columns), index=index, columns=names)
    frame.insert(0, "home", np.repeat(list(home.homes), steps))
    return frame
