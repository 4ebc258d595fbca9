"""The homes themselves: load, PV and price over a week and the seasons, what they add up to, and where they have gaps.

Real homes, where a folder of them is given, stand beside the synthetic ones that everything else runs on by default.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from dem import data as homes_data
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
