"""Place orders, take them back, pay out what they earned; an alert's link opens the form filled in."""

import re
from typing import NamedTuple

import gradio as gr

from dem.app import models
from dem.app.page.visitor import Visitor, Who, given, table

# What a link fills in: a home's evening, at the retail price, which no neighbour asks more than.
BACKUP_WH, BACKUP_PRICE = 2_000, models.Terms().retail_eur_per_mwh
BACKUP_NOTE = "**Backup energy for {home}** because of alert `{event}`: check the order, put in your key, and place it."


class Form(NamedTuple):
    """What a link fills in, and the note above it."""

    note: gr.Markdown
    side: gr.Radio
    energy: gr.Number
    price: gr.Number


def add(visitor: Visitor, who: Who, tab: gr.Tab) -> Form:
    """The tab."""
    desk = visitor.desks.orders
    form = _form()
    button = gr.Button("Place order", variant="primary", elem_id="place-order")
    listed = gr.Dataframe(table(models.Order, []), label="Orders of this home", elem_id="orders")
    with gr.Row():
        number = gr.Number(1, label="Number of an order", precision=0)
        cancel = gr.Button("Take it back")
        withdraw = gr.Button("Pay out proceeds", elem_id="withdraw")

    def shown(key: str, home: str):  # noqa: ANN202
        return visitor.table(key, models.Order, desk.orders, home)

    def place(key: str, home: str, side: str, energy: int, price: int):  # noqa: ANN202
        order = given(models.NewOrder, side=side, energy_wh=energy, price_eur_per_mwh=price)
        visitor.ask(key, desk.place, home, order)
        return shown(key, home)

    def cancel_it(key: str, home: str, number: int):  # noqa: ANN202
        visitor.ask(key, desk.cancel, home, number)
        return shown(key, home)

    def pay_out(key: str, home: str) -> None:
        paid = visitor.ask(key, visitor.desks.homes.withdraw_proceeds, home)
        gr.Info(f"{home} now has {paid.wallet_eur:.4f} EUR in its account")

    button.click(place, [*who, *form[1:]], listed)
    cancel.click(cancel_it, [*who, number], listed)
    withdraw.click(pay_out, [*who])
    who.look(tab, shown, [*who], [listed])
    return form


def open_from_link(page: gr.Blocks, who: Who, tabs: gr.Tabs, form: Form) -> None:
    """Open the page as its address says: ``key`` fills in the key, ``home`` and ``event`` the order."""

    def opened(request: gr.Request) -> list:
        asked = dict(request.query_params)
        home, event = asked.get("home", ""), asked.get("event", "")
        filled = [gr.skip()] * (len(Form._fields) + 2)
        if re.fullmatch(models.HOME_NAME, home):
            note = BACKUP_NOTE.format(home=home, event=re.sub(r"[^0-9a-f]", "", event) or "unknown")
            filled = [home, gr.Tabs(selected="orders"), note, "buy", BACKUP_WH, BACKUP_PRICE]
        return [asked.get("key", gr.skip()), *filled]

    page.load(opened, None, [*who, tabs, *form])


def _form() -> Form:
    note = gr.Markdown(elem_id="backup-note")
    with gr.Row():
        side = gr.Radio(["buy", "sell"], value="buy", label="Side", elem_id="order-side")
        energy = gr.Number(500, label="Energy, Wh", precision=0, elem_id="order-energy")
        price = gr.Number(180, label="Limit price, EUR/MWh", precision=0, elem_id="order-price")
    return Form(note, side, energy, price)
