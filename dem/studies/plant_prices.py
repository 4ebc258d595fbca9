"""Notebook 15: the plant with an aggregator that sets prices and calls for response, beside the source's tariff.

The same plants live the same days four times: with and without the aggregator, each with batteries that follow the
plant's agent and with batteries that rest. All keep the plant's answer to its peak. The feeder is left out, as none of
the four changes what it is.
"""

from dataclasses import dataclass
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dem import plots
from dem.studies.virtual_power_plant import Config, available, lived, measured, plant_config
from dem.vpp import Plant
from dem.vpp.aggregator import margin_eur

PLANNING, RESTING = BATTERIES = ("batteries plan", "batteries rest")
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
        runs: one row a ``plant``, state of the ``batteries``, and ``aggregator`` (whether there is one): bill ``eur``,
            ``peak_kw`` and emissions ``kg`` as in `dem.studies.virtual_power_plant`, the aggregator's ``margin_eur`` a
            home and day (without one, what is left to whoever sells at the source's tariff); ``priced`` (share of the
            days with prices of its own), ``events``, ``promised_kwh`` and ``response_kwh``.
        change: with an aggregator against without: ``batteries``, ``measure``, ``base`` (mean without), ``difference``
            (mean over plants) and ``interval`` (half width, 95 %).
    """

    config: Config
    homes: int
    runs: pd.DataFrame
    change: pd.DataFrame


def run(config: Config) -> Result:
    """Run every plant four times.

    Raises:
        dem.data.DataError: the data cannot be used.
        ValueError: it has too few days, or different prices for different homes.
    """
    homes, rows, start = available(config), [], None
    for number in range(config.seeds):
        plant = None
        for batteries, aggregator in product(BATTERIES, (False, True)):
            settings = plant_config(config, config.answer, homes, number, start)
            changes = _aggregator(config) if aggregator else {}
            changes |= {"feeder": False, "chain": None} | ({"agent": "rest"} if batteries == RESTING else {})
            with Plant(settings.model_copy(update=changes), like=plant) as plant:
                key = {"plant": number, "batteries": batteries, "aggregator": aggregator}
                rows.append(key | _row(plant, config.days))
        start = start or plant.source.times[0]
    runs = pd.DataFrame(rows)
    return Result(config, homes, runs, _change(runs))


def _aggregator(config: Config) -> dict[str, object]:
    return {"retail": "hourly", "response_share": config.response_share}


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
    """What an aggregator changes, paired by plant."""
    measured_by = {
        key: rows.set_index("plant")[list(MEASURES)] for key, rows in runs.groupby(["batteries", "aggregator"])
    }
    tables = []
    for batteries in BATTERIES:
        without, agreed = (measured_by[batteries, aggregator] for aggregator in (False, True))
        mean, interval = plots.mean_interval((agreed - without).to_numpy())
        columns = {"batteries": batteries, "measure": MEASURES, "base": without.mean().to_numpy()}
        tables.append(pd.DataFrame({**columns, "difference": mean, "interval": interval}))
    return pd.concat(tables, ignore_index=True)


def draw(result: Result) -> Figure:
    """What an aggregator changes of bill, peak, emissions and margin."""
    figure, panels = plt.subplots(1, len(MEASURES), figsize=(13, 2), sharey=True)
    rows = np.arange(len(BATTERIES))[::-1]
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
    panels[0].set(yticks=rows, yticklabels=BATTERIES)
    figure.supxlabel("with an aggregator less at the source's tariff; whiskers: 95 %", y=-0.25)
    return figure


def words(result: Result) -> str:
    """What an aggregator changes, in words."""
    agreed = result.runs[result.runs["aggregator"]].mean(numeric_only=True)
    base = result.change[result.change["batteries"] == PLANNING].set_index("measure")["base"]
    days, promised = result.config.days, agreed["promised_kwh"]
    told = "; ".join(f"**{name}**, {_told(rows)}" for name, rows in result.change.groupby("batteries", sort=False))
    met = f" Meters count {agreed['response_kwh'] / promised:.0%} of what homes promise." if promised else ""
    return (
        f"At the source's tariff, and with batteries that plan, a home pays {CENT * base['eur']:.0f} cents a day, the "
        f"aggregator keeps {CENT * base['margin_eur']:.0f}, and all homes together peak at {base['peak_kw']:.1f} kW. "
        f"Its own prices and events change that: {told}. On {days * agreed['priced']:.1f} of {days} days it finds "
        f"prices that suit all, on {agreed['events']:.1f} it calls an event.{met}"
    )


def _told(rows: pd.DataFrame) -> str:
    parts = []
    for row in rows.itertuples():
        label, unit, factor = LABELS[row.measure]
        parts.append(f"{label} {factor * row.difference:+.1f} ± {factor * row.interval:.1f} {unit}")
    return ", ".join(parts)
