"""The paper's pool: promise energy, make it binding, close an interval with what meters say, claim."""

import gradio as gr

from dem.app import models
from dem.app.page.visitor import Visitor, Who, given, table


def add(visitor: Visitor, who: Who, tab: gr.Tab) -> None:
    """The tab."""
    desk = visitor.desks.commitments
    gr.Markdown("Promise energy to the paper's pool, make it binding with a deposit, claim once meters have reported.")
    with gr.Row():
        side = gr.Radio(["production", "consumption"], value="production", label="Promise", elem_id="promise-side")
        energy = gr.Number(500, label="Energy, Wh", precision=0, elem_id="promise-energy")
        ahead = gr.Number(1, label="Intervals from now", precision=0)
        duration = gr.Number(1, label="Duration, intervals", precision=0)
    commit = gr.Button("Commit", variant="primary", elem_id="commit")
    listed = gr.Dataframe(table(models.Commitment, []), label="Commitments of this home", elem_id="commitments")
    number = gr.Number(1, label="Number of a commitment", precision=0, elem_id="commitment-number")
    with gr.Row():
        actions = {
            "Deposit": (desk.deposit, "deposit"),
            "Claim": (desk.claim, "claim"),
            "Take it back": (desk.cancel, "cancel-commitment"),
        }
        buttons = {gr.Button(name, elem_id=mark): action for name, (action, mark) in actions.items()}
    with gr.Row():
        interval = gr.Number(0, label="Interval that is over", precision=0, elem_id="interval")
        delivered = gr.Number(500, label="Delivered by the commitment, Wh", precision=0)
        close = gr.Button("Report and close it", elem_id="close-interval")
    prices = gr.Dataframe(table(models.Prices, []), label="Its prices", elem_id="interval-prices")

    def shown(key: str, home: str):  # noqa: ANN202
        return visitor.table(key, models.Commitment, desk.commitments, home)

    def promise(key: str, home: str, side: str, energy: int, ahead: int, duration: int):  # noqa: ANN202
        new = given(models.NewCommitment, side=side, energy_wh=energy, ahead=ahead, duration=duration)
        made = visitor.ask(key, desk.commit, home, new)
        return shown(key, home), made.number, made.first_interval

    def changed(action):  # noqa: ANN001, ANN202
        def change(key: str, home: str, number: int):  # noqa: ANN202
            visitor.ask(key, action, home, number)
            return shown(key, home)

        return change

    def close_it(key: str, interval: int, number: int, delivered: int):  # noqa: ANN202
        closing = given(models.Closing, deliveries=[{"commitment": number, "energy_wh": delivered}])
        return table(models.Prices, [visitor.ask(key, desk.close, interval, closing)])

    commit.click(promise, [*who, side, energy, ahead, duration], [listed, number, interval])
    for button, action in buttons.items():
        button.click(changed(action), [*who, number], listed)
    close.click(close_it, [who.key, interval, number, delivered], prices)
    who.look(tab, shown, [*who], [listed])
