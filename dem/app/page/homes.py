"""Register homes, hand out their keys, look at their money."""

import gradio as gr

from dem.app import models
from dem.app.page.visitor import Visitor, given, table


def add(visitor: Visitor, key: gr.Textbox, tab: gr.Tab) -> None:
    """The tab."""
    desk = visitor.desks.homes
    with gr.Row():
        name = gr.Textbox(label="Name", elem_id="home-name", placeholder="letters, digits, - and _")
        collateral = gr.Number(10, label="Collateral, EUR", precision=0)
    with gr.Row():
        button = gr.Button("Register", variant="primary", elem_id="register")
        refresh = gr.Button("Refresh", elem_id="refresh-homes")
    issued = gr.Textbox(label="Its key, shown this once", interactive=False, elem_id="issued", buttons=["copy"])
    listed = gr.Dataframe(table(models.Home, []), label="Homes", interactive=False, elem_id="homes")

    def register(key: str, name: str, collateral: int):  # noqa: ANN202
        home = given(models.NewHome, name=name, collateral_eur=collateral)
        made = visitor.ask(key, desk.register, home)
        return made.key, visitor.table(key, models.Home, desk.homes)

    button.click(register, [key, name, collateral], [issued, listed])
    for event in (tab.select, refresh.click):
        event(lambda key: visitor.table(key, models.Home, desk.homes), key, listed)
