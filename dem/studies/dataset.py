"""The homes themselves: load, PV and price over a week and the seasons, what they add up to, and where they have gaps.

Real homes, where a folder of them is given, stand beside the synthetic ones that everything else runs on by default.
"""

from calendar import month_name
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter, DateFormatter, DayLocator
from matplotlib.figure import Figure
from pydantic import Field

from dem import data as homes_data
from dem import plots
from dem.data.synthetic import power_system_of
from dem.studies.config import StudyConfig
from dem.units import CENTS_PER_EUR

SYNTHETIC = "synthetic"
SEASONS = {"winter": (12, 1, 2), "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11)}
WEEKS = {"summer week": 7, "winter week": 1}  # label → month
HOUSE_DAILY_KWH, HOUSE_PV_KWP = 10.0, 2.0
BUILDING_KW = 5.0  # a single home above this mean load is a building
DURATION_POINTS = 200
PRICE_BINS = 12
KINDS = {
    "zero_load": "load is zero",
    "near_zero_load": "load is nearly zero",
    "stuck_load": "load is stuck",
    "outlier_load": "load is far above usual",
    "pv_gap": "no PV for over a day",
    "outlier_price": "price is far from usual",
    "stuck_temperature": "temperature is stuck",
    "jump_temperature": "temperature jumps",
}
SERIES = (("load", "demand"), ("pv", "supply"))


class Config(StudyConfig):
    """Settings of the study."""

    PROFILES: ClassVar[dict[str, dict[str, Any]]] = {"quick": {"homes": 10}, "full": {"homes": 100}}

    homes: int = Field(default=10, ge=1, description="synthetic homes")
    tariff: str = Field(default="time_of_use", description="turns the day-ahead price into the import price")


@dataclass(frozen=True)
class Source:
    """One source as the figures show it.

    Attributes:
        name: for titles.
        zone: local clock of its homes.
        mean_home: by local time: load and pv (kW, mean over homes), price and import_price (cents/kWh).
        findings: spells that `dem.data.report` found in the measurements as they came.
        summary: quantities by name.
    """

    name: str
    zone: str
    mean_home: pd.DataFrame
    findings: pd.DataFrame
    summary: pd.Series


@dataclass(frozen=True)
class Result:
    """What the figures and tables show; every frame has a column ``source``.

    Attributes:
        sources: the synthetic homes, then the given ones.
        summary: one column per source, one row per quantity.
        weeks: a summer and a winter week: source, week, time, load, pv (kW), price, import_price (cents/kWh).
        seasons: mean day per season: source, season, hour, column, mean, low, high (10th and 90th percentile of days).
        durations: source, share_of_year, load, net_load (kW), sorted.
        price_curve: source, residual_load (kW), mean price with 10th and 90th percentile (cents/kWh).
        system: hours of the synthetic homes' power system: residual_load_gw, price (cents/kWh).
        gaps: quirks by source and kind: spells, hours, longest_hours.
        spells: every quirk: source, home, kind, start, end, steps, value.
    """

    sources: tuple[Source, ...]
    summary: pd.DataFrame
    weeks: pd.DataFrame
    seasons: pd.DataFrame
    durations: pd.DataFrame
    price_curve: pd.DataFrame
    system: pd.DataFrame
    gaps: pd.DataFrame
    spells: pd.DataFrame

    @property
    def curves(self) -> pd.DataFrame:
        """The numbers of the three panels of `draw_curves`, told apart by the column ``panel``."""
        panels = {"duration": self.durations, "price": self.price_curve, "system": self.system.drop(columns="time")}
        return pd.concat(panels, names=["panel"]).reset_index(level="panel").reset_index(drop=True)


def run(config: Config) -> Result:
    """Load the synthetic homes and, where ``config.data`` names others, those too.

    Raises:
        dem.data.DataError: if the given data cannot be used.
    """
    tables = {SYNTHETIC: homes_data.load(SYNTHETIC, homes=config.homes, seed=config.seed, tariff=config.tariff)}
    if config.data != SYNTHETIC:
        tables[Path(config.data).name] = homes_data.load(config.data, tariff=config.tariff)
    zones = [homes_data.time_zone(source) for source in dict.fromkeys((SYNTHETIC, config.data))]
    sources = tuple(_source(name, table, zone) for (name, table), zone in zip(tables.items(), zones, strict=True))
    return Result(
        sources=sources,
        summary=pd.DataFrame({source.name: source.summary for source in sources}),
        weeks=_collect(sources, _weeks),
        seasons=_collect(sources, _seasons),
        durations=_collect(sources, _durations),
        price_curve=_collect(sources, _price_curve),
        system=_system(sources[0], config.seed),
        gaps=_collect(sources, _gaps),
        spells=_collect(sources, lambda source: source.findings),
    )


def _source(name: str, table: pd.DataFrame, zone: str) -> Source:
    findings = homes_data.report(table)
    hours = homes_data.step_hours(table)
    as_homes = _household_sized(table)
    wide = {column: homes_data.wide(as_homes, column).mean(axis=1) for column in homes_data.COLUMNS[1:]}
    mean_home = pd.DataFrame(
        {
            "load": wide["load_kwh"] / hours,
            "pv": wide["pv_kwh"] / hours,
            "price": wide["wholesale_price"] * CENTS_PER_EUR,
            "import_price": wide["import_price"] * CENTS_PER_EUR,
        }
    ).tz_convert(zone)
    return Source(name, zone, mean_home, findings, _summary(as_homes, findings, hours))


def _household_sized(table: pd.DataFrame) -> pd.DataFrame:
    """A building becomes one home of household size, so that it can stand beside homes; homes stay as they are."""
    mean_kw = table["load_kwh"].mean() / homes_data.step_hours(table)
    if len(homes_data.home_names(table)) > 1 or mean_kw < BUILDING_KW:
        return table
    return homes_data.households(table, 1, daily_kwh=HOUSE_DAILY_KWH, pv_kwp=HOUSE_PV_KWP)


def _summary(table: pd.DataFrame, findings: pd.DataFrame, hours: float) -> pd.Series:
    load, pv, price = (homes_data.wide(table, column) for column in ("load_kwh", "pv_kwh", "wholesale_price"))
    days = len(load) * hours / 24
    price = price.iloc[:, 0]
    residual = load.sum(axis=1) - pv.sum(axis=1)
    return pd.Series(
        {
            "homes": load.shape[1],
            "first day": f"{load.index[0]:%Y-%m-%d}",
            "last day": f"{load.index[-1]:%Y-%m-%d}",
            "minutes per interval": round(hours * 60),
            "load per home and day (kWh)": f"{load.sum().mean() / days:.2f}",
            "highest load of a home (kW)": f"{load.max().max() / hours:.2f}",
            "PV per home and day (kWh)": f"{pv.sum().mean() / days:.2f}",
            "wholesale price, mean (cents/kWh)": f"{price.mean() * CENTS_PER_EUR:.2f}",
            "wholesale price, sd (cents/kWh)": f"{price.std() * CENTS_PER_EUR:.2f}",
            "hours below zero, a year": f"{(price < 0).mean() * 8760:.0f}",
            "correlation of price and residual load": f"{np.corrcoef(residual, price)[0, 1]:.2f}",
            "quirks found (spells)": len(findings),
        }
    )


def _collect(sources: Sequence[Source], part: Callable[[Source], pd.DataFrame]) -> pd.DataFrame:
    parts = [part(source).assign(source=source.name) for source in sources]
    # Not every source has quirks, or a July: frames without rows would blur the others' types.
    return pd.concat([rows for rows in parts if len(rows)] or parts[:1], ignore_index=True)


def _weeks(source: Source) -> pd.DataFrame:
    parts = [source.mean_home.iloc[:0].assign(week="")]
    for label, month in WEEKS.items():
        start = _first_monday(source.mean_home.index, month)
        if start is not None:
            week = source.mean_home.loc[start : start + pd.Timedelta(days=7) - pd.Timedelta(1, "ns")]
            parts.append(week.assign(week=label))
    # Local clocks differ between sources and columns hold one zone: from here on it is the clock's reading.
    return pd.concat(parts).tz_localize(None).rename_axis("time").reset_index()


def _first_monday(times: pd.DatetimeIndex, month: int) -> pd.Timestamp | None:
    """Midnight of the first Monday in ``month`` whose whole week is there."""
    mondays = times[(times.month == month) & (times.dayofweek == 0) & (times.hour == 0) & (times.minute == 0)]
    whole = mondays[mondays + pd.Timedelta(days=7) <= times[-1]]
    return whole[0] if len(whole) else None


def _seasons(source: Source) -> pd.DataFrame:
    frame = source.mean_home
    clock = frame.index.hour + frame.index.minute / 60
    season_of = {month: season for season, months in SEASONS.items() for month in months}
    long = frame.assign(hour=clock, season=frame.index.month.map(season_of)).melt(
        id_vars=["season", "hour"], var_name="column", value_name="value"
    )
    grouped = long.groupby(["season", "column", "hour"])["value"]
    statistics = {"mean": grouped.mean(), "low": grouped.quantile(0.1), "high": grouped.quantile(0.9)}
    return pd.DataFrame(statistics).reset_index()


def _durations(source: Source) -> pd.DataFrame:
    share = np.linspace(0, 1, DURATION_POINTS)
    load, pv = source.mean_home["load"], source.mean_home["pv"]
    curves = {"load": load, "net_load": load - pv}
    sorted_values = {name: np.quantile(values, 1 - share) for name, values in curves.items()}
    return pd.DataFrame({"share_of_year": share, **sorted_values})


def _price_curve(source: Source) -> pd.DataFrame:
    frame = source.mean_home
    residual = frame["load"] - frame["pv"]
    bins = pd.qcut(residual, PRICE_BINS, duplicates="drop")
    price = frame["price"].groupby(bins, observed=True)
    return pd.DataFrame(
        {
            "residual_load": residual.groupby(bins, observed=True).mean(),
            "mean": price.mean(),
            "low": price.quantile(0.1),
            "high": price.quantile(0.9),
        }
    ).reset_index(drop=True)


def _system(synthetic: Source, seed: int) -> pd.DataFrame:
    """The power system that sets the synthetic homes' price; the homes themselves are far too small to move it."""
    year = synthetic.mean_home.index[0].tz_convert("UTC").year
    hourly = power_system_of(year, seed)[["residual_load_gw", "price"]].iloc[::2]
    return hourly.assign(price=hourly["price"] * CENTS_PER_EUR).reset_index()


def _gaps(source: Source) -> pd.DataFrame:
    step = source.mean_home.index[1] - source.mean_home.index[0]
    spells = source.findings.assign(home="all")
    return homes_data.summary(spells, step / pd.Timedelta(hours=1)).drop(columns="home")


def findings(result: Result) -> str:
    """What the homes leave a battery to do, in Markdown, every number taken from the result."""
    return "\n".join(_findings(source) for source in result.sources)


def _findings(source: Source) -> str:
    home = source.mean_home
    surplus = (home["pv"] > home["load"]).mean()
    prices = np.sort(home["import_price"].to_numpy())
    quarter = len(prices) // 4
    return (
        f"- **{source.name}**: for {surplus:.0%} of the time the roof of the mean home gives more than it takes. A "
        f"bought kWh costs {prices[:quarter].mean():.1f} cents on average in the cheapest quarter of the time and "
        f"{prices[-quarter:].mean():.1f} in the dearest. {len(source.findings):,} spells of the series are odd."
    )


def quirks(result: Result) -> pd.DataFrame:
    """The oddities of each source, as a reader wants them."""
    titles = {"kind": "what is odd", "longest_hours": "longest (h)", "hours": "hours", "spells": "spells"}
    return result.gaps.assign(kind=result.gaps["kind"].map(KINDS)).rename(columns=titles)


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
