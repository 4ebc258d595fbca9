"""Meter readings by time slot, and the certificates that a home makes of what it gave."""

from typing import Any

import gradio as gr

from dem.app import models
from dem.app.page.visitor import Visitor, Who, given, table


def add(visitor: Visitor, who: Who, tab: gr.Tab) -> None:
    """The tab."""
    desk = visitor.desks.certificates
    gr.Markdown("The operator records what a meter measured; the home makes certificates of what it gave.")
    with gr.Row():
        imported = gr.Number(0, label="Taken in the slot that is over, Wh", precision=0)
        exported = gr.Number(700, label="Given in it, Wh", precision=0)
        read = gr.Button("Record the meter's reading", elem_id="read")
    readings = gr.Dataframe(table(models.Reading, []), label="Readings of this home", elem_id="readings")
    with gr.Row():
        slot = gr.Number(0, label="Time slot", precision=0, elem_id="slot")
        certify = gr.Button("Make certificates of it", variant="primary", elem_id="certify")
        claim = gr.Button("Cover consumption with them", elem_id="claim-certificates")
    held = gr.Dataframe(table(models.Certificate, []), label="Certificates of this home", elem_id="certificates")

    def shown(key: str, home: str) -> list[Any]:
        return [
            visitor.table(key, models.Reading, desk.readings, home),
            visitor.table(key, models.Certificate, desk.certificates, home),
        ]

    def read_it(key: str, home: str, imported: int, exported: int) -> list[Any]:
        new = given(models.NewReading, imported_wh=imported, exported_wh=exported)
        return [visitor.ask(key, desk.read, home, new).slot, *shown(key, home)]

    def changed(action):  # noqa: ANN001, ANN202
        def change(key: str, home: str, slot: int) -> list[Any]:
            visitor.ask(key, action, home, given(models.Slot, slot=slot).slot)
            return shown(key, home)

        return change

    read.click(read_it, [*who, imported, exported], [slot, readings, held])
    certify.click(changed(desk.certify), [*who, slot], [readings, held])
    claim.click(changed(desk.claim), [*who, slot], [readings, held])
    who.look(tab, shown, [*who], [readings, held])
