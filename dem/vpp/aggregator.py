"""What the aggregator agrees with its homes: each day's retail prices, and the load that leaves its dearest hours.

Everything about a day follows from what is known when its first gate closes, from what homes would use, and from the
seed; nothing depends on batteries or trades. So the whole window is worked out when a plant opens, and one that goes on
after a crash finds the same. The result is a neighbourhood like any other: its retail prices are the aggregator's, its
loads those of homes that answered.

Forecasters forecast what homes would use at the source's tariff without events: they are taken to know it of days that
passed. The aggregator, who knows prices, elasticity and promises, adds the answer that it expects of the same day; how
a home's answer spreads over the day it takes from the morning's forecast. Of the days after, nothing is agreed yet.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dem import data
from dem.vpp.config import Config
from dem.vpp.forecasts import Ahead, Outlook
from dem.vpp.interval import Response
from dem.vpp.neighbourhood import DAY, EUR_PER_KWH, UNITS_PER_EUR, Neighbourhood
from dem.vpp.response import Call, Caller
from dem.vpp.retailer import SOURCE, Morning, Retailer, Tariff, kept_of_a_kwh

COLUMNS = ("load_kwh", "import_price")
"""What an aggregator changes of the homes' table."""


@dataclass(frozen=True)
class Agreed:
    """The homes as they live with an aggregator.

    Attributes:
        homes: with their new prices and loads.
        outlook: what is expected of them at each gate.
        tariffs: each day's, by name, see `dem.vpp.retailer.Tariff`; none where the aggregator neither prices nor calls.
        rates: units for a Wh of response, and for a Wh that was promised and did not come.
        credit: (T, H) units that homes receive with a day's prices, at its first interval.
        promised_wh: (T, H) whole Wh that homes promised to leave out.
        response_wh: (T, H) whole Wh that were measured of it.
    """

    homes: Neighbourhood
    outlook: Outlook
    tariffs: tuple[str, ...]
    rates: tuple[int, int]
    credit: np.ndarray
    promised_wh: np.ndarray
    response_wh: np.ndarray

    def tariff(self, number: int) -> str | None:
        """The tariff of interval ``number``, by name."""
        return self.tariffs[number // self.homes.per_day] if self.tariffs else None

    def response(self, number: int) -> Response:
        """What homes promised and left out in interval ``number``, and what they are paid."""
        promised, left = self.promised_wh[number], self.response_wh[number]
        reward, penalty = self.rates
        return Response(self.credit[number], promised, left, left * reward - (promised - left) * penalty)


def agree(homes: Neighbourhood, outlook: Outlook, config: Config) -> Agreed:
    """Let the aggregator price and call, day by day, and homes answer.

    Args:
        homes: at the source's tariff.
        outlook: on them.
        config: of the plant.

    Raises:
        ValueError: homes pay different source prices, or a day has no room for an event.
        ConservationError: a home's response makes energy of nothing; it is a fault of the plant.
    """
    if config.retail == SOURCE and not config.response_share:
        nothing = np.zeros(homes.load_kwh.shape, dtype=np.int64)
        return Agreed(homes, outlook, (), rates(config), nothing, nothing, nothing)
    agreeing = _Agreeing(homes, outlook, config)
    tariffs = tuple(agreeing.day(first) for first in range(0, len(homes.times), homes.per_day))
    return agreeing.result(tariffs)


def rates(config: Config) -> tuple[int, int]:
    """Units for a Wh of response, and for a Wh that was promised and did not come."""
    return round(config.reward / EUR_PER_KWH), round(config.penalty / EUR_PER_KWH)


def margin_eur(source: Neighbourhood, events: pd.DataFrame, config: Config) -> float:
    """What is left to the aggregator of a plant's ``events``, whole days of them from the start on.

    It receives what homes pay outside their market, rewards deducted. It pays wholesale prices for what all homes
    together take or give, of what they take network and taxes as well, and the charge for each day's peak.

    Args:
        source: the homes at the source's tariff.
        events: of `dem.vpp.Plant.events`.
        config: of the plant.
    """
    count, metered = len(events), events["metered_kwh"].to_numpy()
    wholesale = data.wide(source.window, "wholesale_price").mean(axis=1).to_numpy()[:count]
    cost = source.retail[:count].mean(axis=1) * EUR_PER_KWH - kept_of_a_kwh(source, config)
    paid = np.where(metered > 0, cost, wholesale) @ metered
    peaks = (events["metered_kwh"].clip(lower=0) / source.step_hours).groupby(_day_of(events, source)).max()
    received = (events["cost_eur"] - events["market_surplus_eur"]).sum()
    return float(received - paid - config.peak_charge * peaks.sum())


def _day_of(events: pd.DataFrame, source: Neighbourhood) -> np.ndarray:
    return ((events.index - source.times[0]) // DAY).to_numpy()


class _Agreeing:
    """The window while its days are worked out."""

    def __init__(self, homes: Neighbourhood, outlook: Outlook, config: Config) -> None:
        self._homes, self._outlook = homes, outlook
        self._rates = rates(config)
        self._retailer = Retailer(homes, config)
        self._caller = Caller(homes, config) if config.response_share else None
        self._source = homes.retail.mean(axis=1) * EUR_PER_KWH
        self._feed_in = homes.feed_in.max(axis=1) * EUR_PER_KWH
        self._load, self._prices = (data.wide(homes.window, name).to_numpy(copy=True) for name in COLUMNS)
        self._credit, self._promised, self._response = (np.zeros(self._load.shape, dtype=np.int64) for _ in range(3))
        self._expected = outlook.load.copy()
        made = outlook.ahead.made
        self._ahead = replace(made, load=made.load.copy(), import_price=made.import_price.copy())

    def day(self, first: int) -> str:
        """The day that begins with interval ``first``; its tariff, by name."""
        morning, today = Morning.at(first, self._homes, self._outlook), slice(first, first + self._homes.per_day)
        tariff, call = self._decide(morning)
        change = np.zeros_like(morning.load_kwh) if call is None else call.change_kwh
        if call is not None:
            self._load[today] += self._caller.keep(morning.times[0], call, self._load[today])
        factor = self._answer(today, morning.changed(change), tariff)
        self._credit[first] = tariff.credit
        self._expect(today, factor, change, tariff)
        self._measure(today, morning.times[0], call)
        return tariff.name

    def result(self, tariffs: tuple[str, ...]) -> Agreed:
        """The whole window."""
        window = self._homes.window.assign(load_kwh=self._load.T.ravel(), import_price=self._prices.T.ravel())
        ahead = self._outlook.ahead
        outlook = replace(
            self._outlook, load=self._expected, ahead=Ahead(self._ahead, ahead.load_factors, ahead.pv_factors)
        )
        return Agreed(
            replace(self._homes, window=window),
            outlook,
            tariffs,
            self._rates,
            self._credit,
            self._promised,
            self._response,
        )

    def _decide(self, morning: Morning) -> tuple[Tariff, Call | None]:
        """The day's tariff, and its event if prices and event together are worth more than prices and its rewards."""
        without = self._retailer.price(morning)
        call = self._caller and self._caller.plan(morning.times[0], morning.load_kwh, morning.pv_kwh)
        if call is None:
            return without, None
        tariff = self._retailer.price(morning.changed(call.change_kwh))
        rewards = int(call.promised_wh.sum()) * self._rates[0] / UNITS_PER_EUR
        return (tariff, call) if tariff.worth - rewards > without.worth else (without, None)

    def _answer(self, today: slice, morning: Morning, tariff: Tariff) -> np.ndarray:
        """Let homes answer to prices; the factor (T, H) by which they are expected to change what they take."""
        if tariff.prices is None:
            return np.ones_like(morning.load_kwh)
        # Of hours that were not published in the morning, feeding in may come to earn more.
        prices = np.maximum(tariff.prices, self._feed_in[today])
        self._prices[today] = prices[:, None]
        grid = np.maximum(self._load[today] - self._homes.pv_kwh[today], 0.0)
        self._load[today] += grid * (self._retailer.factor(grid, self._source[today], prices) - 1)
        return self._retailer.factor(morning.grid_kwh, morning.source, tariff.prices)

    def _measure(self, today: slice, gate: pd.Timestamp, call: Call | None) -> None:
        if call is not None:
            self._promised[today], self._response[today] = (
                call.promised_wh,
                self._caller.measure(call, self._load[today]),
            )
        elif self._caller is not None:
            self._caller.remember(gate, self._load[today].copy())

    def _expect(self, today: slice, factor: np.ndarray, change: np.ndarray, tariff: Tariff) -> None:
        """Add what is expected of prices and event to what each of the day's gates expects of the day."""
        pv, later = self._outlook.pv, self._outlook.ahead.made
        self._expected[today] = _changed(self._expected[today], pv[today], factor, change)
        for position, gate in enumerate(range(today.start, today.stop)):
            rest, leads = slice(position + 1, None), slice(today.stop - gate - 1)
            load = later.load[gate, leads]
            self._ahead.load[gate, leads] = _changed(load, later.pv[gate, leads], factor[rest], change[rest])
            if tariff.prices is not None:
                self._ahead.import_price[gate, leads] = tariff.prices[rest, None]


def _changed(load: np.ndarray, pv: np.ndarray, factor: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Loads after an event that changes them and prices that then scale what is taken from the network."""
    load = np.maximum(load + change, 0.0)
    return load + np.maximum(load - pv, 0.0) * (factor - 1)
