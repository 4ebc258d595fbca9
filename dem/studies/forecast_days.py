"""Forecasts at stake: what a report other than one's own belief costs, and one day of it on the real contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from eth_account import Account
from eth_utils import keccak

from dem.chain import Connection, ForecastMarket, ForecastTerms, MeterRegistry, SecretForecast, SlotReading
from dem.market.forecast_stakes import payouts, score
from dem.studies.month_on_chain import meter_key
from dem.studies.street_month import DAYS, Month

STAKE = 10**16
SHIFTS = np.linspace(-0.25, 0.25, 41)  # of the capacity
HONEST, SHADED, SILENT = "its belief", "a quarter of the capacity more", "nothing: does not reveal"
ROLES = (HONEST, SHADED, SILENT)
_SECONDS_PER_DAY = 86_400


def net_of_days(month: Month) -> np.ndarray:
    """Wh taken from the network less Wh given to it, shape (homes, days, slots of a day)."""
    return (month.imported_wh - month.exported_wh).T.reshape(month.homes, DAYS, -1)


def capacity(net: np.ndarray) -> int:
    """Wh of a slot that count: the most that any home came to."""
    return int(np.abs(net).max())


def belief(days: np.ndarray) -> np.ndarray:
    """What a home expects that takes each of its days, shape (days, slots), for equally likely: whole Wh."""
    return np.rint(days.mean(axis=0)).astype(int)


def expected_gains(net: np.ndarray) -> pd.DataFrame:
    """What reports bring that are the belief plus a constant, while the others report what they believe.

    Args:
        net: as `net_of_days` gives it; the days are what may happen.

    Returns:
        One row a home and shift: ``home``, ``shift`` (share of the capacity), ``gain`` (mean payment less the stake,
        share of the stake).
    """
    limit, beliefs = capacity(net), [belief(days) for days in net]
    scores = np.array(
        [[score(told.tolist(), day.tolist(), limit) for day in days] for told, days in zip(beliefs, net, strict=True)]
    )
    return pd.DataFrame(
        [
            {
                "home": home,
                "shift": shift,
                "gain": _gain(home, beliefs[home] + round(shift * limit), net, scores, limit),
            }
            for home in range(len(net))
            for shift in SHIFTS
        ]
    )


@dataclass(frozen=True)
class StakesDay:
    """A day on the chain.

    Attributes:
        homes: one row a home: ``reports`` (what it does), ``stake_wei``, ``paid_wei`` and ``computed_wei``, what the
            off-chain rule says.
        slots: what the market counted in a day.
    """

    homes: pd.DataFrame
    slots: int

    @property
    def is_balanced(self) -> bool:
        """Whether the payments together are the stakes."""
        return int(self.homes["paid_wei"].sum()) == int(self.homes["stake_wei"].sum())


def play(connection: Connection, net: np.ndarray) -> StakesDay:
    """Three homes commit to the last day: one to its belief, one to more, and one that does not reveal."""
    net = net[[0, 1, 2]] if len(net) >= len(ROLES) else net[np.arange(len(ROLES)) % len(net)]
    slots, limit = net.shape[2], capacity(net)
    meters = MeterRegistry.deploy(connection, slot_s=_SECONDS_PER_DAY // slots)
    accounts = connection.accounts[1 : len(ROLES) + 1]
    for home, account in enumerate(accounts):
        meters.accredit(Account.from_key(meter_key(home)).address, account)
    terms = ForecastTerms(slots_per_day=slots, capacity=limit, min_stake=STAKE)
    market = ForecastMarket.deploy(connection, meters=meters, treasury=connection.accounts[9], terms=terms)
    day = (connection.now + terms.gate_s) // _SECONDS_PER_DAY + 2
    beliefs = [belief(days[:-1]) for days in net]
    reports = [beliefs[0], beliefs[1] + limit // 4, beliefs[2]]
    forecasts = [
        SecretForecast(account, day, told.tolist(), keccak(text=f"salt {home}"))
        for home, (account, told) in enumerate(zip(accounts, reports, strict=True))
    ]
    _through_the_day(market, forecasts, net[:, -1], terms)
    points: Sequence[int | None] = [score(reports[home].tolist(), net[home, -1].tolist(), limit) for home in (0, 1)]
    computed = payouts([STAKE] * len(ROLES), [*points, None])
    paid = [market.balance(account) for account in accounts]
    frame = {"reports": ROLES, "stake_wei": STAKE, "paid_wei": paid, "computed_wei": computed}
    return StakesDay(pd.DataFrame(frame), slots)


def _through_the_day(market: ForecastMarket, forecasts: list[SecretForecast], actual: np.ndarray, terms: Any) -> None:
    """Commit, reveal, measure, score, claim; the last home does not reveal."""
    connection, day = market.connection, forecasts[0].day
    for forecast in forecasts:
        market.commit(forecast, STAKE)
    connection.advance_to(market.start_of(day) - terms.gate_s)
    revealed = forecasts[:-1]
    for forecast in revealed:
        market.reveal(forecast)
    connection.advance_to(market.start_of(day + 1))
    for home, forecast in enumerate(revealed):
        market.meters.record(_signed(market, home, day, actual[home].tolist()))
        market.score(forecast)
    connection.advance_to(market.start_of(day + 1) + terms.scoring_s)
    for forecast in revealed:
        market.claim(forecast.home, day)


def _signed(market: ForecastMarket, home: int, day: int, net: list[int]) -> list[Any]:
    first, domain = day * len(net), market.meters.domain
    readings = (SlotReading(first + n, n, max(wh, 0), max(-wh, 0)) for n, wh in enumerate(net))
    return [reading.signed(meter_key(home), domain) for reading in readings]


def _gain(home: int, report: np.ndarray, net: np.ndarray, scores: np.ndarray, limit: int) -> float:
    """Mean payment over the days, less the stake, as a share of it."""
    paid = 0
    for number, day in enumerate(net[home]):
        points = scores[:, number].tolist()
        points[home] = score(report.tolist(), day.tolist(), limit)
        paid += payouts([STAKE] * len(points), points)[home]
    return paid / len(net[home]) / STAKE - 1
