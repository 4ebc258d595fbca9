"""What notebook 15 shows (`dem.studies.virtual_power_plant`): pictures and words."""

import matplotlib.dates as dates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dem import plots
from dem.chain import gas as chain_gas
from dem.studies.virtual_power_plant import ALONE, ANSWERS, BY_PRICE, GOALS, MEASURES, PLANT, Result
from dem.vpp.network import HIGH_PU, LOW_PU

OURS, OTHERS = plots.PALETTE["ours"], plots.PALETTE["neutral"]
CENT = 100
LABELS = ("bill", "peak", "emissions", "range of voltages", "tap operations")


# Pictures


def draw_week(result: Result) -> Figure:
    """The first plant, interval by interval: energy, prices, voltages."""
    figure, (power, prices, voltage) = plt.subplots(3, 1, figsize=(11, 8.5), sharex=True)
    week, hours = result.week, result.week["hours"]
    power.plot(week.index, week["alone_kwh"] / hours, color=OTHERS, label=ALONE)
    power.plot(week.index, week["metered_kwh"] / hours, color=OURS, label=PLANT)
    power.axhline(0, color="0.3", linewidth=0.8)
    power.set(ylabel=f"{result.homes} homes take (kW)")
    prices.fill_between(
        week.index, CENT * week["feed_in"], CENT * week["retail"], step="post", color="0.9", label="feed-in to retail"
    )
    prices.plot(
        week.index, CENT * week["imbalance_price"], ".", ms=4, color=plots.PALETTE["paper"], label="for deviations"
    )
    prices.plot(week.index, CENT * week["price"].astype(float), ".", ms=5, color=OURS, label="among homes")
    prices.set(ylabel="price (cents/kWh)")
    _draw_voltage(voltage, week)
    voltage.xaxis.set_major_formatter(dates.DateFormatter("%d %b"))
    voltage.xaxis.set_major_locator(dates.DayLocator())
    voltage.set_xlabel("time (UTC)")
    for axes in (power, prices, voltage):
        axes.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _draw_voltage(axes: Axes, week: pd.DataFrame) -> None:
    ways = {ALONE: ("alone_lowest_pu", "alone_highest_pu", OTHERS), PLANT: ("lowest_pu", "highest_pu", OURS)}
    for arm, (low, high, color) in ways.items():
        axes.fill_between(week.index, week[low], week[high], color=color, alpha=0.35, linewidth=0, label=arm)
    for limit in (LOW_PU, HIGH_PU):
        axes.axhline(limit, color=plots.PALETTE["paper"], linewidth=1, linestyle="--")
    axes.set(ylabel="all nodes' voltages (pu)")


def draw_change(result: Result) -> Figure:
    """What the plant changes against each for itself, and what each step changes of the bill."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.2))
    change, parts = result.change, result.parts
    rows = np.arange(len(change))[::-1]
    left.barh(rows, change["percent"], xerr=change["interval"], color=OURS, height=0.6, error_kw={"ecolor": "0.2"})
    left.set(yticks=rows, yticklabels=LABELS, xlabel=f"{PLANT} less {ALONE}\n(% of the latter; 95 %)")
    rows = np.arange(len(parts))[::-1]
    colors = [plots.PALETTE["good"] if eur < 0 else plots.PALETTE["paper"] for eur in parts["eur"]]
    error = CENT * parts["interval"]
    right.barh(rows, CENT * parts["eur"], xerr=error, color=colors, height=0.6, error_kw={"ecolor": "0.2"})
    right.set(
        yticks=rows,
        yticklabels=parts["part"],
        xlabel="what a step changes of the bill\n(cents a home and day; 95 %)",
    )
    for axes in (left, right):
        axes.axvline(0, color="0.3", linewidth=0.8)
        axes.grid(visible=False, axis="y")
    return figure


def change_numbers(result: Result) -> pd.DataFrame:
    """What `draw_change` shows, and the means that it stands on."""
    means = result.runs.groupby("arm")[list(MEASURES)].mean()
    change = result.change.assign(alone=means.loc[ALONE], plant=means.loc[PLANT]).reset_index()
    parts = result.parts.assign(part=result.parts["part"].str.replace("\n", " "))
    return pd.concat([change, parts.rename(columns={"part": "measure"})], ignore_index=True)


def draw_answers(result: Result) -> Figure:
    """Bill, peak and emissions of a plant with each answer, against each for itself."""
    figure, panels = plt.subplots(1, len(GOALS), figsize=(12, 2.8), sharey=True)
    rows = np.arange(len(ANSWERS))[::-1]
    colors = [OURS if answer == result.config.answer else OTHERS for answer in ANSWERS]
    for axes, goal, label in zip(panels, GOALS, LABELS, strict=False):
        shown = result.answers.loc[goal].set_index("answer").loc[list(ANSWERS)]
        axes.barh(rows, shown["percent"], xerr=shown["interval"], color=colors, height=0.6, error_kw={"ecolor": "0.2"})
        axes.axvline(0, color="0.3", linewidth=0.8)
        axes.grid(visible=False, axis="y")
        axes.set(xlabel=f"{label}, less {ALONE}\n(% of the latter; 95 %)")
    panels[0].set(yticks=rows, yticklabels=ANSWERS)
    return figure


def answer_numbers(result: Result) -> pd.DataFrame:
    """What `draw_answers` shows, and the means that it stands on."""
    means = result.runs.groupby("arm")[list(GOALS)].mean()
    rows = result.answers.reset_index()
    return rows.assign(
        alone=[means.loc[ALONE, goal] for goal in rows["measure"]],
        plant=[means.loc[answer, goal] for answer, goal in zip(rows["answer"], rows["measure"], strict=True)],
    )


def draw_gas(result: Result) -> Figure:
    """Gas of a home and interval beside the paper's, and a home's day in EUR beside what the plant saves it."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 3.8))
    paper = published_gas(result.homes)
    bottom = 0.0
    for used, color in zip(result.gas.itertuples(), (OURS, plots.CYCLE[5]), strict=True):
        left.barh([PLANT], [used.gas_home / 1e3], left=bottom, color=color, height=0.5, label=used.operation)
        bottom += used.gas_home / 1e3
    left.barh(["the paper"], [paper / 1e3], color=plots.PALETTE["paper"], height=0.5, label="settle a pair")
    left.set(xlabel=f"gas a home and interval (1,000)\n{result.homes} homes")
    left.legend(fontsize=9, loc="upper left", bbox_to_anchor=(0, 1.22), ncols=3)
    _draw_worth(right, result)
    return figure


def _draw_worth(axes: Axes, result: Result) -> None:
    saved, interval = _saved(result)
    config = result.config
    names = [
        "saved by the plant",
        f"chain at {config.l2_gas_price_gwei:g} gwei",
        f"chain at {config.l1_gas_price_gwei:g} gwei",
    ]
    values = [saved, result.gas["l2_eur"].sum(), result.gas["l1_eur"].sum()]
    colors = [plots.PALETTE["good"], OURS, OURS]
    axes.barh(names, values, xerr=[interval, 0, 0], color=colors, height=0.5, error_kw={"ecolor": "0.2"})
    axes.set(xscale="symlog" if saved <= 0 else "log", xlabel="EUR a home and day (logarithmic; 95 %)")
    axes.invert_yaxis()


def gas_numbers(result: Result) -> pd.DataFrame:
    """What `draw_gas` shows."""
    saved, interval = _saved(result)
    return result.gas.assign(paper_gas_home=published_gas(result.homes), saved_eur=saved, saved_interval=interval)


def published_gas(homes: int) -> float:
    """Gas of the paper's settlement for each home, half of them sellers, between the book sizes that it was run at."""
    table = chain_gas.published_settlement()
    pairs = homes / 2
    return float(np.interp(pairs, table["pairs"], table["settlement_gas"])) / homes


# Words


def verdict(result: Result) -> str:
    """Bill, peak, emissions and voltages, in words."""
    mean = result.runs.groupby("arm")[["eur", "peak_kw", "kg"]].mean()
    outside = result.runs.groupby("arm")["outside"].sum()
    bill, peak, carbon = (_signed(result.change.loc[name]) for name in ("eur", "peak_kw", "kg"))
    return (
        f"Over {result.config.seeds} plants of {result.homes} homes and {result.config.days} days each, a home pays "
        f"{mean.loc[PLANT, 'eur']:.3f} EUR a day in the plant and {mean.loc[ALONE, 'eur']:.3f} EUR each for itself: "
        f"**{bill}**. The most that all homes take at once changes by **{peak}**, emissions by **{carbon}**. Voltages "
        f"leave the band in {outside[PLANT]:.0f} cases (a node in an interval) with the plant and in "
        f"{outside[ALONE]:.0f} without it."
    )


def answer_words(result: Result) -> str:
    """What each answer does to bill, peak and emissions, and what the plant's own costs, in words."""
    rows = result.answers.set_index("answer", append=True)
    told = "; ".join(
        f"{answer}, " + ", ".join(_signed(rows.loc[(goal, answer)]) for goal in GOALS) for answer in ANSWERS
    )
    mean, interval = _difference(result, PLANT, BY_PRICE)
    week = result.week
    intensity = week["emissions_kg"].sum() / week["metered_kwh"].clip(lower=0).sum()
    return (
        f"Against each for itself, bill, peak and emissions change as follows. A plant that plans {told}. The plant of "
        f"this page is the one {result.config.answer}; beside planning by price alone that changes a home's bill by "
        f"**{CENT * mean:+.1f} ± {CENT * interval:.1f} cents** a day. The carbon price is "
        f"{CENT * result.config.carbon_price * intensity:.1f} cents on a kWh from the network, which costs "
        f"{CENT * week['retail'].mean():.1f}."
    )


def market_words(result: Result) -> str:
    """What was traded, at which prices, and what deviated, in words; of the first plant."""
    week = result.week
    traded, deviated = week["traded_kwh"].sum(), week["deviation_kwh"].abs().sum()
    paid = (week["traded_kwh"] * week["price"].astype(float)).sum() / traded if traded else float("nan")
    parts = result.parts.set_index("part")
    market = parts.iloc[-1]
    return (
        f"In the first plant homes trade {traded:.0f} kWh at {CENT * paid:.1f} cents/kWh on average, where the network "
        f"sells at {CENT * week['retail'].mean():.1f} and buys at {CENT * week['feed_in'].mean():.1f}; together they "
        f"miss what they ordered by {deviated:.0f} of {week['load_kwh'].sum():.0f} kWh used; the feeder cuts "
        f"{week['cut_kwh'].sum():.1f} kWh of the trades. Market and balance together change a home's bill by "
        f"{CENT * market['eur']:+.1f} ± {CENT * market['interval']:.1f} cents a day."
    )


def chain_words(result: Result) -> str:
    """What settling on the chain takes, in words."""
    gas, config = result.gas.set_index("operation"), result.config
    saved, interval = _saved(result)
    l1, l2 = gas["l1_eur"].sum(), gas["l2_eur"].sum()
    return (
        f"A root costs {gas.loc['post a root', 'gas']:,.0f} gas, whatever the number of homes, a home's claim of a day "
        f"{gas.loc['claim a day', 'gas']:,.0f}. With {result.homes} homes that is {gas['gas_home'].sum():,.0f} gas a "
        f"home and interval; the paper's settlement takes {published_gas(result.homes):,.0f} for each home of a pair. "
        f"A home's day costs {l1:.2f} EUR at {config.l1_gas_price_gwei:g} gwei and {l2:.2f} EUR at "
        f"{config.l2_gas_price_gwei:g} gwei, and the plant saves it {saved:.2f} ± {interval:.2f} EUR."
    )


def _saved(result: Result) -> tuple[float, float]:
    """EUR a home and day that the plant saves against each for itself, and the interval's half width."""
    return _difference(result, ALONE, PLANT)


def _difference(result: Result, arm: str, other: str) -> tuple[float, float]:
    """EUR a home and day that an arm pays beyond another, and the interval's half width."""
    bill = {name: rows["eur"].to_numpy() for name, rows in result.runs.groupby("arm")}
    mean, interval = plots.mean_interval(bill[arm] - bill[other])
    return float(mean), float(interval)


def _signed(row: pd.Series) -> str:
    return f"{row['percent']:+.1f} ± {row['interval']:.1f} %"
