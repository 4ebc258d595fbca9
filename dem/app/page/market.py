"""The live book and price, rounds, trades, and how trades are settled."""

from typing import Any

import gradio as gr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dem import plots, units
from dem.app import models
from dem.app.page.visitor import Visitor, Who, given, table

LIVE_S = 3.0
ROUNDS_DRAWN = 20
COLORS = {"buy": plots.PALETTE["demand"], "sell": plots.PALETTE["supply"]}


def add(visitor: Visitor, who: Who, tab: gr.Tab) -> None:
    """The tab."""
    desk, trades = visitor.desks.orders, visitor.desks.trades
    price = gr.Markdown(elem_id="price")
    with gr.Row():
        clear = gr.Button("Clear the book", variant="primary", elem_id="clear")
        later = gr.Button("Let an interval pass", elem_id="pass-time")
    drawn = gr.Plot(show_label=False, elem_id="book-plot")
    book = gr.Dataframe(table(models.Level, []), label="Book", elem_id="book")
    listed = gr.Dataframe(table(models.Trade, []), label="Trades", elem_id="trades")
    with gr.Row():
        number = gr.Number(1, label="Number of a trade", precision=0, elem_id="trade-number")
        delivered = gr.Number(500, label="Delivered, Wh", precision=0, elem_id="delivered")
        refused = gr.Number(0, label="Not taken by the buyer, Wh", precision=0)
    with gr.Row():
        settle = gr.Button("Settle with the meter's proof", variant="primary", elem_id="settle")
        expire = gr.Button("End unproven")
    # What the browser shows already: a picture is drawn anew only if something has changed.
    known = gr.State("")
    everything = [price, drawn, book, listed, known, number, delivered]

    def shown(key: str, known: str = "") -> list[Any]:
        now = visitor.look(key, desk.market)
        listed = visitor.look(key, trades.trades) or []
        state = f"{now and now.model_dump(exclude={'chain_time'})}{listed}"
        if state == known:
            return [gr.skip()] * len(everything)
        levels = table(models.Level, now.book if now else [])
        pictures = [_told(now), draw(now) if now else None, levels, table(models.Trade, listed)]
        due = next((trade for trade in listed if trade.state == "open"), None)
        return [*pictures, state, *((due.number, due.energy_wh) if due else (gr.skip(), gr.skip()))]

    def clear_it(key: str):  # noqa: ANN202
        visitor.ask(key, desk.clear)
        return shown(key)

    def pass_time(key: str):  # noqa: ANN202
        visitor.ask(key, visitor.desks.commitments.pass_time, 1)
        return shown(key)

    def settle_it(key: str, number: int, delivered: int, refused: int):  # noqa: ANN202
        proof = given(models.MeterProof, delivered_wh=delivered, refused_wh=refused)
        visitor.ask(key, trades.settle, number, proof)
        return shown(key)

    def expire_it(key: str, number: int):  # noqa: ANN202
        visitor.ask(key, trades.expire, number)
        return shown(key)

    clear.click(clear_it, who.key, everything)
    later.click(pass_time, who.key, everything)
    settle.click(settle_it, [who.key, number, delivered, refused], everything)
    expire.click(expire_it, [who.key, number], everything)
    who.look(tab, shown, [who.key], everything)
    gr.Timer(LIVE_S).tick(shown, [who.key, known], everything, show_progress="hidden")


def draw(market: models.Market) -> Figure:
    """The book as steps of what is offered up to a price; below it the price of each round."""
    figure = Figure(figsize=(5.2, 5.2), layout="constrained")
    upper, lower = figure.subplots(2)
    for side, name in (("buy", "bids"), ("sell", "asks")):
        _draw_side(upper, [level for level in market.book if level.side == side], name, COLORS[side])
    upper.set(xlabel="energy offered (kWh)", ylabel="price (EUR/MWh)", title="Book")
    if market.book:
        upper.legend()
    traded = [done for done in market.rounds if done.price_eur_per_mwh is not None][-ROUNDS_DRAWN:]
    rounds = [str(done.number) for done in traded]
    lower.plot(rounds, [done.price_eur_per_mwh for done in traded], "o-", color=plots.PALETTE["price"])
    lower.set(xlabel="round", ylabel="price (EUR/MWh)", title="Price of each round")
    return figure


def _draw_side(axes: Axes, levels: list[models.Level], name: str, color: str) -> None:
    """Levels come best first."""
    energy, prices = [0.0], []
    for level in levels:
        energy.append(energy[-1] + units.wh_to_kwh(level.energy_wh))
        prices.append(level.price_eur_per_mwh)
    if levels:
        axes.stairs(prices, energy, baseline=None, color=color, linewidth=2, label=name)


def _told(market: models.Market | None) -> str:
    if market is None:
        return "Put in a key; the operator deploys the contracts first."
    last = market.price_eur_per_mwh
    price = "nothing has traded yet" if last is None else f"**{last:g} EUR/MWh** in the last round that traded"
    return f"{price} · interval {market.interval}"
