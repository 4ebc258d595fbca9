"""Notebook 15: the plant with an aggregator that sets prices and calls for response, beside the source's tariff.

The same plants live the same days four times: at the source's tariff; at hourly prices of the aggregator; at the
source's tariff with events; with both. All keep the plant's answer to its peak. The feeder is left out, as none of the
four changes what it is.
"""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dem import plots
from dem.studies.virtual_power_plant import Config, available, lived, measured, plant_config
from dem.vpp import Plant
from dem.vpp.aggregator import margin_eur

TARIFF, PRICES, EVENTS, BOTH = ARMS = ("source's tariff", "hourly prices", "events", "prices and events")
MEASURES = ("eur", "peak_kw", "kg", "margin_eur")
CENT = 100
LABELS = {
    "eur": ("bill", "cents a home and day", CENT),
    "peak_kw": ("peak", "kW", 1),
    "kg": ("emissions", "g a home and day", 1_000),
    "margin_eur": ("aggregator's margin", "cents a home and day", CENT),
}


@dataclass(frozen=True)
class Result:
    """What happened.

    Attributes:
        config: the settings.
        homes: in each plant.
        runs: one row a ``plant`` and ``arm``: bill ``eur``, ``peak_kw`` and emissions ``kg`` as in
            `dem.studies.virtual_power_plant`, the aggregator's ``margin_eur`` a home and day; ``priced`` (share of the
            days with prices of its own), ``events``, ``promised_kwh`` and ``response_kwh``.
        change: of each arm but the first against it: ``arm``, ``measure``, ``base`` (the first's mean), ``difference``
            (mean over plants) and ``interval`` (half width, 95 %).
    """

    config: Config
    homes: int
    runs: pd.DataFrame
    change: pd.DataFrame


def run(config: Config) -> Result:
    """Run every plant with every arm.

    Raises:
        dem.data.DataError: the data cannot be used.
        ValueError: it has too few days, or prices of their own for different homes.
    """
    homes, rows, start = available(config), [], None
    for number in range(config.seeds):
        for arm in ARMS:
            settings = plant_config(config, config.answer, homes, number, start)
            with Plant(settings.model_copy(update=_changes(arm, config))) as plant:
                rows.append({"plant": number, "arm": arm, **_row(plant, config.days)})
                first = plant.source.times[0]
        start = start or first
    runs = pd.DataFrame(rows)
    return Result(config, homes, runs, _change(runs))


def _changes(arm: str, config: Config) -> dict[str, Any]:
    """What an arm changes of the plant's settings."""
    prices = {"retail": "hourly"} if arm in (PRICES, BOTH) else {}
    events = {"response_share": config.response_share} if arm in (EVENTS, BOTH) else {}
    return {"feeder": False, "chain": None, **prices, **events}


def _row(plant: Plant, days: int) -> dict[str, float]:
    events = plant.run(days)
    agreed = events.reindex(columns=["tariff", "event", "promised_kwh", "response_kwh"])
    return {
        **measured(plant.source, lived(plant), events["cost_eur"].sum()),
        "margin_eur": margin_eur(plant.source, events, plant.config) / (days * len(plant.homes.names)),
        "priced": agreed["tariff"].eq("hourly").mean(),
        "events": agreed["event"].eq(True).to_numpy().reshape(days, -1).any(axis=1).sum(),
        "promised_kwh": agreed["promised_kwh"].sum(),
        "response_kwh": agreed["response_kwh"].sum(),
    }


def _change(runs: pd.DataFrame) -> pd.DataFrame:
    """Arms against the first, paired by plant."""
    arms = {arm: rows.set_index("plant")[list(MEASURES)] for arm, rows in runs.groupby("arm")}
    tables = []
    for arm in ARMS[1:]:
        mean, interval = plots.mean_interval((arms[arm] - arms[TARIFF]).to_numpy())
        columns = {"measure": MEASURES, "base": arms[TARIFF].mean().to_numpy()}
        tables.append(pd.DataFrame({"arm": arm, **columns, "difference": mean, "interval": interval}))
    return pd.concat(tables, ignore_index=True)


def draw(result: Result) -> Figure:
    """What prices and events change of bill, peak, emissions and margin."""
    figure, panels = plt.subplots(1, len(MEASURES), figsize=(13, 2.6), sharey=True)
    rows = np.arange(len(ARMS) - 1)[::-1]
    for axes, measure in zip(panels, MEASURES, strict=True):
        label, unit, factor = LABELS[measure]
        shown = result.change[result.change["measure"] == measure]
        good = shown["difference"] > 0 if measure == "margin_eur" else shown["difference"] < 0
        colors = [plots.PALETTE["good"] if each else plots.PALETTE["paper"] for each in good]
        error = {"xerr": factor * shown["interval"], "error_kw": {"ecolor": "0.2"}}
        axes.barh(rows, factor * shown["difference"], color=colors, height=0.6, **error)
        axes.axvline(0, color="0.3", linewidth=0.8)
        axes.grid(visible=False, axis="y")
        axes.set(xlabel=f"{label}\n({unit})")
    panels[0].set(yticks=rows, yticklabels=ARMS[1:])
    figure.supxlabel(f"less at the {TARIFF}; whiskers: 95 %", y=-0.2)
    return figure


def words(result: Result) -> str:
    """What prices and events change, in words."""
    means = result.runs.groupby("arm")[["priced", "events", "promised_kwh", "response_kwh"]].mean()
    base = result.change.set_index("measure")["base"].groupby(level=0).first()
    days, both, calls = result.config.days, means.loc[BOTH], means.loc[EVENTS]
    told = "; ".join(f"{arm}: {_told(rows)}" for arm, rows in result.change.groupby("arm", sort=False))
    promised = calls["promised_kwh"]
    met = f" Meters count {calls['response_kwh'] / promised:.0%} of what homes promise." if promised else ""
    return (
        f"At the {TARIFF} a home pays {CENT * base['eur']:.0f} cents a day and the aggregator keeps "
        f"{CENT * base['margin_eur']:.0f}; all homes together peak at {base['peak_kw']:.1f} kW. Changes: {told}. "
        f"On {days * both['priced']:.1f} of {days} days the aggregator finds prices that suit all; "
        f"{calls['events']:.1f} have an event at the {TARIFF}, {both['events']:.1f} beside its own prices.{met}"
    )


def _told(rows: pd.DataFrame) -> str:
    parts = []
    for row in rows.itertuples():
        label, unit, factor = LABELS[row.measure]
        parts.append(f"{label} {factor * row.difference:+.1f} ± {factor * row.interval:.1f} {unit}")
    return ", ".join(parts)
