"""The pictures of the study of the double auction (`dem.studies.double_auction`)."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from dem import plots
from dem.studies import auction_gas
from dem.studies.double_auction import Result, kind_of_books, published_share, split_table

RULE_NAMES = {
    "pair_midpoint": "pair midpoint",
    "equilibrium_midpoint": "equilibrium midpoint",
    "pay_as_bid": "pay as bid",
}
RULE_COLORS = {
    "pair_midpoint": plots.PALETTE["paper"],
    "equilibrium_midpoint": plots.PALETTE["good"],
    "pay_as_bid": plots.PALETTE["price"],
}
CLOSE_UP = 0.12  # of the traded energy, on either side of the crossing
SHOWN = pd.Timedelta(days=2)
DISTANCE_BINS = np.linspace(-3, 3, 61)  # cents/kWh


def draw_crossing(result: Result) -> Figure:
    """Demand and supply of one interval, their crossing and the prices of the three rules, whole and close up."""
    figure, (whole, close) = plt.subplots(1, 2, figsize=(11, 5), width_ratios=(3, 2))
    rules, curves = result.rules.iloc[0], result.curves
    paying = curves[(curves["side"] == "demand") & (curves["from_kwh"] < rules["quantity"])]
    for axes in (whole, close):
        _draw_curves(axes, curves)
        _draw_steps(
            axes,
            paying.assign(to_kwh=paying["to_kwh"].clip(upper=rules["quantity"])),
            RULE_COLORS["pay_as_bid"],
            "pay as bid",
            5,
        )
        for rule in ("pair_midpoint", "equilibrium_midpoint"):
            axes.axhline(rules[rule], color=RULE_COLORS[rule], linestyle="--", label=RULE_NAMES[rule])
        axes.plot(rules["quantity"], rules["equilibrium_midpoint"], "o", color="black", markersize=5)
        axes.set(xlabel="energy (kWh)", ylabel="price (cents/kWh)")
    whole.set(xlim=(0, None), ylim=(0, None), title=f"{result.book.time:%A, %d %B %Y, %H:%M} UTC")
    whole.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3)
    low, high = (1 + sign * CLOSE_UP for sign in (-1, 1))
    near = curves[(curves["to_kwh"] > low * rules["quantity"]) & (curves["from_kwh"] < high * rules["quantity"])]
    close.set(xlim=(low * rules["quantity"], high * rules["quantity"]), title="the crossing")
    close.set_ylim(max(near["price"].min() - 0.5, 0), near["price"].max() + 0.5)
    return figure


def _draw_curves(axes: Axes, curves: pd.DataFrame) -> None:
    for side, steps in curves.groupby("side"):
        _draw_steps(axes, steps, plots.PALETTE[side], side, 1.6)


def _draw_steps(axes: Axes, steps: pd.DataFrame, color: str, label: str, width: float) -> None:
    x = np.ravel(steps[["from_kwh", "to_kwh"]].to_numpy())
    alpha = 0.45 if width > 2 else 1.0
    axes.plot(x, np.repeat(steps["price"].to_numpy(), 2), color=color, label=label, linewidth=width, alpha=alpha)


def draw_midpoint(result: Result) -> Figure:
    """How often the pair midpoint is no clearing price, and how far from one it is in the homes' books."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6))
    random = result.outside[result.outside["largest"] > 0]
    for (largest, rows), color in zip(random.groupby("largest"), plots.CYCLE, strict=False):
        left.plot(rows["orders"], rows["outside"], "o-", color=color, label=kind_of_books(largest))
        left.fill_between(rows["orders"], rows["from"], rows["to"], color=color, alpha=0.2, linewidth=0)
    homes = result.outside[result.outside["largest"] == 0].iloc[0]
    left.axhline(homes["outside"], color="black", linewidth=1.2, label=kind_of_books(0))
    left.axhspan(*published_share(), color=plots.PALETTE["neutral"], alpha=0.35, label="prototype, random books")
    left.set(xscale="log", xlabel="orders in the book", ylabel="books with the midpoint outside", ylim=(0, 1.02))
    left.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    left.yaxis.set_major_formatter(PercentFormatter(1))
    left.legend(fontsize=8, loc="lower right")
    distance = result.week["pair_midpoint"] - result.week["equilibrium_midpoint"]
    inside = distance.clip(DISTANCE_BINS[0], DISTANCE_BINS[-1])
    right.hist(inside, DISTANCE_BINS, weights=np.full(len(inside), 1 / len(inside)), color=RULE_COLORS["pair_midpoint"])
    right.yaxis.set_major_formatter(PercentFormatter(1))
    right.set(xlabel="pair midpoint less equilibrium midpoint (cents/kWh)", ylabel="share of the homes' books")
    right.set_title(f"{len(inside):,} books; the outer bars hold what is beyond", fontsize=10)
    return figure


def draw_price_rules(result: Result) -> Figure:
    """Two days of prices under both uniform rules, and who gets the gains of the week under each rule."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), width_ratios=(5, 3))
    days = _shown_days(result).set_index("time")
    left.fill_between(days.index, days["feed_in"], days["retail"], color="0.9", label="feed-in to retail")
    for rule in ("pair_midpoint", "equilibrium_midpoint"):
        left.step(days.index, days[rule], where="post", color=RULE_COLORS[rule], label=RULE_NAMES[rule])
    left.xaxis.set_major_formatter(ConciseDateFormatter(left.xaxis.get_major_locator()))
    left.set(xlabel="time (UTC)", ylabel="price (cents/kWh)")
    left.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0, 1.13), ncols=3)
    table = split_table(result)
    places = np.arange(len(table))
    for offset, side, color in ((-0.2, "buyers", "demand"), (0.2, "sellers", "supply")):
        error = table[f"{side}_pm"].fillna(0)
        right.bar(places + offset, table[side], 0.38, yerr=error, capsize=3, color=plots.PALETTE[color], label=side)
    right.set_xticks(places, [RULE_NAMES[rule].replace(" ", "\n", 1) for rule in table["rule"]])
    right.set(xlabel="", ylabel="gain over the grid in the week (EUR)")
    right.legend(fontsize=9)
    return figure


def price_rule_numbers(result: Result) -> pd.DataFrame:
    """The numbers of both panels of `draw_price_rules`, told apart by the column ``panel``."""
    return pd.concat({"days": _shown_days(result), "gains": split_table(result)}, names=["panel"]).reset_index("panel")


def _shown_days(result: Result) -> pd.DataFrame:
    first = result.week[result.week["draw"] == 0]
    shown = first["time"] < first["time"].min() + SHOWN
    return first.loc[shown, ["time", "pair_midpoint", "equilibrium_midpoint", "feed_in", "retail"]]


def draw_gas(result: Result) -> Figure:
    """Gas of clearing and of placing an order against the number of orders, others' beside ours."""
    figure, panels = plt.subplots(1, 2, figsize=(11, 5), sharex=True)
    numbers = result.gas_numbers
    panels[0].set(ylabel="gas per order", yscale="log", ylim=(200, 100_000))
    for axes, step in zip(panels, (auction_gas.CLEAR, auction_gas.PLACE), strict=True):
        rows = numbers[numbers["step"] == step]
        for (source, line), marker in zip(rows.groupby("source", sort=False), "osD^vP", strict=False):
            _draw_gas_line(axes, source, line, marker)
        axes.set(xscale="log", xlabel="orders in the book", title=f"to {step} one order", xlim=(8, 1_300))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    panels[1].margins(y=0.1)
    panels[1].set_ylim(bottom=0)
    return figure


def _draw_gas_line(axes: Axes, source: str, line: pd.DataFrame, marker: str) -> None:
    if line["orders"].isna().any():
        axes.axhline(line["gas_per_order"].iloc[0], color=plots.PALETTE["neutral"], linestyle=":", label=source)
    else:
        style = "-" if source.startswith("ours") else ":"
        axes.plot(line["orders"], line["gas_per_order"], marker=marker, markersize=6, linestyle=style, label=source)
