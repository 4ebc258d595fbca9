"""Which trades of a schedule the feeder can carry, and the least valuable part to leave out where it cannot.

The rule: no node leaves the voltage band and no branch its rating; where the feeder breaks a limit without any trade,
trades may not make it worse. What is left out is chosen by a linear programme on the slopes of voltages and loadings,
solved again around its own answer until an AC power flow confirms it (successive linear programming).
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from dem.grid import schedule as schedules
from dem.grid.errors import GridError, PowerFlowError
from dem.grid.feeder import HIGH_PU, LOW_PU, Feeder
from dem.grid.sensitivity import Point, slopes_at, solve_at

Method = Literal["curtail", "redispatch"]
# What a power flow may exceed a limit by and still confirm: far below what a meter reads.
VOLTAGE_SLACK_PU = 1e-5
LOADING_SLACK = 1e-4
ROUNDS = 20
# EUR/kWh: between equally good answers take the one that carries more.
CARRYING_BONUS = 1e-6
NEGLIGIBLE_KWH = 1e-9

_Cut = tuple[np.ndarray, np.ndarray]  # slopes (limits, 2 trades) and room (limits,): slopes · energies ≤ room


@dataclass(frozen=True)
class Limits:
    """What the feeder has to keep.

    Attributes:
        low_pu, high_pu: the voltage band.
        loading: largest current of a line or transformer as a share of its rating.

    Raises:
        GridError: if the band is empty, or no current is allowed.
    """

    low_pu: float = LOW_PU
    high_pu: float = HIGH_PU
    loading: float = 1.0

    def __post_init__(self) -> None:
        if not self.low_pu < self.high_pu:
            raise GridError(f"low_pu must be below high_pu, got {self.low_pu} and {self.high_pu}")
        if not self.loading > 0:
            raise GridError(f"loading must be positive, got {self.loading}")


@dataclass(frozen=True)
class Feasibility:
    """What the feeder carries of a schedule.

    Attributes:
        trades: the trades that are carried, in the schedule's columns; after a redispatch some have new partners.
        delivered: (rows,) kWh that each row's buyer gets.
        supplied: (rows,) kWh that each row's seller delivers; equals ``delivered`` after curtailment.
        broken: the limits that the whole schedule would break: ``kind, where, phase, value, limit``; a power flow that
            has no solution is one row of the kind ``"collapse"``.
        value_eur: what the carried trades leave buyers and sellers with.
        lost_eur: what the schedule would have left them with beyond that.
    """

    trades: pd.DataFrame
    delivered: np.ndarray
    supplied: np.ndarray
    broken: pd.DataFrame
    value_eur: float
    lost_eur: float


def feasible(
    feeder: Feeder,
    schedule: pd.DataFrame,
    step_hours: float,
    *,
    method: Method = "curtail",
    limits: Limits = Limits(),
) -> Feasibility:
    """Cut a cleared schedule down to what the feeder carries, at the least loss of value.

    Args:
        feeder: with the homes' other power set; its taps stay. It is left with that power, solved.
        schedule: columns ``seller, buyer, energy_kwh, bid, ask`` (see ``dem.grid.schedule``).
        step_hours: length of the interval in which the energy flows, above 0.
        method: ``curtail`` carries a share of each trade; ``redispatch`` may also pair a seller whose buyer is cut with
            a buyer whose seller is cut.
        limits: what to keep.

    Raises:
        GridError: names what is wrong with the schedule.
        PowerFlowError: if the feeder has no solution even without trades.
        ValueError: for an unknown method, or an interval without length.
    """
    if not step_hours > 0:
        raise ValueError(f"step_hours must be positive, got {step_hours}")
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(get_args(Method))}, got {method!r}")
    trades = schedules.check(schedule, feeder.homes)
    base_kw = feeder.power_kw
    problem = _Problem.around(feeder, base_kw, trades, step_hours, limits)
    energy = trades["energy_kwh"].to_numpy(dtype=float)
    broken = problem.broken(problem.try_point(energy, energy))
    supplied, delivered = (energy, energy) if broken.empty else problem.cut(method)
    solve_at(feeder, base_kw, "without trades")
    carried = _pair(trades, supplied, delivered)
    worth = float(trades["bid"] @ delivered - trades["ask"] @ supplied)
    return Feasibility(carried, delivered, supplied, broken, worth, schedules.value(trades) - worth)


@dataclass(frozen=True)
class _Problem:
    """One schedule on one feeder: which powers the trades mean, and the limits they have to keep."""

    feeder: Feeder
    base_kw: np.ndarray
    trades: pd.DataFrame
    kw_per_kwh: tuple[np.ndarray, np.ndarray]  # (homes, trades) each: what sellers and buyers draw
    low: np.ndarray  # (nodes,)
    high: np.ndarray  # (nodes,)
    loading: np.ndarray  # (branches,)

    @classmethod
    def around(
        cls, feeder: Feeder, base_kw: np.ndarray, trades: pd.DataFrame, step_hours: float, limits: Limits
    ) -> "_Problem":
        base = solve_at(feeder, base_kw, "without trades")
        sells, buys = schedules.members(trades, feeder.homes)
        low, high = np.minimum(limits.low_pu, base.voltage), np.maximum(limits.high_pu, base.voltage)
        loading = np.maximum(limits.loading, base.loading)
        return cls(feeder, base_kw, trades, (-sells / step_hours, buys / step_hours), low, high, loading)

    def power(self, supplied: np.ndarray, delivered: np.ndarray) -> np.ndarray:
        """What homes draw (homes,) kW."""
        selling, buying = self.kw_per_kwh
        return self.base_kw + selling @ supplied + buying @ delivered

    def try_point(self, supplied: np.ndarray, delivered: np.ndarray) -> Point | None:
        """The power flow with these trades; ``None`` if it has no solution."""
        try:
            return solve_at(self.feeder, self.power(supplied, delivered), "with trades")
        except PowerFlowError:
            return None

    def excess(self, point: Point) -> np.ndarray:
        """By how much each limit is broken: under-voltage, over-voltage, loading (2 nodes + branches,)."""
        return np.concatenate([self.low - point.voltage, point.voltage - self.high, point.loading - self.loading])

    @property
    def slack(self) -> np.ndarray:
        return np.repeat([VOLTAGE_SLACK_PU, LOADING_SLACK], [2 * len(self.low), len(self.loading)])

    def broken(self, point: Point | None) -> pd.DataFrame:
        """The limits that do not hold."""
        columns = ["kind", "where", "phase", "value", "limit"]
        if point is None:
            return pd.DataFrame([("collapse", "feeder", "", np.nan, np.nan)], columns=columns)
        nodes, branches = self.feeder.nodes, self.feeder.loading().index
        where = [*nodes["node"], *nodes["node"], *branches]
        phase = [*nodes["phase"], *nodes["phase"], *[""] * len(branches)]
        kind = np.repeat(["under-voltage", "over-voltage", "overload"], [len(nodes), len(nodes), len(branches)])
        value = np.concatenate([point.voltage, point.voltage, point.loading])
        limit = np.concatenate([self.low, self.high, self.loading])
        table = pd.DataFrame(dict(zip(columns, (kind, where, phase, value, limit), strict=True)))
        return table[self.excess(point) > self.slack].reset_index(drop=True)

    def cut(self, method: Method) -> tuple[np.ndarray, np.ndarray]:
        """Energy supplied and delivered by each trade (rows,), confirmed by a power flow."""
        at, loading_cuts = np.zeros((2, len(self.trades))), []
        for _ in range(ROUNDS):
            voltage_cut, loading_cut = self._cuts(at)
            # A loading is the largest of three currents, convex in power: its earlier tangents hold and are needed.
            loading_cuts.append(loading_cut)
            best = self._programme([voltage_cut, *loading_cuts], method)
            point = self.try_point(*best)
            if point is not None and (self.excess(point) <= self.slack).all():
                return best[0], best[1]
            # Too far from where the slopes hold for there to be a solution: look again from halfway.
            at = best if point is not None else (at + best) / 2
        return self._shrink(*best)

    def _cuts(self, at: np.ndarray) -> tuple[_Cut, _Cut]:
        """The voltage and the loading limits linearised around the energies ``at`` (supplied and delivered, rows)."""
        kw = self.power(*at)
        slopes = slopes_at(self.feeder, kw)
        excess = self.excess(solve_at(self.feeder, kw, "with trades"))
        per_kw = np.vstack([-slopes.voltage, slopes.voltage, slopes.loading])
        per_kwh = np.hstack([per_kw @ part for part in self.kw_per_kwh])
        room = per_kwh @ at.ravel() - excess
        voltages = 2 * len(self.low)
        return (per_kwh[:voltages], room[:voltages]), (per_kwh[voltages:], room[voltages:])

    def _programme(self, cuts: list[_Cut], method: Method) -> np.ndarray:
        """The most valuable energies (supplied and delivered, rows) that keep all linearised limits."""
        count = len(self.trades)
        # Curtailment: each trade's buyer gets what its seller delivers. Redispatch: only their sums agree.
        together = np.eye(count) if method == "curtail" else np.ones((1, count))
        energy = self.trades["energy_kwh"].to_numpy(dtype=float)
        solution = linprog(
            np.concatenate([self.trades["ask"], -self.trades["bid"] - CARRYING_BONUS]),
            A_ub=np.vstack([slopes for slopes, _ in cuts]),
            b_ub=np.concatenate([room for _, room in cuts]),
            A_eq=np.hstack([together, -together]),
            b_eq=np.zeros(len(together)),
            bounds=np.column_stack([np.zeros(2 * count), np.tile(energy, 2)]),
            method="highs",
        )
        return np.zeros((2, count)) if solution.x is None else solution.x.reshape(2, count)

    def _shrink(self, supplied: np.ndarray, delivered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The largest share of all trades alike that a power flow confirms; without trades every limit holds."""
        low, high = 0.0, 1.0
        for _ in range(ROUNDS):
            share = (low + high) / 2
            point = self.try_point(share * supplied, share * delivered)
            holds = point is not None and (self.excess(point) <= self.slack).all()
            low, high = (share, high) if holds else (low, share)
        return low * supplied, low * delivered


def _pair(trades: pd.DataFrame, supplied: np.ndarray, delivered: np.ndarray) -> pd.DataFrame:
    """Trades behind these energies: first each row with itself, then what is left over in the order of rows."""
    own = np.minimum(supplied, delivered)
    rest_supplied, rest_delivered = np.cumsum(supplied - own), np.cumsum(delivered - own)
    ends = np.union1d(rest_supplied, rest_delivered)
    width = np.diff(ends, prepend=0.0)
    # Both energies add up to the same but for a solver's tolerance, which belongs to no piece.
    whole = (width > NEGLIGIBLE_KWH) & (ends <= min(rest_supplied.max(initial=0.0), rest_delivered.max(initial=0.0)))
    ends, width = ends[whole], width[whole]
    # Looked up in the middle of each piece, where rounding of its ends cannot matter.
    seller, buyer = (
        trades.iloc[np.searchsorted(rest, ends - width / 2)].reset_index(drop=True)
        for rest in (rest_supplied, rest_delivered)
    )
    again = seller.assign(buyer=buyer["buyer"], bid=buyer["bid"], energy_kwh=width)
    paired = pd.concat([trades.assign(energy_kwh=own), again], ignore_index=True)
    return paired[paired["energy_kwh"] > NEGLIGIBLE_KWH].reset_index(drop=True)
