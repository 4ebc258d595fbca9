"""The pictures of the study of the data (`dem.studies.dataset`)."""

from calendar import month_name

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter, DateFormatter, DayLocator
from matplotlib.figure import Figure

from dem import plots
from dem.studies.dataset import KINDS, SEASONS, WEEKS, Result, Source

SERIES = (("load", "demand"), ("pv", "supply"))


def draw_week(result: Result) -> Figure:
    """A summer and a winter week of the mean home: load and PV above, prices below; one column a source."""
    names = [source.name for source in result.sources]
    figure, axes = plt.subplots(
        4, len(names), figsize=(4.5 + 4.5 * len(names), 8), height_ratios=[2, 1, 2, 1], sharey="row", squeeze=False
    )
    for column, name in enumerate(names):
        for row, label in enumerate(WEEKS):
            week = result.weeks[(result.weeks["source"] == name) & (result.weeks["week"] == label)]
            power, price = axes[2 * row, column], axes[2 * row + 1, column]
            if week.empty:
                power.set_title(f"{name}: no whole week in {month_name[WEEKS[label]]}")
                power.set_axis_off()
                price.set_axis_off()
                continue
            _draw_power(power, week)
            _draw_price(price, week)
            power.set_title(f"{name}, {week['time'].iloc[0]:%B %Y}")
    for row, label in enumerate(("power (kW)", "price\n(cents/kWh)") * 2):
        axes[row, 0].set_ylabel(label)
    for row in (0, 2):
        axes[row, 0].set_ylim(bottom=0)
    for row in (1, 3):
        for axis in axes[row]:
            axis.set_xlabel("day, local time")
    figure.align_ylabels(axes[:, 0])
    for row in (0, 1):
        # The first column is the synthetic homes', who have every week.
        axes[row, 0].legend(loc="lower right", bbox_to_anchor=(1, 0.97), ncols=2, borderaxespad=0)
    return figure


def _draw_power(axes: Axes, week: pd.DataFrame) -> None:
    axes.fill_between(week["time"], week["pv"], color=plots.PALETTE["supply"], alpha=0.35, linewidth=0)
    for column, color in SERIES:
        label = {"load": "load", "pv": "PV"}[column]
        axes.plot(week["time"], week[column], color=plots.PALETTE[color], linewidth=1.3, label=label)
    axes.tick_params(labelbottom=False)
    axes.xaxis.set_major_locator(DayLocator())


def _draw_price(axes: Axes, week: pd.DataFrame) -> None:
    style = {"drawstyle": "steps-post", "linewidth": 1.3}
    axes.plot(week["time"], week["import_price"], color=plots.PALETTE["neutral"], label="import", **style)
    axes.plot(week["time"], week["price"], color=plots.PALETTE["price"], label="wholesale", **style)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.xaxis.set_major_locator(DayLocator())
    axes.xaxis.set_major_formatter(DateFormatter("%a"))


def draw_seasons(result: Result) -> Figure:
    """The mean day of each season, band from the 10th to the 90th percentile of days; one pair of rows a source."""
    names = [source.name for source in result.sources]
    figure, axes = plt.subplots(
        2 * len(names), 4, figsize=(12, 1 + 4.2 * len(names)), sharex=True, sharey="row", squeeze=False,
        height_ratios=[2, 1] * len(names),
    )  # fmt: skip
    for row, name in enumerate(names):
        for column, season in enumerate(SEASONS):
            day = result.seasons[(result.seasons["source"] == name) & (result.seasons["season"] == season)]
            power, price = axes[2 * row, column], axes[2 * row + 1, column]
            for series, color in SERIES:
                _draw_day(power, day, series, plots.PALETTE[color], {"load": "load", "pv": "PV"}[series])
            _draw_day(price, day, "price", plots.PALETTE["price"], "wholesale")
            power.set_title(f"{name}\n{season}" if column == 0 else season)
        axes[2 * row, 0].set_ylim(bottom=0)
        axes[2 * row, 0].set_ylabel("power (kW)")
        axes[2 * row + 1, 0].set_ylabel("price\n(cents/kWh)")
    axes[0, -1].legend(loc="upper left")
    for bottom in axes[-1]:
        bottom.set(xlabel="hour of the day, local time", xticks=range(0, 25, 6), xlim=(0, 24))
    figure.align_ylabels(axes[:, 0])
    return figure


def _draw_day(axes: Axes, day: pd.DataFrame, column: str, color: str, label: str) -> None:
    rows = day[day["column"] == column]
    axes.plot(rows["hour"], rows["mean"], color=color, label=label)
    axes.fill_between(rows["hour"], rows["low"], rows["high"], color=color, alpha=0.15, linewidth=0)


def draw_curves(result: Result) -> Figure:
    """How long each load lasts; the price against the homes' residual load, and against the whole power system's."""
    figure, (left, right, system) = plt.subplots(1, 3, figsize=(15, 4.8))
    for source, color in zip(result.sources, (plots.PALETTE["ours"], plots.PALETTE["paper"]), strict=False):
        curve = result.durations[result.durations["source"] == source.name]
        left.plot(curve["share_of_year"] * 100, curve["load"], color=color, label=f"{source.name}, load")
        left.plot(curve["share_of_year"] * 100, curve["net_load"], "--", color=color, label=f"{source.name}, less PV")
        price = result.price_curve[result.price_curve["source"] == source.name]
        right.plot(price["residual_load"], price["mean"], "o-", color=color, label=source.name, markersize=4)
        right.fill_between(price["residual_load"], price["low"], price["high"], color=color, alpha=0.15, linewidth=0)
    left.axhline(0, color="black", linewidth=0.8)
    left.set(xlabel="share of the time (%)", ylabel="power of the mean home (kW)", xlim=(0, 100))
    left.set_title("How long a load lasts")
    right.set(xlabel="load less PV of the mean home (kW)", ylabel="wholesale price (cents/kWh)")
    right.set_title("Price against the homes' residual load")
    left.legend()
    right.legend(loc="upper left")
    _draw_system(system, result.system)
    return figure


def _draw_system(axes: Axes, hours: pd.DataFrame) -> None:
    style = {"s": 3, "alpha": 0.25, "linewidth": 0, "color": plots.PALETTE["ours"]}
    # Thousands of dots weigh a megabyte as vectors.
    axes.scatter(hours["residual_load_gw"], hours["price"], rasterized=True, **style)
    correlation = np.corrcoef(hours["residual_load_gw"], hours["price"])[0, 1]
    axes.text(0.05, 0.92, f"correlation {correlation:.2f}", transform=axes.transAxes)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set(xlabel="load less wind and sun of the system (GW)", ylabel="wholesale price (cents/kWh)")
    axes.set_title("synthetic: and against the system's")


def draw_gaps(result: Result) -> Figure:
    """When each kind of quirk occurs: one panel a source, one line a kind, every spell a bar."""
    sources = result.sources
    found = [[kind for kind in KINDS if (source.findings["kind"] == kind).any()] for source in sources]
    heights = [max(len(kinds), 1) for kinds in found]
    figure, axes = plt.subplots(
        len(sources), 1, figsize=(12, 1.2 * len(sources) + 0.5 * sum(heights)), height_ratios=heights, squeeze=False
    )
    for axis, source, kinds in zip(axes[:, 0], sources, found, strict=True):
        _draw_spells(axis, source, kinds)
    return figure


def _draw_spells(axes: Axes, source: Source, kinds: list[str]) -> None:
    times = source.mean_home.index.tz_convert("UTC")
    least = (times[-1] - times[0]) / 500  # a spell of an hour in three years would not be seen
    for row, kind in enumerate(kinds):
        spells = source.findings[source.findings["kind"] == kind]
        bars = [(start, max(end - start, least)) for start, end in zip(spells["start"], spells["end"], strict=True)]
        axes.broken_barh(bars, (row - 0.3, 0.6), color=plots.PALETTE["paper"])
        hours = (spells["end"] - spells["start"]).sum() / pd.Timedelta(hours=1)
        axes.text(1.01, row, f"{len(spells)} spells, {hours:,g} h", transform=axes.get_yaxis_transform(), va="center")
    axes.set(yticks=range(len(kinds)), yticklabels=[KINDS[kind] for kind in kinds], xlim=(times[0], times[-1]))
    axes.set_ylim(max(len(kinds), 1) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))
    axes.set_title(f"{source.name}: quirks in the data as they came" if kinds else f"{source.name}: no quirks found")
