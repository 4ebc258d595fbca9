"""A day of the whole system: homes with batteries promise tomorrow's energy on chain, deliver, and are settled."""

from dataclasses import dataclass
from typing import Any, ClassVar

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from pydantic import Field

from dem import chain, data, homes, units
from dem.agents import SelfConsumption
from dem.plots import PALETTE
from dem.studies.config import StudyConfig

HOURS = 24
_COLLATERAL_EUR = 100.0


class Config(StudyConfig):
    """Settings of the day."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {"quick": {"homes": 4}, "full": {"homes": 10}}

    homes: int = Field(ge=2, le=50, description="neighbours that trade")
    day: float = Field(default=0.3, ge=0, lt=1, description="which day, as a share of the data's span")
    delivery_error: float = Field(
        default=0.05, ge=0, description="standard deviation of delivered over promised energy"
    )
    eur_per_ether: float = Field(default=3000.0, gt=0, description="exchange rate of the simulated chain")


@dataclass(frozen=True)
class Result:
    """What happened.

    Attributes:
        hours: per hour: delivered supply and demand, energy traded between neighbours (kWh), prices (EUR/kWh).
        homes: per home: energy sold and bought (kWh), its bill on chain and with the grid alone (EUR), gas.
        check: what an auditor can verify: wei before and after, and whose they are.
    """

    hours: pd.DataFrame
    homes: pd.DataFrame
    check: pd.Series


def run(config: Config) -> Result:
    """Plan the day with batteries, promise it on chain, deliver with some error, settle."""
    table = _day(config)
    plan = _plan(table)
    generator = np.random.default_rng(config.seed)
    error = 1 + config.delivery_error * generator.standard_normal(plan.shape)
    with chain.connect() as connection:
        return _Trading(connection, config, table, plan, error).run()


def _day(config: Config) -> pd.DataFrame:
    """One day of the homes; a single building is cut into households, and every other home has no panels.

    Without the second, neighbours under one sun would all have energy to sell at the same time, and nobody to buy it.
    """
    table = data.load(config.data, seed=config.seed)
    if len(data.home_names(table)) < config.homes:
        table = data.households(table, config.homes)
    table = table[table["home"].isin(data.home_names(table)[: config.homes])]
    days = table.index.normalize().unique()
    start = days[int(config.day * (len(days) - 1))]
    table = table[(table.index >= start) & (table.index < start + pd.Timedelta(days=1))]
    return table.assign(pv_kwh=table["pv_kwh"].where(~table["home"].isin(data.home_names(table)[1::2]), 0.0))


def _plan(table: pd.DataFrame) -> pd.DataFrame:
    """Energy from the grid (kWh, negative: into it) by hour and home, with batteries that serve self-consumption."""
    home = homes.Home(table)
    dispatch = homes.simulate(SelfConsumption(home), home)
    return dispatch.pivot_table(index=dispatch.index.floor("h"), columns="home", values="grid_kwh", aggfunc="sum")


class _Trading:
    """The day on chain: one home an account, one commitment an hour and home."""

    def __init__(
        self,
        connection: chain.Connection,
        config: Config,
        table: pd.DataFrame,
        plan: pd.DataFrame,
        error: np.ndarray,
    ) -> None:
        self.plan = plan
        self.error = error
        self.delivered = {side: np.zeros(plan.shape, dtype=np.int64) for side in chain.Side}
        self.rate = config.eur_per_ether
        hourly = table.groupby(pd.Grouper(freq="h"))[["import_price", "export_price"]].mean()
        self.retail, self.feed_in = hourly["import_price"].max(), max(hourly["export_price"].min(), 0.0)
        self.fair = hourly.mean(axis=1)
        terms = chain.Terms.in_eur(self.retail, self.feed_in, self.fair.iloc[0], self.rate)
        self.connection = connection
        self.market = chain.Marketplace.deploy(connection, terms)
        deposit = int(_COLLATERAL_EUR / self.rate * units.WEI_PER_ETHER)
        accounts = connection.accounts[1 : len(plan.columns) + 1]
        self.profiles = [self.market.register(account, deposit) for account in accounts]
        self.gas = [profile.receipt.gas_used for profile in self.profiles]
        self.money = connection.balance(self.market.profile.address)

    def run(self) -> Result:
        """Promise, deliver, settle; then read the books."""
        first = self.market.current_interval + 1
        promises = [self._promise(k, first) for k in range(len(self.profiles))]
        before = [profile.collateral for profile in self.profiles]
        hours = [self._hour(first, hour, [of_home.get(hour) for of_home in promises]) for hour in range(HOURS)]
        for k, of_home in enumerate(promises):
            self.gas[k] += self.market.claim(list(of_home.values()), self.profiles[k].account).gas_used
        paid = [b - profile.collateral for b, profile in zip(before, self.profiles, strict=True)]
        return Result(pd.DataFrame(hours, index=self.plan.index), self._home_table(paid), self._check())

    def _promise(self, k: int, first: int) -> dict[int, chain.Commitment]:
        """Commit and deposit tomorrow's plan of home ``k``: one commitment for every hour that is not zero."""
        promises = {}
        for hour, energy in enumerate(self.plan.iloc[:, k]):
            amount = units.kwh_to_wh(abs(energy))
            if amount == 0:
                continue
            side = chain.Side.CONSUMPTION if energy > 0 else chain.Side.PRODUCTION
            promises[hour] = self.profiles[k].commit(side, amount, first + hour)
            self.gas[k] += promises[hour].receipt.gas_used + self.profiles[k].deposit(promises[hour]).gas_used
        return promises

    def _hour(self, first: int, hour: int, due: list[chain.Commitment | None]) -> dict[str, float]:
        """Let one interval pass: the meters report, the feed gives a price, the market closes."""
        self.market.advance_to(first + hour + 1)
        for k, promise in enumerate(due):
            if promise is not None:
                share = min(self.error[hour, k], 1.0)
                self.delivered[promise.side][hour, k] = int(promise.energy_wh * share)
        readings = {p.id: int(self.delivered[p.side][hour, k]) for k, p in enumerate(due) if p is not None}
        if readings:  # an hour for which nobody promised anything has nothing to close
            self.market.report(first + hour, readings)
            self.market.set_price(units.eur_per_kwh_to_wei_per_wh(self.fair.iloc[hour], self.rate))
            self.market.close(first + hour)
        return self._hour_row(first + hour, hour)

    def _hour_row(self, interval: int, hour: int) -> dict[str, float]:
        supply, demand = (units.wh_to_kwh(int(self.delivered[side][hour].sum())) for side in chain.Side)
        row = {"supply_kwh": supply, "demand_kwh": demand, "traded_kwh": min(supply, demand)}
        for name, energy in (("price", supply + demand), ("sell_price", supply), ("buy_price", demand)):
            row[f"{name}_eur_per_kwh"] = self._eur_per_kwh(interval, name) if energy else np.nan
        return row

    def _eur_per_kwh(self, interval: int, price: str) -> float:
        wei_per_wh = getattr(self.market.clearing(interval), price)
        return units.wei_to_eur(wei_per_wh * units.WH_PER_KWH, self.rate)

    def _home_table(self, paid: list[int]) -> pd.DataFrame:
        sold, bought = (self.delivered[side].sum(axis=0) / units.WH_PER_KWH for side in chain.Side)
        alone = bought * self.retail - sold * self.feed_in
        on_chain = np.array([units.wei_to_eur(amount, self.rate) for amount in paid])
        return pd.DataFrame(
            {
                "sold_kwh": sold,
                "bought_kwh": bought,
                "bill_with_grid_alone_eur": alone,
                "bill_on_chain_eur": on_chain,
                "saved_eur": alone - on_chain,
                "gas": self.gas,
            },
            index=self.plan.columns,
        )

    def _check(self) -> pd.Series:
        """Every wei that homes and grid paid in is still there, and each part of it belongs to somebody."""
        held = self.connection.balance(self.market.profile.address)
        of_homes = sum(profile.collateral for profile in self.profiles)
        of_grid = self.connection.read(self.market.profile.gridAccount).balance
        return pd.Series(
            {
                "paid in before the day": self.money,
                "held after settlement": held,
                "of which the homes'": of_homes,
                "of which the grid's": of_grid,
                "nobody's": held - of_homes - of_grid,
            },
            name="wei",
            dtype=object,
        )


def bills(result: Result) -> pd.DataFrame:
    """The homes' day as a reader wants it, one row a home."""
    titles = {
        "sold_kwh": "sold (kWh)",
        "bought_kwh": "bought (kWh)",
        "bill_with_grid_alone_eur": "bill, grid alone (EUR)",
        "bill_on_chain_eur": "bill on chain (EUR)",
        "saved_eur": "saved (EUR)",
    }
    return result.homes.rename(columns=titles)


def draw_day(result: Result) -> Figure:
    """Above: energy offered and wanted each hour, and what neighbours traded. Below: the prices it traded at."""
    figure, (above, below) = plt.subplots(2, 1, figsize=(9, 6), sharex=True, height_ratios=(3, 2))
    hours, clock = result.hours, result.hours.index.hour
    above.bar(clock, hours["supply_kwh"], color=PALETTE["supply"], label="delivered to the pool")
    above.bar(clock, -hours["demand_kwh"], color=PALETTE["demand"], label="taken from the pool")
    above.step(
        clock, hours["traded_kwh"], where="mid", color=PALETTE["good"], linewidth=2.5, label="between neighbours"
    )
    above.axhline(0, color=PALETTE["neutral"], linewidth=1)
    above.set(ylabel="energy (kWh per hour)", title=f"{len(result.homes)} homes, {hours.index[0]:%-d %B %Y}")
    above.legend(loc="upper left")
    for column, label, color in (
        ("buy_price_eur_per_kwh", "consumers pay", PALETTE["demand"]),
        ("price_eur_per_kwh", "price feed", PALETTE["price"]),
        ("sell_price_eur_per_kwh", "producers receive", PALETTE["supply"]),
    ):
        below.plot(clock, hours[column], marker="o", markersize=4, color=color, label=label)
    below.set(xlabel="hour of the day (UTC)", ylabel="price (EUR/kWh)", xticks=range(0, HOURS, 3))
    below.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), ncols=3)
    return figure
