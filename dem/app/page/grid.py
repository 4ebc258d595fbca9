"""The feeder with its voltages and taps, faults, and the alerts that they send."""

from typing import Any, get_args

import gradio as gr
import pandas as pd
from matplotlib.figure import Figure

from dem.app import models
from dem.app.page.visitor import Visitor, Who, given, table
from dem.grid.one_line_diagram import HIGH_PU, LOW_PU, draw_feeder

KINDS, BUSES = (list(get_args(models.NewFault.model_fields[name].annotation)) for name in ("kind", "bus"))


def add(visitor: Visitor, who: Who, tab: gr.Tab) -> None:
    """The tab."""
    desk = visitor.desks.grid
    told = gr.Markdown(elem_id="grid-told")
    drawn = gr.Plot(show_label=False, elem_id="feeder")
    with gr.Row():
        load = gr.Slider(0, 150, 100, step=5, label="The feeder's own loads, %", elem_id="load")
        regulate = gr.Checkbox(True, label="regulators move their taps")
        change = gr.Button("Change", elem_id="change-grid")
    taps = gr.Dataframe(table(models.Tap, []), label="Taps", elem_id="taps")
    with gr.Row():
        kind = gr.Dropdown(KINDS, value=KINDS[0], label="Fault", elem_id="fault-kind")
        bus = gr.Dropdown(BUSES, value=BUSES[0], label="Bus", elem_id="fault-bus")
        report = gr.Button("Report the fault", variant="stop", elem_id="report")
    alerts = gr.Markdown(elem_id="alerts")
    feeder = [told, drawn, taps]

    def shown(key: str) -> list[Any]:
        grid = visitor.look(key, desk.grid)
        if grid is None:
            return ["Put in a key to see the feeder.", None, table(models.Tap, [])]
        return [_told(grid), draw(grid), table(models.Tap, grid.taps)]

    def change_it(key: str, load: int, regulate: bool) -> list[Any]:
        visitor.ask(key, desk.change, given(models.GridChange, load_percent=load, regulate=regulate))
        return shown(key)

    def report_it(key: str, kind: str, bus: str) -> str:
        visitor.ask(key, desk.report, given(models.NewFault, kind=kind, bus=bus))
        return listed(key)

    def listed(key: str) -> str:
        return as_text(visitor.look(key, desk.alerts) or [])

    change.click(change_it, [who.key, load, regulate], feeder)
    report.click(report_it, [who.key, kind, bus], alerts)
    who.look(tab, shown, [who.key], feeder)
    who.look(tab, listed, [who.key], [alerts])


def draw(grid: models.Grid) -> Figure:
    """The one-line diagram with a colour scale below."""
    figure = Figure(figsize=(5.2, 4.8), layout="constrained")
    voltages = pd.DataFrame([voltage.model_dump() for voltage in grid.voltages])
    colors = draw_feeder(figure.subplots(), voltages, "IEEE 13-node feeder")
    bar = figure.colorbar(colors, orientation="horizontal", fraction=0.06, aspect=30, pad=0.02)
    bar.set_label(f"voltage (pu) of phases A, B, C\nframed in black: outside {LOW_PU}–{HIGH_PU}")
    return figure


def as_text(alerts: list[models.Alert]) -> str:
    """The alerts, latest first; each home's with the link to its order."""
    lines = [f"- **{alert.title}** to {alert.recipient}{_link(alert)}" for alert in reversed(alerts)]
    return "\n".join(["### Alerts", *(lines or ["None yet."])])


def _link(alert: models.Alert) -> str:
    return f": [buy backup energy]({alert.link})" if alert.link else ""


def _told(grid: models.Grid) -> str:
    return (
        f"Losses **{grid.losses_kw:.1f} kW** · **{grid.outside_band}** node phases outside {LOW_PU}–{HIGH_PU} pu · "
        f"the feeder's own loads at {grid.load_scale:.0%}"
    )
