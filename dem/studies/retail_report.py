"""What notebook 14 shows (`dem.studies.retail_response`): pictures and words."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from dem import plots, units
from dem.retail.gaming import DAYS_BEFORE, HOURS_BEFORE
from dem.studies.retail_events import AT_ONCE, CAPPED, LATE, NOBODY, PLANNED
from dem.studies.retail_response import Result
from dem.studies.retail_tariffs import FLAT, HOURLY, KINDS, REFERENCE, USE
from dem.units import CENTS_PER_EUR

LINES = {REFERENCE: "neutral", USE: "supply", HOURLY: "ours"}
WAYS = {NOBODY: "neutral", AT_ONCE: "paper", PLANNED: "ours"}
EFFECTS = {
    "event_drop": "less in the event's hours",
    "peak_drop": "less in the day's highest hour",
    "rebound": "more in the highest hour after",
}
# What is left of a solver's tolerance lies below this.
DECIMALS = 4
SHORT_RUN, PEAK = "short-run elasticity", "peak reduction"


# Pictures


def draw_tariffs(result: Result) -> Figure:
    """The prices of one day, and what each tariff brings retailer and homes beside the reference price."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), width_ratios=(4, 3))
    prices = result.prices
    cost = prices[prices["tariff"] == REFERENCE]
    left.stairs(CENTS_PER_EUR * cost["cost"], color="0.9", fill=True, label="cost: wholesale, delivery")
    for tariff, color in LINES.items():
        line = prices[prices["tariff"] == tariff]
        left.stairs(
            CENTS_PER_EUR * line["price"], baseline=None, color=plots.PALETTE[color], linewidth=1.5, label=tariff
        )
    lowest = CENTS_PER_EUR * min(prices["price"].min(), prices["cost"].min())
    left.set(xlabel=f"hour of {result.priced_day:%Y-%m-%d} (local)", xlim=(0, len(cost)), xticks=range(0, 25, 3))
    left.set(ylabel="price (cents/kWh)", ylim=(0.9 * lowest, None))
    left.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=4, columnspacing=1.0)
    _draw_changes(right, changes(result))
    right.set(xlabel=f"beside the reference price, {result.config.weeks} weeks\n(cents a home and week)")
    return figure


def changes(result: Result) -> pd.DataFrame:
    """Each tariff beside the reference price, paired by week, at the study's elasticity.

    Returns:
        One row a tariff: ``profit``, ``gain``, ``both`` and ``top_up`` in cents a home and week with half widths
        (``…_pm``) of their 95 % intervals, and ``peak``, the change of the highest hour as a share.
    """
    base, rows = result.weeks[result.weeks["elasticity"] == result.config.elasticity], []
    reference = base[base["tariff"] == REFERENCE].set_index("week")
    for kind in KINDS:
        week = base[base["tariff"] == kind.name].set_index("week")
        profit, gain = CENTS_PER_EUR * (week["profit"] - reference["profit"]), CENTS_PER_EUR * week["gain"]
        columns = {"profit": profit, "gain": gain, "both": profit + gain, "top_up": CENTS_PER_EUR * week["top_up"]}
        row = {"tariff": kind.name, "peak": float((week["peak_kwh"] / reference["peak_kwh"] - 1).mean())}
        for name, values in columns.items():
            row[name], row[f"{name}_pm"] = (float(value) for value in plots.mean_interval(values.to_numpy()))
        rows.append(row)
    return pd.DataFrame(rows).round(DECIMALS)


def _draw_changes(axes: Axes, table: pd.DataFrame) -> None:
    places, names = np.arange(len(table)), {"profit": "retailer", "gain": "homes", "both": "both together"}
    for offset, (column, label), color in zip(
        (-0.25, 0, 0.25), names.items(), ("ours", "good", "neutral"), strict=True
    ):
        error = table[f"{column}_pm"].fillna(0)
        axes.barh(places + offset, table[column], 0.25, xerr=error, color=plots.PALETTE[color], label=label, capsize=2)
    axes.set_yticks(places, table["tariff"].str.replace(", ", ",\n"), fontsize=9)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.4, -0.2), ncols=3, columnspacing=1.0)


def draw_risk(result: Result) -> Figure:
    """What a retailer gives up on average to earn more in the worst scenarios; what elasticity is worth."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4))
    table = frontier(result)
    cents = {name: CENTS_PER_EUR * table[name].fillna(0) for name in ("mean", "cvar", "mean_pm", "cvar_pm")}
    errors = {"xerr": cents["cvar_pm"], "yerr": cents["mean_pm"], "elinewidth": 0.8, "capsize": 2}
    left.errorbar(cents["cvar"], cents["mean"], fmt="o-", color=plots.PALETTE["ours"], **errors)
    for row in table.itertuples():
        words, place = f"{row.aversion:g}, {row.forward:.0%}", (CENTS_PER_EUR * row.cvar, CENTS_PER_EUR * row.mean)
        left.annotate(words, place, (6, 4), textcoords="offset points", fontsize=9)
    worst = f"worst {result.config.tail:.0%} of the scenarios"
    left.set(xlabel=f"profit in the {worst} (cents a home and day)", ylabel="mean profit (cents a home and day)")
    left.set_title("at each dot: aversion to risk, share bought ahead", fontsize=10)
    left.margins(x=0.12)
    _draw_elasticity(right, result)
    return figure


def frontier(result: Result) -> pd.DataFrame:
    """One row an aversion: ``mean``, ``cvar`` (EUR a home and day), ``forward``; half widths of paired intervals.

    Days differ more from each other than tariffs do, so the intervals are those of the difference to no aversion.
    """
    days = result.frontier.set_index(["day", "aversion"]).unstack("aversion")  # noqa: PD010
    rows = []
    for aversion in result.config.aversions:
        row = {"aversion": aversion, "forward": float(days["forward"][aversion].mean())}
        for name in ("mean", "cvar", "realised"):
            change = days[name][aversion] - days[name][min(result.config.aversions)]
            row[name] = float(days[name][aversion].mean())
            row[f"{name}_pm"] = float(plots.mean_interval(change.to_numpy())[1])
        rows.append(row)
    return pd.DataFrame(rows).round(DECIMALS)


def risk_numbers(result: Result) -> pd.DataFrame:
    """The numbers of both panels of `draw_risk`, told apart by the column ``panel``."""
    return pd.concat({"risk": frontier(result), "elasticity": elasticities(result)}, names=["panel"]).reset_index(
        "panel"
    )


def elasticities(result: Result) -> pd.DataFrame:
    """What hourly prices bring retailer and homes together by elasticity, cents a home and week, paired by week."""
    reference = result.weeks[result.weeks["tariff"] == REFERENCE].set_index("week")["profit"]
    rows = []
    for elasticity, group in result.weeks[result.weeks["tariff"] == HOURLY].groupby("elasticity"):
        week = group.set_index("week")
        both = CENTS_PER_EUR * (week["profit"] + week["gain"] - reference)
        mean, half_width = plots.mean_interval(both.to_numpy())
        rows.append({"elasticity": elasticity, "both": float(mean), "both_pm": float(half_width)})
    return pd.DataFrame(rows).round(DECIMALS)


def _draw_elasticity(axes: Axes, result: Result) -> None:
    table = elasticities(result)
    axes.errorbar(
        table["elasticity"], table["both"], table["both_pm"].fillna(0), fmt="o-", color=plots.PALETTE["ours"], capsize=3
    )
    published = result.published.set_index("quantity").loc[SHORT_RUN]
    axes.axvline(published["low"], color=plots.PALETTE["paper"], linestyle="--", label=published["source"])
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xticks(table["elasticity"])
    axes.set(xlabel="elasticity, given up and moved together", ylabel="hourly prices add (cents a home and week)")
    axes.legend(fontsize=9)


def draw_event(result: Result) -> Figure:
    """The day of one event with and without it; what all events did."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), width_ratios=(4, 3))
    day = result.called[result.shown]
    left.axvspan(day.event.start, day.event.end, color="0.92", label="event")
    for way, color in WAYS.items():
        load = np.append(day.loads[way].sum(axis=1), np.nan)
        left.step(range(len(load)), load, where="post", color=plots.PALETTE[color], label=way)
    baseline = CAPPED.estimate(day.history, day.loads[PLANNED], day.event).sum(axis=1)
    left.stairs(
        baseline, range(day.event.start, day.event.end + 1), baseline=None, color="black", linestyle=":",
        linewidth=2, label="baseline, all homes",
    )  # fmt: skip
    left.set(xlabel=f"hour of {day.date:%Y-%m-%d} (local)", ylabel="load of all homes (kW)", xlim=(6, 24))
    left.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=5, columnspacing=1.0)
    _draw_effects(right, result)
    return figure


def event_numbers(result: Result) -> pd.DataFrame:
    """The load of all homes on the shown day, kW by way, and the mean effects of all events below each other."""
    day = result.called[result.shown]
    loads = pd.DataFrame({way: load.sum(axis=1) for way, load in day.loads.items()}).rename_axis("hour").reset_index()
    return pd.concat([loads, result.effects]).round(DECIMALS)


def _draw_effects(axes: Axes, result: Result) -> None:
    places = np.arange(len(EFFECTS))
    for offset, way in ((-0.18, AT_ONCE), (0.18, PLANNED)):
        values = result.effects.loc[result.effects["way"] == way, list(EFFECTS)].to_numpy()
        mean, half_width = plots.mean_interval(values)
        error = np.nan_to_num(half_width)
        axes.barh(places + offset, mean, 0.36, xerr=error, color=plots.PALETTE[WAYS[way]], label=way, capsize=2)
    axes.set_yticks(places, [text.replace(" in ", "\nin ") for text in EFFECTS.values()], fontsize=9)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.axvline(0, color="black", linewidth=0.8)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set(xlabel=f"of all homes' load without the event (mean of {len(result.called)} events)")


def draw_gaming(result: Result) -> Figure:
    """How well each rule knows what would have been used, and what pretending brings under it."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), sharey=True)
    table = gaming_table(result)
    places = np.arange(len(table))
    bias = {"xerr": table["bias_pm"].fillna(0), "color": plots.PALETTE["ours"], "label": "bias", "capsize": 3}
    left.errorbar(table["bias"], places, fmt="o", **bias)
    left.plot(table["error"], places, "D", color=plots.PALETTE["paper"], label="error of a home's hour (RMS)")
    left.axvline(0, color="black", linewidth=0.8)
    left.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    left.set_yticks(places, table["rule"], fontsize=9)
    left.set(xlabel=f"of the mean load, on {result.config.placebos} days without event")
    for offset, way, color in ((-0.18, HOURS_BEFORE, "ours"), (0.18, DAYS_BEFORE, "supply")):
        cents, error = CENTS_PER_EUR * table[way], CENTS_PER_EUR * table[f"{way}_pm"].fillna(0)
        right.barh(places + offset, cents, 0.36, xerr=error, color=plots.PALETTE[color], label=way, capsize=2)
    right.set_xscale("symlog", linthresh=10)
    right.set(xlabel="gain of the best pretence (cents a home and event)", xlim=(0, None))
    for axes in (left, right):
        axes.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, columnspacing=1.0)
    left.invert_yaxis()
    return figure


def gaming_table(result: Result) -> pd.DataFrame:
    """One row a rule: ``bias``, ``error`` on days without event, EUR of each way of pretending, half widths."""
    rows = []
    for rule, gains in result.pretending.groupby("rule", sort=False):
        known = result.accuracy[result.accuracy["rule"] == (CAPPED.name if rule == LATE else rule)]
        bias, half_width = plots.mean_interval(known["bias"].to_numpy())
        row = {"rule": rule, "bias": float(bias), "bias_pm": float(half_width), "error": float(known["error"].mean())}
        for way, chosen in gains.groupby("way"):
            row[way], row[f"{way}_pm"] = (float(each) for each in plots.mean_interval(chosen["gain"].to_numpy()))
        rows.append(row)
    return pd.DataFrame(rows).round(DECIMALS)


# Words


def tariff_verdict(result: Result) -> str:
    """What the tariffs bring, in Markdown, every number taken from the result."""
    table = changes(result).set_index("tariff")
    gap = max(result.weeks["gap"].max(), result.frontier["gap"].max())
    lines = [
        f"- **{name}**: {_signed(row, 'profit')} for the retailer, {_signed(row, 'gain')} for the homes"
        f" (cents a home and week); highest hour {_nonzero(100 * row['peak'])} %."
        for name, row in table.iterrows()
        if name != FLAT
    ]
    promised, worst = CENTS_PER_EUR * result.weeks["promised"].min(), CENTS_PER_EUR * result.weeks["worst"].min()
    return "\n".join(lines) + (
        f"\n- **Nobody worse off**: as promised the evening before, the home that gains least gains"
        f" {_nonzero(promised)} cents a day. On the meter some lose, at most {-worst:.1f} cents a week, and are paid"
        f" that: {table['top_up'].max():.1f} cents a home and week at most."
        f"\n- **Proof**: the largest relative duality gap of {_solves(result)} programs is {gap:.1e}."
        f"\n- **What cannot be**, a floor 10 % above the reference price without credits: {result.conflict}"
    )


def risk_verdict(result: Result) -> str:
    """What fear of risk costs, and what elasticity is worth, in Markdown."""
    table, response = frontier(result).set_index("aversion"), elasticities(result).set_index("elasticity")["both"]
    bold, careful = table.iloc[0], table.iloc[-1]
    worst, best_worst = CENTS_PER_EUR * bold["cvar"], CENTS_PER_EUR * careful["cvar"]
    given_up = CENTS_PER_EUR * (bold["mean"] - careful["mean"])
    low, high = response.index.max(), response.index.min()
    published = result.published.set_index("quantity").loc[SHORT_RUN]
    return f"""
- The worst {result.config.tail:.0%} of the scenarios bring {worst:.1f} cents a home and day without fear
  of risk and {best_worst:.1f} with nothing else in mind, for {given_up:.1f}
  cents of the mean: {careful["forward"]:.0%} of the energy is then bought ahead.
- Hourly prices add {response[low]:.1f} cents a home and week at an elasticity of {low:g} and {response[high]:.1f} at
  {high:g}. Published: {published["low"]:g} in the short run ({published["source"]}).
"""


def event_verdict(result: Result) -> str:
    """What the events did, in Markdown."""
    mean = result.effects.groupby("way")[list(EFFECTS)].mean()
    once, planned = mean.loc[AT_ONCE], mean.loc[PLANNED]
    published = result.published.set_index("quantity").loc[PEAK]
    energy = result.measurement[result.measurement["rule"] == CAPPED.name][["true", "measured", "paid"]].mean()
    return f"""
- {planned["event_drop"]:.0%} of the load leaves the event's hours. If homes catch up at once, the highest hour after
  the event grows by {once["rebound"]:.0%}, and the day's peak changes by {-once["peak_drop"]:+.1%}; planned, by
  {planned["rebound"]:.0%} and {-planned["peak_drop"]:+.1%}. Published reductions of peaks by prices go from
  {published["low"]:.0%} to {published["high"]:.0%} and above ({published["source"]}).
- An event of {energy["true"]:.1f} kWh is measured as {energy["measured"]:.1f} kWh, since a baseline that is too high
  counts and one too low counts as nothing. Paid up to what was promised, it is {energy["paid"]:.1f} kWh.
"""


def gaming_verdict(result: Result) -> str:
    """What pretending brings under each rule, in Markdown."""
    table = gaming_table(result).set_index("rule")
    lines = [
        f"- **{rule}**: {CENTS_PER_EUR * row[HOURS_BEFORE]:.1f} cents a home and event by burning in the hours before,"
        f" {CENTS_PER_EUR * row[DAYS_BEFORE]:.1f} on past days; bias {row['bias']:+.0%}, error {row['error']:.0%}."
        for rule, row in table.iterrows()
    ]
    return "\n".join(lines)


def chain_verdict(result: Result) -> str:
    """What the shown event came to on the chain, in Markdown."""
    paid, rate = result.paid, result.config.eur_per_ether
    claims = [receipt.gas_used for receipt in paid.receipts if receipt.operation == "claim"]
    posts = [receipt.gas_used for receipt in paid.receipts if receipt.operation == "post"]
    credited = sum(paid.credited)
    return f"""
The aggregator's balance shrank by {paid.spent} wei, the homes' grew by {credited} wei together: a difference of
{paid.spent - credited}. That is {units.wei_to_eur(credited, rate):.2f} EUR for {len(paid.credited)} homes,
{sum(amount > 0 for amount in paid.credited)} of which gain. A root takes {np.mean(posts):,.0f} gas whatever the number
of homes, a home's claim of all hours {np.mean(claims):,.0f}.
"""


def _signed(row: pd.Series, name: str) -> str:
    half_width = row[f"{name}_pm"]
    return _nonzero(row[name]) + ("" if np.isnan(half_width) else f" ± {half_width:.1f}")


def _nonzero(value: float) -> str:
    """With its sign, unless it rounds to nothing."""
    return f"{value:+.1f}" if abs(value) >= 0.05 else "0.0"


def _solves(result: Result) -> int:
    return 7 * len(result.weeks) + len(result.frontier)
