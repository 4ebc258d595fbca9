"""What the balancing market shows (`dem.studies.balancing_market`): pictures, the table, words."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dem import plots, units
from dem.studies.balancing_day import Day
from dem.studies.balancing_market import BALANCING, FIXED, SIDES, Result, price_at
from dem.units import CENTS_PER_EUR

COLORS = {FIXED: plots.PALETTE["supply"], BALANCING: plots.PALETTE["ours"]}
POINTS = 121
# The curve is drawn this far beyond its surplus limit, as a share of it.
BEYOND = 1.15


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


# Words and tables


def direction(result: Result) -> str:
    """Which way the contract's price moves, in Markdown."""
    slots, base = result.on_chain.slots, price_at(result.curve, 0)
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
    table["saving (EUR a home and day)"] = plots.plus_minus_column(saved["eur"], saved["interval"])
    for side in SIDES:
        table[f"{side} (cents/kWh)"] = plots.plus_minus_column(prices[side], prices[f"{side}_interval"])
    return pd.DataFrame(table).reset_index()


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
    prices = [price_at(result.curve, amount) for amount in net.tolist()]
    return pd.DataFrame({"net_kwh": units.wh_to_kwh(net), "price": prices})


def _only(table: pd.DataFrame, **values: str | float) -> pd.DataFrame:
    """The rows with these values."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table


def _with_interval(row: pd.Series) -> str:
    return plots.plus_minus(row["eur"], row["interval"])
