"""Notebook 08: a network that trades with everybody at a price that follows the imbalance.

The contract plays one day of the homes, and shows that its price has the right direction, that splitting an order gains
nothing and that the reserve it demands covers the worst slot there can be. The same arithmetic off chain then plays
many days and asks what the market is worth to the homes beside a fixed price and beside the grid alone, and who pays.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from dem import chain, plots, units
from dem.market.balancing_curve import Curve
from dem.studies import balancing_day
from dem.studies.balancing_chain import ChainDay, HomesOnChain, equal_parts, gas_of
from dem.studies.balancing_day import COINS_PER_EUR, Day, Traded
from dem.studies.config import GasConfig

GRID, FIXED, BALANCING = "grid alone", "fixed price", "balancing market"
SIDES = {"bought": 1, "sold": -1}

Share = Annotated[float, Field(ge=0, le=1)]
Scale = Annotated[float, Field(gt=0, le=4)]


class Config(GasConfig):
    """Settings of the study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {"quick": {"days": 10}, "full": {"days": 60}}

    homes: int = Field(default=5, ge=2, le=20, description="homes that trade")
    days: int = Field(default=10, ge=2, le=300, description="days drawn; synthetic ones of as many neighbourhoods")
    error: Share = Field(default=0.2, description="standard deviation of what homes misjudge an hour ahead")
    errors: tuple[Share, ...] = Field((0.0, 0.1, 0.2, 0.4), min_length=1, description="the same, compared")
    scales: tuple[Scale, ...] = Field((0.1, 0.25, 0.5, 1.0), min_length=1, description="shares of the curve's scale")
    tolerance_wh: int = Field(default=50, ge=0, description="change of an expectation that a home leaves alone")
    parts: tuple[int, ...] = Field((1, 2, 4, 8), min_length=1, description="orders that a purchase is split into")


@dataclass(frozen=True)
class Result:
    """What the study found; intervals are half widths of 95 % Student-t intervals over days.

    Attributes:
        config: the settings.
        day: the day on the chain, of all those drawn the one on which homes produce most nearly what they consume.
        curve: its price curve, in coins' smallest units per Wh.
        on_chain: what happened there.
        off_chain_cash: shape (homes,), what the same day comes to off chain, in smallest units.
        required_eur: the reserve that the contract demands before it opens.
        worst_eur: what it expects to lose at most in one slot.
        worst_slot_eur: what the reserve did lose in the worst slot there can be.
        split: one row a number of parts: ``paid`` and ``returned`` on the chain in smallest units, ``paid_eur``, and
            ``naive_eur``, what it would cost if each part were sold at the price before it.
        bills: ``day``, ``error``, ``scale``, ``market``, ``eur`` (mean of the homes).
        savings: ``market``, ``error``, ``scale``, ``eur`` (less than with the grid alone, home and day), ``interval``.
        levels: one row a day and hour: ``level`` of the price at gate closure, feed-in 0 and retail 1.
        prices: one row a market: mean EUR/kWh at which energy is agreed to be ``bought`` and ``sold``, with intervals.
        reserves: one row a scale: ``scale_kwh``, ``worst_eur`` (of one slot) and ``required_eur``, means over days.
        gas: one row an operation: ``orders``, ``gas`` and ``EUR on L1``, ``EUR on L2`` of one order.
    """

    config: Config
    day: Day
    curve: Curve
    on_chain: ChainDay
    off_chain_cash: np.ndarray
    required_eur: float
    worst_eur: float
    worst_slot_eur: float
    split: pd.DataFrame
    bills: pd.DataFrame
    savings: pd.DataFrame
    levels: pd.DataFrame
    prices: pd.DataFrame
    reserves: pd.DataFrame
    gas: pd.DataFrame


def run(config: Config) -> Result:
    """Play one day on the chain and all days off it."""
    days = balancing_day.draw_days(config.data, config.homes, config.days, config.seed)
    scale = balancing_day.scale_of(days)
    number = int(np.argmin([abs(day.net_wh.sum()) / day.load_wh.sum() for day in days]))
    day, curve = days[number], days[number].curve(scale)
    orders = balancing_day.place_orders(day, config.error, _generator(config, number))
    with chain.connect("test") as connection:
        homes = HomesOnChain(connection, curve, config.homes)
        required = connection.read(homes.market.market.requiredReserve)
        split = homes.prices_of_split_purchase(scale, config.parts)
        on_chain = homes.play(day, orders, config.tolerance_wh)
        worst_slot = homes.loss_of_worst_slot()
    played = [_play(each, drawn, scale, config) for each, drawn in enumerate(days)]
    bills = pd.concat([_bills(each, drawn, scale, config) for each, drawn in enumerate(days)], ignore_index=True)
    return Result(
        config=config,
        day=day,
        curve=curve,
        on_chain=on_chain,
        off_chain_cash=played[number].cash.sum(axis=0),
        required_eur=_eur(required),
        worst_eur=_eur(curve.worst_case_loss),
        worst_slot_eur=_eur(worst_slot),
        split=_split(split, curve, scale),
        bills=bills,
        savings=_savings(bills),
        levels=_levels(days, played, scale),
        prices=_prices(days, played),
        reserves=_reserves(days, scale, required // curve.worst_case_loss, config),
        gas=config.with_costs(gas_of(on_chain.receipts)),
    )


def price_at(curve: Curve, net_wh: int) -> float:
    """EUR/kWh of the next Wh at a net demand in Wh."""
    return float(curve.price(net_wh)) * units.WH_PER_KWH / units.WEI_PER_ETHER


def _generator(config: Config, number: int) -> np.random.Generator:
    return np.random.default_rng([config.seed, number])


def _play(number: int, day: Day, scale: int, config: Config) -> Traded:
    orders = balancing_day.place_orders(day, config.error, _generator(config, number))
    return balancing_day.play(day, orders, day.curve(scale), config.tolerance_wh)


def _bills(number: int, day: Day, scale: int, config: Config) -> pd.DataFrame:
    """One day's bills with every error and every scale."""
    settings = [(error, 1.0) for error in config.errors] + [(config.error, share) for share in config.scales]
    rows = []
    for error, share in dict.fromkeys([(config.error, 1.0), *settings]):
        orders = balancing_day.place_orders(day, error, _generator(config, number))
        traded = balancing_day.play(day, orders, day.curve(_share_of(scale, share)), config.tolerance_wh)
        bills = {
            GRID: balancing_day.bill_on_grid(day),
            FIXED: balancing_day.bill_on_fixed_price(day, orders),
            BALANCING: balancing_day.bill_on_balancing_market(day, traded),
        }
        rows += [(number, error, share, market, bill.mean()) for market, bill in bills.items()]
    return pd.DataFrame(rows, columns=["day", "error", "scale", "market", "eur"])


def _share_of(scale: int, share: float) -> int:
    return max(1, round(scale * share))


def _levels(days: list[Day], played: list[Traded], scale: int) -> pd.DataFrame:
    rows = []
    for number, (day, traded) in enumerate(zip(days, played, strict=True)):
        curve = day.curve(scale)
        for hour, net in enumerate(traded.energy.sum(axis=1).tolist()):
            level = (price_at(curve, net) - day.feed_in) / (day.retail - day.feed_in)
            rows.append((number, hour, level))
    return pd.DataFrame(rows, columns=["day", "hour", "level"])


def _agreed(traded: Traded, sign: int) -> float:
    """Mean EUR/kWh of what is bought (1) or sold (-1); NaN where nothing is."""
    chosen = sign * traded.energy > 0
    energy = units.wh_to_kwh(np.abs(traded.energy[chosen]).sum())
    return _eur(int(traded.value[chosen].sum())) / energy if energy else np.nan


def _savings(bills: pd.DataFrame) -> pd.DataFrame:
    """Day by day against the grid alone, then mean and interval."""
    keys = ["error", "scale", "day"]
    grid = bills[bills["market"] == GRID].set_index(keys)["eur"]
    rows = []
    for (market, error, scale), found in bills[bills["market"] != GRID].groupby(["market", "error", "scale"]):
        saved = (grid - found.set_index(keys)["eur"]).dropna().to_numpy()
        mean, interval = plots.mean_interval(saved)
        rows.append({"market": market, "error": error, "scale": scale, "eur": float(mean), "interval": float(interval)})
    return pd.DataFrame(rows)


def _prices(days: list[Day], played: list[Traded]) -> pd.DataFrame:
    retail, feed_in = (np.array([getattr(day, name) for day in days]) for name in ("retail", "feed_in"))
    agreed = {side: np.array([_agreed(traded, sign) for traded in played]) for side, sign in SIDES.items()}
    middle = (retail + feed_in) / 2
    rows = []
    for market, prices in ((GRID, (retail, feed_in)), (FIXED, (middle, middle)), (BALANCING, agreed.values())):
        row = {"market": market}
        for side, price in zip(SIDES, prices, strict=True):
            mean, interval = plots.mean_interval(price[np.isfinite(price)])
            row |= {side: float(mean), f"{side}_interval": float(interval)}
        rows.append(row)
    return pd.DataFrame(rows)


def _reserves(days: list[Day], scale: int, slots: int, config: Config) -> pd.DataFrame:
    """Worst case and reserve by scale; ``slots`` can be pending at once."""
    rows = []
    for share in config.scales:
        wh = _share_of(scale, share)
        worst = float(np.mean([_eur(day.curve(wh).worst_case_loss) for day in days]))
        rows.append({"scale_kwh": units.wh_to_kwh(wh), "worst_eur": worst, "required_eur": slots * worst})
    return pd.DataFrame(rows)


def _split(on_chain: pd.DataFrame, curve: Curve, quantity: int) -> pd.DataFrame:
    rows = []
    for row in on_chain.itertuples():
        net, naive = 0, 0.0
        for size in equal_parts(quantity, row.parts):
            naive += price_at(curve, net) * units.wh_to_kwh(size)
            net += size
        rows.append({"paid_eur": _eur(row.paid), "naive_eur": naive})
    return on_chain.join(pd.DataFrame(rows))


def _eur(amount: int) -> float:
    return units.wei_to_eur(amount, COINS_PER_EUR)
