"""Deploy the contracts, look at them, see the gas that each operation uses."""

from collections.abc import Sequence

import gradio as gr
from matplotlib.figure import Figure

from dem import plots
from dem.app import models
from dem.app.page.visitor import Visitor, Who, given, table
from dem.chain.double_auction import PRICINGS

TERMS = models.Terms()
ROW_INCHES = 0.32
OPERATIONS_DRAWN = 20


def add(visitor: Visitor, who: Who, tab: gr.Tab) -> None:
    """The tab."""
    desk = visitor.desks.homes
    with gr.Row():
        retail = gr.Number(TERMS.retail_eur_per_mwh, label="Retail price, EUR/MWh", precision=0)
        feed_in = gr.Number(TERMS.feed_in_eur_per_mwh, label="Feed-in price, EUR/MWh", precision=0)
        price = gr.Number(TERMS.price_eur_per_mwh, label="Pool's price, EUR/MWh", precision=0)
        pricing = gr.Dropdown(list(PRICINGS), value=TERMS.pricing, label="Price rule of the auction")
    button = gr.Button("Deploy", variant="primary", elem_id="deploy")
    listed = gr.Dataframe(table(models.Contract, []), label="Contracts on the chain", elem_id="contracts")
    used = gr.Dataframe(table(models.GasUse, []), label="Gas by operation", elem_id="gas")
    drawn = gr.Plot(show_label=False, elem_id="gas-plot")

    def shown(key: str):  # noqa: ANN202 – what three components show
        gas = visitor.look(key, desk.gas_used) or []
        return visitor.table(key, models.Contract, desk.contracts), table(models.GasUse, gas), draw_gas(gas)

    def deploy(key: str, retail: int, feed_in: int, price: int, pricing: str):  # noqa: ANN202
        fields = {"retail_eur_per_mwh": retail, "feed_in_eur_per_mwh": feed_in, "price_eur_per_mwh": price}
        visitor.ask(key, desk.deploy, given(models.Terms, **fields, pricing=pricing))
        return shown(key)

    button.click(deploy, [who.key, retail, feed_in, price, pricing], [listed, used, drawn])
    who.look(tab, shown, [who.key], [listed, used, drawn])


def draw_gas(used: Sequence[models.GasUse]) -> Figure | None:
    """A bar an operation, the dearest on top; nothing before the first transaction."""
    dearest = sorted(used, key=_gas)[-OPERATIONS_DRAWN:]
    if not dearest:
        return None
    figure = Figure(figsize=(5.2, 1.2 + ROW_INCHES * len(dearest)), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(
        [use.operation for use in dearest], [_gas(use) / 1e3 for use in dearest], color=plots.PALETTE["ours"]
    )
    axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize=9)
    axes.margins(x=0.12)
    axes.set(xscale="log", xlabel="gas (thousands, log scale)", title="What an operation costs")
    axes.grid(visible=False, axis="y")
    return figure


def _gas(use: models.GasUse) -> int:
    return use.later_gas or use.first_gas
