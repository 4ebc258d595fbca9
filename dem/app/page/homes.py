"""Register homes, hand out their keys, look at their money, pay in and out."""

import gradio as gr

from dem.app import models
from dem.app.page.visitor import Visitor, Who, given, table


def add(visitor: Visitor, who: Who, tab: gr.Tab) -> None:
    """The tab."""
    desk = visitor.desks.homes
    with gr.Row():
        name = gr.Textbox(label="Name of a new home", elem_id="home-name", placeholder="letters, digits, - and _")
        collateral = gr.Number(10, label="Collateral, EUR", precision=0)
        button = gr.Button("Register", variant="primary", elem_id="register")
    issued = gr.Textbox(label="Its key, shown this once", interactive=False, elem_id="issued", buttons=["copy"])
    listed = gr.Dataframe(table(models.Home, []), label="Homes", elem_id="homes")
    with gr.Row():
        amount = gr.Number(1, label="Amount for the home above, EUR", precision=0)
        pay_in = gr.Button("Pay collateral in")
        pay_out = gr.Button("Pay free collateral out")

    def shown(key: str):  # noqa: ANN202
        return visitor.table(key, models.Home, desk.homes)

    def register(key: str, name: str, collateral: int):  # noqa: ANN202
        made = visitor.ask(key, desk.register, given(models.NewHome, name=name, collateral_eur=collateral))
        return made.key, shown(key)

    def moved(action):  # noqa: ANN001, ANN202
        def move(key: str, home: str, amount: int):  # noqa: ANN202
            visitor.ask(key, action, home, given(models.Amount, amount_eur=amount).amount_eur)
            return shown(key)

        return move

    button.click(register, [who.key, name, collateral], [issued, listed])
    pay_in.click(moved(desk.add_collateral), [*who, amount], listed)
    pay_out.click(moved(desk.withdraw_collateral), [*who, amount], listed)
    who.look(tab, shown, [who.key], [listed])
