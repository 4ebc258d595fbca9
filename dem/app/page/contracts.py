"""Deploy the contracts and look at them."""

import gradio as gr

from dem.app import models
from dem.app.page.visitor import Visitor, given, table
from dem.chain.double_auction import PRICINGS

TERMS = models.Terms()


def add(visitor: Visitor, key: gr.Textbox, tab: gr.Tab) -> None:
    """The tab."""
    desk = visitor.desks.homes
    with gr.Row():
        retail = gr.Number(TERMS.retail_eur_per_mwh, label="Retail price, EUR/MWh", precision=0)
        feed_in = gr.Number(TERMS.feed_in_eur_per_mwh, label="Feed-in price, EUR/MWh", precision=0)
        price = gr.Number(TERMS.price_eur_per_mwh, label="Pool's price, EUR/MWh", precision=0)
        pricing = gr.Dropdown(list(PRICINGS), value=TERMS.pricing, label="Price rule of the auction")
    button = gr.Button("Deploy", variant="primary", elem_id="deploy")
    listed = gr.Dataframe(table(models.Contract, []), label="Contracts on the chain", interactive=False, wrap=True)

    def deploy(key: str, retail: int, feed_in: int, price: int, pricing: str):  # noqa: ANN202
        fields = {"retail_eur_per_mwh": retail, "feed_in_eur_per_mwh": feed_in, "price_eur_per_mwh": price}
        terms = given(models.Terms, **fields, pricing=pricing)
        return table(models.Contract, visitor.ask(key, desk.deploy, terms))

    button.click(deploy, [key, retail, feed_in, price, pricing], listed)
    tab.select(lambda key: visitor.table(key, models.Contract, desk.contracts), key, listed)
