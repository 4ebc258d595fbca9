"""Notebook 08: a network that trades with everybody at a price that follows the imbalance.

The contract plays one day of the homes, and shows that its price has the right direction, that splitting an order gains
nothing and that the reserve it demands covers the worst slot there can be. The same arithmetic off chain then plays
many days and asks what the market is worth to the homes beside a fixed price and beside the grid alone, and who pays.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import Field

from dem import chain, plots, units
from dem.market.balancing_curve import Curve
from dem.studies import balancing_day
from dem.studies.balancing_chain import ChainDay, HomesOnChain, equal_parts, gas_of
from dem.studies.balancing_day import COINS_PER_EUR, Day, Traded
from dem.studies.config import StudyConfig

GRID, FIXED, BALANCING = "grid alone", "fixed price", "balancing market"
COLORS = {FIXED: plots.PALETTE["supply"], BALANCING: plots.PALETTE["ours"]}
CENTS_PER_EUR = 100
SIDES = {"bought": 1, "sold": -1}
POINTS = 121
# The curve is drawn this far beyond its surplus limit, as a share of it.
BEYOND = 1.15

Share = Annotated[float, Field(ge=0, le=1)]
Scale = Annotated[float, Field(gt=0, le=4)]


class Config(StudyConfig):
    """Settings of the study. Prices of gas and ether are assumptions to be replaced, not measurements."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {"quick": {"days": 10}, "full": {"days": 60}}

    homes: int = Field(default=5, ge=2, le=20, description="homes that trade")
    days: int = Field(default=10, ge=2, le=300, description="days drawn; synthetic ones of as many neighbourhoods")
    error: Share = Field(default=0.2, description="standard deviation of what homes misjudge an hour ahead")
    errors: tuple[Share, ...] = Field((0.0, 0.1, 0.2, 0.4), min_length=1, description="the same, compared")
    scales: tuple[Scale, ...] = Field((0.1, 0.25, 0.5, 1.0), min_length=1, description="shares of the curve's scale")
    tolerance_wh: int = Field(default=50, ge=0, description="change of an expectation that a home leaves alone")
    parts: tuple[int, ...] = Field((1, 2, 4, 8), min_length=1, description="orders that a purchase is split into")
    eur_per_ether: float = Field(default=3_000, gt=0, description="assumed exchange rate")
    l1_gas_price_gwei: float = Field(default=20, gt=0, description="assumed gas price on Ethereum itself")
    l2_gas_price_gwei: float = Field(default=0.05, gt=0, description="assumed gas price on a rollup, data included")


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
        gas=_gas(on_chain, config),
    )


# Pictures


def draw_curve(result: Result) -> Figure:
    """Price against imbalance with the day's slots on it, and what splitting a purchase does."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), width_ratios=(3, 2))
    shown, slots = curve_numbers(result), result.on_chain.slots
    left.plot(shown["net_kwh"], shown["price"] * CENTS_PER_EUR, color=plots.PALETTE["price"], label="the curve")
    points = slots["ordered_kwh"], slots["price"] * CENTS_PER_EUR
    left.plot(*points, "o", color=plots.PALETTE["ours"], label="the contract, 24 slots at gate closure")
    _tariff_lines(left, result.day)
    left.axvline(0, color="black", linewidth=0.8)
    left.text(0.48, 1.02, "← more production: cheaper", transform=left.transAxes, ha="right", fontsize=10)
    left.text(0.52, 1.02, "more consumption: dearer →", transform=left.transAxes, ha="left", fontsize=10)
    left.set(xlabel="net demand of the slot: bought − sold (kWh)", ylabel="price of the next kWh (cents/kWh)")
    left.legend(fontsize=8, loc="lower right")
    _draw_split(right, result)
    return figure


def draw_day(result: Result) -> Figure:
    """Energy and price of each slot of the day on the chain, and prices of all days."""
    figure, (energy, price, every) = plt.subplots(3, 1, figsize=(9, 8.5), sharex=True)
    slots = result.on_chain.slots
    hour = slots["slot"] - 0.5
    energy.bar(hour, slots["ordered_kwh"], width=0.8, color=plots.PALETTE["demand"], alpha=0.45, label="ordered")
    energy.plot(hour, slots["metered_kwh"], "o", color="black", markersize=4, label="metered, within orders")
    energy.axhline(0, color="black", linewidth=0.8)
    energy.set(ylabel="bought − sold (kWh)")
    steps = np.append(slots["price"], slots["price"].iloc[-1]) * CENTS_PER_EUR
    price.step(range(len(steps)), steps, where="post", color=plots.PALETTE["price"], label="gate closure")
    _tariff_lines(price, result.day)
    price.set(ylabel="price (cents/kWh)")
    levels = result.levels.pivot_table(index="day", columns="hour", values="level").to_numpy()
    plots.line_with_interval(every, hour.to_numpy(), levels, label="mean of days", color=plots.PALETTE["ours"])
    every.set(ylabel="price, feed-in = 0, retail = 1", xlabel="hour of the local day", ylim=(-0.05, 1.05))
    every.set(xlim=(0, 24), xticks=range(0, 25, 3))
    for axes in (energy, price, every):
        axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def draw_reserve(result: Result) -> Figure:
    """The reserve over the day beside what the contract demands, and each slot beside its worst case."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    _draw_reserve(left, result)
    slots = result.on_chain.slots
    right.bar(slots["slot"] - 0.5, slots["kept_eur"], width=0.8, color=plots.PALETTE["ours"], label="each slot")
    right.axhline(0, color="black", linewidth=0.8)
    right.axhline(-result.worst_eur, color=plots.PALETTE["paper"], linestyle="--", label="worst case by the curve")
    right.plot(25.5, -result.worst_slot_eur, "kX", markersize=9, label="a slot of production alone, played")
    right.set(xlabel="hour of the local day", ylabel="kept by the market (EUR per slot)", xlim=(0, 27))
    highest = max(slots["kept_eur"].max(), 0.0)
    right.set(xticks=range(0, 25, 3), ylim=(-1.1 * result.worst_eur, highest + 0.4 * result.worst_eur))
    right.legend(fontsize=8, loc="upper right")
    return figure


def draw_savings(result: Result) -> Figure:
    """Saving against the grid alone: by how well homes foresee, and by how steep the curve is."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True)
    style = {"fmt": "o-", "capsize": 3}
    for market, color in COLORS.items():
        rows = _only(result.savings, market=market, scale=1.0).sort_values("error")
        left.errorbar(100 * rows["error"], rows["eur"], rows["interval"], color=color, label=market, **style)
    left.set(xlabel="misjudged an hour ahead (standard deviation, %)", ylabel="saving (EUR per home and day)")
    left.legend(title=f"mean of {result.config.days} days, 95 % interval", fontsize=8, title_fontsize=8)
    rows = _only(result.savings, market=BALANCING, error=result.config.error).sort_values("scale")
    scale_kwh = units.wh_to_kwh(result.curve.scale) * rows["scale"]
    right.errorbar(scale_kwh, rows["eur"], rows["interval"], color=COLORS[BALANCING], **style)
    right.set(xlabel="imbalance at which the price has moved all the way (kWh)")
    for axes in (left, right):
        axes.axhline(0, color="black", linewidth=0.8)
    return figure


# Words and tables


def direction(result: Result) -> str:
    """Which way the contract's price moves, in Markdown."""
    slots, base = result.on_chain.slots, _price_at(result.curve, 0)
    surplus, shortage = slots[slots["ordered_kwh"] < 0], slots[slots["ordered_kwh"] > 0]
    cheaper, dearer = int((surplus["price"] < base).sum()), int((shortage["price"] > base).sum())
    return (
        f"Of the day's {len(slots)} slots, {len(surplus)} closed with more production than consumption, {cheaper} of "
        f"them below the base price of {base * CENTS_PER_EUR:.2f} cents/kWh; {len(shortage)} closed with more "
        f"consumption, {dearer} of them above it."
    )


def path_independence(result: Result) -> str:
    """What splitting and cancelling gain, in Markdown."""
    split = result.split
    dearer = split["naive_eur"].iloc[-1] - split["naive_eur"].iloc[0]
    return (
        f"The contract charges {split['paid_eur'].iloc[0]:.6f} EUR for {units.wh_to_kwh(result.curve.scale):.1f} kWh "
        f"in {', '.join(str(parts) for parts in split['parts'])} orders: the dearest way and the cheapest differ by "
        f"{max(split['paid']) - min(split['paid'])} of 10⁻¹⁸ EUR. Cancelled again, the orders return what was paid, "
        f"less {max(split['paid'] - split['returned'])}. Sold at the price before each order instead, the same energy "
        f"would cost {dearer:.3f} EUR more in {split['parts'].iloc[-1]} orders than in {split['parts'].iloc[0]}."
    )


def reserve_verdict(result: Result) -> str:
    """Whether the reserve covers the worst, in Markdown."""
    reserve, slots = result.on_chain.reserve["reserve_eur"], result.on_chain.slots
    difference = np.abs(result.on_chain.cash - result.off_chain_cash).max()
    return f"""
- **Demanded before opening**: {result.required_eur:.2f} EUR, enough for every slot that can be pending at once, each at
  the worst case of {result.worst_eur:.3f} EUR. After the day's first orders {reserve.min():.2f} EUR of it were free.
- **The day** kept between {slots["kept_eur"].min():.3f} and {slots["kept_eur"].max():.3f} EUR a slot: this is what the
  network has to buy the missing energy with, not a profit.
- **The worst slot**, played on the contract (all that is paid for is produced, nobody takes any), cost the reserve
  {result.worst_slot_eur:.6f} EUR; the bound is {result.worst_eur:.6f} EUR.
- **Off chain** the same orders and meters come to the same money for every home; the largest difference is
  {difference} of 10⁻¹⁸ EUR.
"""


def savings_table(result: Result) -> pd.DataFrame:
    """Bill and agreed prices of each market at the settings' error, one row a market."""
    usual = {"error": result.config.error, "scale": 1.0}
    bills = _only(result.bills, **usual).groupby("market", sort=False)["eur"].mean()
    saved = _only(result.savings, **usual).set_index("market").reindex(bills.index)
    prices = CENTS_PER_EUR * result.prices.set_index("market").reindex(bills.index)
    table = {"bill (EUR a home and day)": bills.map("{:.2f}".format)}
    table["saving (EUR a home and day)"] = _column(saved["eur"], saved["interval"])
    for side in SIDES:
        table[f"{side} (cents/kWh)"] = _column(prices[side], prices[f"{side}_interval"])
    return pd.DataFrame(table).reset_index()


def _column(mean: pd.Series, half_width: pd.Series) -> list[str]:
    return [plots.plus_minus(*pair) for pair in zip(mean, half_width, strict=True)]


def savings_verdict(result: Result) -> str:
    """What the market is worth to the homes and to whom it costs that, in Markdown."""
    error = result.config.error
    usual = _only(result.savings, error=error, scale=1.0).set_index("market")
    ours = _only(result.savings, market=BALANCING)
    foreseen, steep = _only(ours, scale=1.0).sort_values("error"), _only(ours, error=error).sort_values("scale")
    reserve = result.reserves.sort_values("scale_kwh")["required_eur"]
    return f"""
- **Against the grid alone** a home saves {_with_interval(usual.loc[BALANCING])} EUR a day, where a fixed price between
  neighbours saves {_with_interval(usual.loc[FIXED])}.
- **Misjudging** takes its part: {_with_interval(foreseen.iloc[0])} EUR with an error of
  {foreseen["error"].iloc[0]:.0%}, {_with_interval(foreseen.iloc[-1])} with {foreseen["error"].iloc[-1]:.0%}.
- **The scale** says how much the network gives: {_with_interval(steep.iloc[0])} EUR at {steep["scale"].iloc[0]:.0%} of
  it, {_with_interval(steep.iloc[-1])} at {steep["scale"].iloc[-1]:.0%}. The reserve it takes grows with it, from
  {reserve.iloc[0]:.2f} to {reserve.iloc[-1]:.2f} EUR.
"""


def gas_verdict(result: Result) -> str:
    """What a home's day of transactions costs beside what it saves, in Markdown."""
    config, gas = result.config, result.gas
    per_home = (gas["gas"] * gas["orders"]).sum() / config.homes
    saving = _only(result.savings, market=BALANCING, error=config.error, scale=1.0)["eur"].iloc[0]
    cost = {
        layer: units.gas_to_eur(per_home, price, config.eur_per_ether)
        for layer, price in (("Ethereum itself", config.l1_gas_price_gwei), ("a rollup", config.l2_gas_price_gwei))
    }
    costs = " and ".join(f"{eur:.2f} EUR on {layer}" for layer, eur in cost.items())
    return (
        f"A home's day, settlement included, took {per_home / 1e6:.2f} million gas: {costs} at the assumed prices, "
        f"where it saves {saving:.2f} EUR."
    )


def curve_numbers(result: Result) -> pd.DataFrame:
    """The curve as drawn: ``net_kwh`` and ``price`` (EUR/kWh)."""
    limit = BEYOND * result.curve.surplus_limit
    # Both sides of the step down to nothing.
    step = [-result.curve.surplus_limit - 1, -result.curve.surplus_limit]
    net = np.unique(np.append(np.rint(np.linspace(-limit, limit, POINTS)).astype(int), step))
    prices = [_price_at(result.curve, amount) for amount in net.tolist()]
    return pd.DataFrame({"net_kwh": units.wh_to_kwh(net), "price": prices})


# Numbers


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
            level = (_price_at(curve, net) - day.feed_in) / (day.retail - day.feed_in)
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
            naive += _price_at(curve, net) * units.wh_to_kwh(size)
            net += size
        rows.append({"paid_eur": _eur(row.paid), "naive_eur": naive})
    return on_chain.join(pd.DataFrame(rows))


def _gas(on_chain: ChainDay, config: Config) -> pd.DataFrame:
    table = gas_of(on_chain.receipts)
    for layer, price in (("L1", config.l1_gas_price_gwei), ("L2", config.l2_gas_price_gwei)):
        table[f"EUR on {layer}"] = [units.gas_to_eur(used, price, config.eur_per_ether) for used in table["gas"]]
    return table


def _only(table: pd.DataFrame, **values: str | float) -> pd.DataFrame:
    """The rows with these values."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table


def _with_interval(row: pd.Series) -> str:
    return plots.plus_minus(row["eur"], row["interval"])


def _price_at(curve: Curve, net_wh: int) -> float:
    return float(curve.price(net_wh)) * units.WH_PER_KWH / units.WEI_PER_ETHER


def _eur(amount: int) -> float:
    return units.wei_to_eur(amount, COINS_PER_EUR)


def _tariff_lines(axes: Axes, day: Day) -> None:
    for price, name, style in ((day.retail, "retail", "--"), (day.feed_in, "feed-in", ":")):
        axes.axhline(price * CENTS_PER_EUR, color=plots.PALETTE["neutral"], linestyle=style, label=name)


def _draw_reserve(axes: Axes, result: Result) -> None:
    reserve = result.on_chain.reserve
    hour, free = reserve["hour"], reserve["reserve_eur"]
    total = free + reserve["pending"] * result.worst_eur
    axes.step(hour, free, where="post", color=plots.PALETTE["ours"], label="free reserve")
    shade = {"step": "post", "color": plots.PALETTE["supply"], "alpha": 0.4}
    axes.fill_between(hour, free, total, label="set aside for slots not yet settled", **shade)
    demanded = {"color": plots.PALETTE["paper"], "linestyle": "--"}
    axes.axhline(result.required_eur, label="demanded before the market opens", **demanded)
    axes.set(xlabel="hour of the local day", ylabel="reserve (EUR)", xlim=(0, 24), xticks=range(0, 25, 3))
    axes.set_ylim(0, None)
    axes.legend(fontsize=8, loc="lower right")


def _draw_split(axes: Axes, result: Result) -> None:
    split = result.split
    places = np.arange(len(split))
    ours, naive = plots.PALETTE["ours"], plots.PALETTE["neutral"]
    axes.bar(places - 0.2, split["paid_eur"], 0.38, color=ours, label="the contract: area under the curve")
    axes.bar(places + 0.2, split["naive_eur"], 0.38, color=naive, label="if sold at the price before each")
    axes.set_xticks(places, split["parts"])
    axes.set(xlabel=f"{units.wh_to_kwh(result.curve.scale):.1f} kWh bought in so many orders", ylabel="paid (EUR)")
    axes.set_ylim(0, 1.25 * max(split["paid_eur"].max(), split["naive_eur"].max()))
    axes.legend(fontsize=8, loc="upper left")
