"""The page: Gradio over the same service as the API, one file a tab.

Whoever opens it puts in a key, and may do on the page what that key may do. Nothing is loaded from elsewhere.
"""

import os

# Before Gradio is imported: it reports its imports otherwise.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from dem import plots
from dem.app.page import certificates, contracts, grid, homes, market, orders, plant, pool
from dem.app.page.visitor import Visitor, Who
from dem.app.service import Service

TITLE = "dem: a laboratory of energy markets"
INTRODUCTION = (
    "Deploy the contracts, register homes, let them trade. The **operator's** key opens everything, a **home's** key "
    "its own home. Prices are EUR/MWh: 100 are 10 ct/kWh. The same by HTTP: [/api/openapi.json](/api/openapi.json)."
)
TABS = {
    "contracts": contracts,
    "homes": homes,
    "orders": orders,
    "market": market,
    "pool": pool,
    "grid": grid,
    "plant": plant,
    "certificates": certificates,
}
# Fonts of the reader's own machine: Gradio's themes bring theirs from elsewhere.
THEME_FONTS = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}
CSS = """
.gradio-container { max-width: 1100px !important; }
footer { display: none !important; }
#feeder img, [id$="-plot"] img { max-width: min(100%, 600px); margin: auto; }
@media (max-width: 600px) { .gradio-container { padding: 4px !important; } }
"""


def build(service: Service) -> gr.Blocks:
    """The page over an open service."""
    plots.use_style()
    visitor = Visitor(service)
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        gr.Markdown(f"# {TITLE}\n{INTRODUCTION}")
        with gr.Row():
            who = Who(
                gr.Textbox(label="Key", type="password", elem_id="key", placeholder="dem_…"),
                gr.Textbox(label="Home", elem_id="home", placeholder="the home that this is about"),
            )
        who.key.change(lambda key, home: visitor.home_of(key) or home, [*who], who.home)
        parts = {}
        with gr.Tabs(elem_id="tabs") as tabs:
            for name, tab in TABS.items():
                with gr.Tab(name.capitalize(), id=name) as shown:
                    parts[name] = tab.add(visitor, who, shown)
        orders.open_from_link(page, who, tabs, parts["orders"])
    return page


def theme() -> gr.Theme:
    """Gradio's default look in the reader's own fonts."""
    return gr.themes.Default(**THEME_FONTS)
