"""What the comparison of mechanisms shows (`dem.studies.mechanisms`): pictures, the table, words."""

from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from dem import plots, units
from dem.studies.mechanism_rules import BALANCING, EQUILIBRIUM, MECHANISMS, PAIR, POOLED, POSTED, VCG
from dem.studies.mechanisms import NAMES, Result

# Shares of the optimum below this are rounding.
NOTHING = 1e-6
TITLES = {
    "welfare": "welfare (% of optimum)",
    "energy": "energy (%)",
    "buyers": "to buyers (%)",
    "sellers": "to sellers (%)",
    "budget": "to the market (%)",
    "lying": "best lie adds (%)",
}
FAIRNESS = {"gini": "Gini coefficient", "jain": "Jain's index"}
DAY_LINES = (EQUILIBRIUM, VCG, POOLED, POSTED, BALANCING)
STEPS = {"promise": "ours", "clear or buy": "paper", "settle": "good", "withdraw": "price"}
SHOWN = pd.Timedelta(days=2)
QUANTILES = {"whislo": 0.05, "q1": 0.25, "med": 0.5, "q3": 0.75, "whishi": 0.95}


# Pictures


def draw_welfare(result: Result) -> Figure:
    """Who gets how much of the optimum under each mechanism: buyers, sellers, the market itself."""
    figure, axes = plt.subplots(figsize=(10, 5))
    left, deficit = np.zeros(len(NAMES)), result.mean("budget").clip(upper=0)
    for part, color in (("buyers", "demand"), ("sellers", "supply"), ("budget", "neutral")):
        width = result.mean(part).clip(lower=0)
        label = "the market keeps" if part == "budget" else part
        axes.barh(NAMES, width, left=left, color=plots.PALETTE[color], height=0.7, label=label)
        left = left + width.to_numpy()
    axes.barh(NAMES, deficit, color=plots.PALETTE["paper"], height=0.7, label="somebody pays in")
    welfare, interval = result.mean("welfare"), result.interval("welfare").fillna(0)
    axes.errorbar(welfare, NAMES, xerr=interval, fmt="D", color="black", markersize=5, capsize=3, label="welfare")
    axes.axvline(1, color="black", linewidth=1, linestyle="--")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set(xlabel=f"share of the optimum (mean of {result.config.draws} draws, 95 % interval of the welfare)")
    axes.set_xlim(right=1.03 * max(1.0, left.max()))
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.13), ncols=5, fontsize=9, columnspacing=1.0)
    return figure


def draw_prices(result: Result) -> Figure:
    """Two days of what buyers pay under five mechanisms, and the whole week's prices under all."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), width_ratios=(4, 3))
    days = _shown_days(result).set_index("time")
    tariff = days[days["mechanism"] == PAIR.name]
    left.fill_between(tariff.index, tariff["feed_in"], tariff["retail"], color="0.9", label="feed-in to retail")
    for mechanism in DAY_LINES:
        line = days[days["mechanism"] == mechanism.name]
        left.step(line.index, line["paid"], where="post", linewidth=1.4, label=mechanism.name)
    left.xaxis.set_major_formatter(ConciseDateFormatter(left.xaxis.get_major_locator()))
    left.set(xlabel="time (UTC)", ylabel="buyers pay on average (cents/kWh)")
    left.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3)
    _draw_price_boxes(right, result)
    return figure


def price_numbers(result: Result) -> pd.DataFrame:
    """The numbers of both panels of `draw_prices`, told apart by the column ``panel``."""
    days = _shown_days(result)[["mechanism", "time", "paid", "feed_in", "retail"]]
    return pd.concat({"days": days, "week": _quantiles(result)}, names=["panel"]).reset_index("panel")


def _shown_days(result: Result) -> pd.DataFrame:
    shown = result.intervals[(result.intervals["draw"] == 0)]
    shown = shown[shown["mechanism"].isin([mechanism.name for mechanism in (PAIR, *DAY_LINES)])]
    return shown[shown["time"] < shown["time"].min() + SHOWN]


def _quantiles(result: Result) -> pd.DataFrame:
    """One row per mechanism: quantiles of what buyers pay, and the median of what sellers receive, cents/kWh."""
    grouped = result.intervals.groupby("mechanism")
    columns = {name: grouped["paid"].quantile(share) for name, share in QUANTILES.items()}
    return pd.DataFrame(columns | {"received": grouped["received"].median()}).loc[NAMES].reset_index()


def _draw_price_boxes(axes: Axes, result: Result) -> None:
    """Quartiles and 5th to 95th percentile of what buyers pay, and the median of what sellers receive."""
    table = _quantiles(result)
    style = {"facecolor": plots.PALETTE["demand"], "alpha": 0.45}
    axes.bxp(
        table[list(QUANTILES)].to_dict("records"),
        orientation="horizontal",
        showfliers=False,
        patch_artist=True,
        boxprops=style,
    )
    axes.plot(
        table["received"], range(1, len(NAMES) + 1), "D", color=plots.PALETTE["supply"], label="sellers receive, median"
    )
    axes.set_yticks(range(1, len(NAMES) + 1), NAMES, fontsize=9)
    axes.set(xlabel="buyers pay, all intervals and draws (cents/kWh)")
    axes.invert_yaxis()
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.14))


def draw_fairness(result: Result) -> Figure:
    """How evenly the homes' gains are spread: Gini's coefficient and Jain's index."""
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.4), sharey=True)
    titles = {"gini": "Gini coefficient (0: all gain the same)", "jain": "Jain's index (1: all gain the same)"}
    for axes, (measure, title) in zip(panels, titles.items(), strict=True):
        interval = result.interval(measure).fillna(0)
        axes.errorbar(result.mean(measure), NAMES, xerr=interval, fmt="o", color=plots.PALETTE["ours"], capsize=3)
        axes.set(xlabel=title, xlim=(0, 1))
    panels[0].invert_yaxis()
    return figure


def draw_triangle(result: Result) -> Figure:
    """What lying brings against welfare, and who pays in: the corner that no mechanism reaches without a deficit."""
    figure, axes = plt.subplots(figsize=(9.5, 5.2))
    lying, welfare, budget = (result.mean(name) for name in ("lying", "welfare", "budget"))
    reach = max(0.25, 1.5 * float(lying.max()))
    for name, color, marker in zip(NAMES, (*plots.CYCLE, "#000000", "#882255", "#999933"), "osD^vPX*<>", strict=True):
        errors = {"xerr": result.interval("lying").fillna(0)[name], "yerr": result.interval("welfare").fillna(0)[name]}
        words = f"{name}, {_money(budget[name])}"
        axes.errorbar(lying[name], welfare[name], fmt=marker, color=color, markersize=8, label=words, **errors)
    axes.set_xscale("symlog", linthresh=0.01, linscale=0.6)
    axes.set(xlim=(-0.003, reach), ylim=(0.9 * float(welfare.min()), 1.04))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set(
        xlabel="what the best lie adds (share of an order's part in the optimum)", ylabel="welfare (of the optimum)"
    )
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _money(budget: float) -> str:
    if abs(budget) < NOTHING:
        return "balanced"
    return f"keeps {budget:.0%}" if budget > 0 else f"needs {-budget:.0%}"


def draw_gas(result: Result) -> Figure:
    """Gas per traded kWh by step, and what it costs at each gas price beside what the kWh gains."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.4))
    contracts = result.gas["mechanism"].unique()
    done = np.zeros(len(contracts))
    for step, color in STEPS.items():
        rows = result.gas[result.gas["step"] == step].set_index("mechanism").reindex(contracts)
        width = (rows["gas"] / rows["energy_kwh"] / 1e6).fillna(0)
        left.barh(contracts, width, left=done, color=plots.PALETTE[color], label=step)
        done = done + width.to_numpy()
    left.set(xlabel="gas per traded kWh (million)")
    left.invert_yaxis()
    left.legend(fontsize=9)
    prices = result.costs.pivot_table(index="mechanism", columns="gwei", values="eur_per_kwh").loc[contracts]
    for (gwei, euros), marker in zip(prices.items(), "osD^vP", strict=False):
        right.plot(euros, contracts, marker, markersize=8, label=f"gas at {gwei:g} gwei")
    right.axvline(result.gain_per_kwh, color="black", linestyle="--", label="a traded kWh gains")
    right.set(xscale="log", xlabel=f"EUR per traded kWh at {result.config.eur_per_ether:,.0f} EUR per ether")
    right.set_yticks(range(len(contracts)), [""] * len(contracts))
    right.set_ylim(left.get_ylim())
    right.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=4)
    return figure


# Words and tables


def ranking(result: Result) -> pd.DataFrame:
    """All mechanisms, the one with most welfare first, shares in percent; gas where there is a contract."""
    table = pd.DataFrame({"mechanism": NAMES})
    for measure, title in TITLES.items():
        mean, interval = 100 * result.mean(measure), 100 * result.interval(measure)
        table[title] = [_percent(*pair) for pair in zip(mean, interval, strict=True)]
    for measure, title in FAIRNESS.items():
        table[title] = plots.plus_minus_column(result.mean(measure), result.interval(measure))
    for gwei, costs in result.costs.groupby("gwei"):
        euros = costs.set_index("mechanism")["eur_per_kwh"].reindex(NAMES)
        table[f"EUR/kWh at {gwei:g} gwei"] = ["" if np.isnan(each) else f"{each:,.3g}" for each in euros]
    order = np.argsort(-result.mean("welfare").round(6).to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _percent(mean: float, interval: float) -> str:
    # A tenth of a percent is what is shown: what is less is nothing, and has no sign.
    text = f"{mean:.1f}".replace("-0.0", "0.0")
    return text if np.isnan(interval) or interval < 0.05 else f"{text} ± {interval:.1f}"


def scales_table(result: Result) -> pd.DataFrame:
    """What the balancing curve's scale does, shares in percent of the optimum."""
    shares = 100 * result.scales[["welfare", "budget"]].set_axis(
        ["welfare (% of optimum)", "to the market (%)"], axis=1
    )
    return pd.concat([result.scales["wh_per_home"].rename("scale (Wh a home)"), shares], axis=1)


def findings(result: Result) -> str:
    """What the figures say, in Markdown, every number taken from the result."""
    welfare, energy, budget, lying = (result.mean(name) for name in ("welfare", "energy", "budget", "lying"))
    solvent = [each.name for each in MECHANISMS if each.truthful and budget[each.name] > -NOTHING]
    best = max(solvent, key=lambda name: welfare[name])
    return f"""
- **Efficient** in every interval: {_named(name for name in NAMES if welfare[name] > 1 - NOTHING)}.
- **No lie pays** under {_named(name for name in NAMES if lying[name] < NOTHING)}. Under the others the best lie
  adds up to {lying.max():.0%} of an order's part (*{lying.idxmax()}*).
- **Somebody pays in** under {_named(name for name in NAMES if budget[name] < -NOTHING)}:
  {_listed(f"{-budget[name]:.1%}" for name in NAMES if budget[name] < -NOTHING)} of the optimum.
- **All three at once**: {_named(_have_all(result)) or "none"}. The best that is truthful and needs no money is
  *{best}*, with {welfare[best]:.1%} of the optimum and {energy[best]:.1%} of its energy.
"""


def _have_all(result: Result) -> list[str]:
    welfare, budget, lying = (result.mean(name) for name in ("welfare", "budget", "lying"))
    good = (welfare > 1 - NOTHING) & (budget > -NOTHING) & (lying < NOTHING)
    return good[good].index.tolist()


def _named(mechanisms: Iterable[str]) -> str:
    """In italics, as some names have commas."""
    return _listed(f"*{name}*" for name in mechanisms)


def _listed(words: Iterable[str]) -> str:
    words = list(words)
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def gas_findings(result: Result) -> str:
    """What the gas figure says, in Markdown, every number taken from the result."""
    used = result.costs.drop_duplicates("mechanism").set_index("mechanism")["gas_per_kwh"]
    break_even = result.gain_per_kwh / units.gas_to_eur(1, 1, result.config.eur_per_ether) / used
    share = result.gas.groupby("step")["gas"].sum() / result.gas["gas"].sum()
    return f"""
- A traded kWh takes from {used.min():,.0f} gas (*{used.idxmin()}*) to {used.max():,.0f} (*{used.idxmax()}*). The
  interval has {len(result.gas_book)} orders; {share["promise"]:.0%} of all gas goes into placing them.
- A traded kWh gains {100 * result.gain_per_kwh:.1f} cents over the grid at the optimum. Gas eats all of it from
  {break_even.min():.2g} gwei on (*{break_even.idxmin()}*), and from {break_even.max():.2g} at the latest
  (*{break_even.idxmax()}*).
"""
