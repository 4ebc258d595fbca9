"""The homes' batteries as one: what they may do together over a day."""

from dataclasses import dataclass

import cvxpy as cp

from dem.homes import Battery


@dataclass(frozen=True)
class Pool:
    """Equal batteries that the aggregator runs together.

    While some charge, others may discharge: both at once are possible for the pool, though not for a battery, and share
    its power.

    Attributes:
        battery: what each home has.
        count: how many, at least 1.
        step_hours: length of a period.

    Raises:
        ValueError: there is no battery, or the periods have no length.
    """

    battery: Battery
    count: int
    step_hours: float = 1.0

    def __post_init__(self) -> None:
        if self.count < 1 or not self.step_hours > 0:
            raise ValueError(f"a pool needs batteries and periods, got {self.count} and {self.step_hours} h")

    def constraints(self, into: cp.Expression, out: cp.Expression) -> list[cp.Constraint]:
        """Power and energy kept by the flows (T,) at the homes' side, kWh; the day ends with no less than it began."""
        one = self.battery
        stored = self.count * one.capacity_kwh * one.initial_soc + cp.cumsum(
            one.charge_efficiency * into - out / one.discharge_efficiency
        )
        low, high, start = (self.count * one.capacity_kwh * soc for soc in (one.min_soc, one.max_soc, one.initial_soc))
        power = into + out <= self.count * one.power_kw * self.step_hours
        return [power, stored >= low, stored <= high, stored[-1] >= start]
