"""The page: Gradio over the same service as the API, one file a tab.

Whoever opens it puts in a key, and may do on the page what that key may do. Nothing is loaded from elsewhere.
"""

import os

# Before Gradio is imported: it reports its imports otherwise.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from dem.app.page import alerts, batteries, certificates, commitments, contracts, gas, grid, homes, market, orders
from dem.app.page.visitor import Visitor
from dem.app.service import Service

TITLE = "dem: a laboratory of energy markets"
INTRODUCTION = (
    "Deploy the contracts, register homes, let them trade. The **operator's** key opens everything, a **home's** key "
    "its own home. Prices are EUR/MWh: 100 are 10 ct/kWh."
)
TABS = {
    "contracts": contracts,
    "homes": homes,
    "orders": orders,
    "market": market,
    "commitments": commitments,
    "gas": gas,
    "grid": grid,
    "alerts": alerts,
    "batteries": batteries,
    "certificates": certificates,
}
# Fonts of the reader's own machine: Gradio's themes bring theirs from elsewhere.
THEME_FONTS = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}
CSS = ".gradio-container { max-width: 1100px !important; } footer { display: none !important; }"


def build(service: Service) -> gr.Blocks:
    """The page over an open service."""
    visitor = Visitor(service)
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        gr.Markdown(f"# {TITLE}\n{INTRODUCTION}")
        key = gr.Textbox(label="Key", type="password", elem_id="key", placeholder="dem_…")
        with gr.Tabs(elem_id="tabs") as tabs:
            for name, tab in TABS.items():
                with gr.Tab(name.capitalize(), id=name) as shown:
                    tab.add(visitor, key, shown)
        orders.open_from_link(page, key, tabs)
    return page


def theme() -> gr.Theme:
    """Gradio's default look in the reader's own fonts."""
    return gr.themes.Default(**THEME_FONTS)
