"""The virtual power plant: let intervals happen; what batteries did and what is expected of a home."""

from collections.abc import Sequence
from typing import Any

import gradio as gr
import pandas as pd
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure

from dem import plots, units
from dem.app import models
from dem.app.page.visitor import Visitor, Who, given, table

INTERVALS_LISTED = 12


def add(visitor: Visitor, who: Who, tab: gr.Tab) -> None:
    """The tab."""
    desk = visitor.desks.plant
    homes = ", ".join(desk.names) or "none: no plant is running here"
    gr.Markdown(f"Homes of the plant: {homes}. Put one into the box on top to see its battery and its forecast.")
    with gr.Row():
        count = gr.Number(1, label="Intervals", precision=0)
        go_on = gr.Button("Go on", variant="primary", elem_id="go-on")
    together = gr.Plot(show_label=False, elem_id="plant-plot")
    battery = gr.Plot(show_label=False, elem_id="dispatch-plot")
    expected = gr.Plot(show_label=False, elem_id="forecast-plot")
    listed = gr.Dataframe(table(models.Interval, []), label="Latest intervals", elem_id="intervals")
    everything = [together, battery, expected, listed]

    def shown(key: str, home: str) -> list[Any]:
        happened = visitor.look(key, desk.intervals) or []
        done = visitor.look(key, desk.dispatch, home) or []
        forecast = visitor.look(key, desk.forecast, home) or []
        return [
            draw_plant(happened),
            draw_dispatch(done),
            draw_forecast(forecast),
            table(models.Interval, happened[: -INTERVALS_LISTED - 1 : -1]),
        ]

    def step(key: str, home: str, count: int) -> list[Any]:
        visitor.ask(key, desk.go_on, given(models.Going, intervals=count).intervals)
        return shown(key, home)

    go_on.click(step, [*who, count], everything)
    who.look(tab, shown, [*who], everything)


def draw_plant(happened: Sequence[models.Interval]) -> Figure | None:
    """What all homes used, generated, took, stored and traded."""
    lines = {
        "load": ("load_kwh", plots.PALETTE["demand"]),
        "PV": ("pv_kwh", plots.PALETTE["supply"]),
        "from the network": ("metered_kwh", plots.PALETTE["neutral"]),
        "into batteries": ("battery_kwh", plots.PALETTE["good"]),
        "traded between homes": ("traded_kwh", plots.PALETTE["price"]),
    }
    return _draw(happened, lines, "All homes together", "energy in an interval (kWh)")


def draw_dispatch(done: Sequence[models.Dispatch]) -> Figure | None:
    """What a home stored and what its meter saw."""
    lines = {
        "stored": ("stored_kwh", plots.PALETTE["good"]),
        "into the battery": ("battery_kwh", plots.PALETTE["supply"]),
        "metered, from the network": ("metered_wh", plots.PALETTE["demand"]),
    }
    return _draw(done, lines, f"Battery of {done[0].home}" if done else "", "energy (kWh)")


def draw_forecast(expected: Sequence[models.Forecast]) -> Figure | None:
    """Load and PV that the next gate expects."""
    lines = {"load": ("load_kwh", plots.PALETTE["demand"]), "PV": ("pv_kwh", plots.PALETTE["supply"])}
    title = f"Expected of {expected[0].home}" if expected else ""
    return _draw(expected, lines, title, "energy in an interval (kWh)")


def _draw(rows: Sequence[Any], lines: dict[str, tuple[str, str]], title: str, unit: str) -> Figure | None:
    if not rows:
        return None
    values = pd.DataFrame([row.model_dump() for row in rows]).set_index("time")
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    axes = figure.subplots()
    for label, (column, color) in lines.items():
        scale = 1 / units.WH_PER_KWH if column.endswith("_wh") else 1
        axes.plot(values.index, values[column] * scale, label=label, color=color)
    axes.set(title=title, ylabel=unit, xlabel="time (UTC)")
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))
    figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    return figure
