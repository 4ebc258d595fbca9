"""The IEEE 13-node feeder as a one-line diagram, its nodes coloured by voltage."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from dem.grid.feeder import HIGH_PU, LOW_PU

# Positions as in the IEEE drawing; bus 670 is where the distributed load of 632–671 is lumped.
POSITIONS = {
    "650": (0.0, 5.0),
    "RG60": (0.0, 4.3),
    "632": (0.0, 3.3),
    "633": (1.6, 3.3),
    "634": (3.2, 3.3),
    "645": (-1.6, 3.3),
    "646": (-3.2, 3.3),
    "670": (0.0, 2.6),
    "671": (0.0, 1.6),
    "692": (1.6, 1.6),
    "675": (3.2, 1.6),
    "684": (-1.6, 1.6),
    "611": (-3.2, 1.6),
    "652": (-1.6, 0.4),
    "680": (0.0, 0.4),
}
LINES = (
    ("650", "RG60"),
    ("RG60", "632"),
    ("632", "633"),
    ("633", "634"),
    ("632", "645"),
    ("645", "646"),
    ("632", "670"),
    ("670", "671"),
    ("671", "692"),
    ("692", "675"),
    ("671", "684"),
    ("684", "611"),
    ("684", "652"),
    ("671", "680"),
)
PHASE_OFFSET = {"A": -0.3, "B": 0.0, "C": 0.3}
COLORMAP = "RdBu"
LOWEST_PU, HIGHEST_PU = 0.92, 1.08


def draw_feeder(axes: Axes, voltages: pd.DataFrame, title: str) -> ScalarMappable:
    """Draw the feeder; phases A, B, C of a node side by side, squared in black where out of band.

    Args:
        axes: to draw on.
        voltages: columns ``node, phase, magnitude_pu``, as of ``Feeder.voltages``; other nodes are left out.
        title: above the drawing.

    Returns:
        The colour scale, for a colour bar.
    """
    for start, end in LINES:
        xs, ys = zip(POSITIONS[start], POSITIONS[end], strict=True)
        axes.plot(xs, ys, color="0.6", linewidth=1.5, zorder=1)
    shown = voltages[voltages["node"].isin(POSITIONS)]
    x = [POSITIONS[row.node][0] + PHASE_OFFSET[row.phase] for row in shown.itertuples()]
    y = [POSITIONS[row.node][1] for row in shown.itertuples()]
    outside = (shown["magnitude_pu"] < LOW_PU) | (shown["magnitude_pu"] > HIGH_PU)
    axes.scatter(x, y, s=90, c="white", zorder=2)
    colors = axes.scatter(
        x,
        y,
        s=[110 if out else 70 for out in outside],
        c=shown["magnitude_pu"],
        cmap=COLORMAP,
        norm=Normalize(LOWEST_PU, HIGHEST_PU),
        edgecolors=["black" if out else "0.6" for out in outside],
        linewidths=[2.0 if out else 0.6 for out in outside],
        marker="s",
        zorder=3,
    )
    on_white = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # lines pass behind names
    for node, place in POSITIONS.items():
        axes.annotate(node, place, (0, 9), textcoords="offset points", ha="center", fontsize=9, bbox=on_white)
    axes.set(title=title, xlim=(-4, 4), ylim=(-0.1, 5.5))
    axes.set_axis_off()
    return colors


def draw_feeders(panels: dict[str, pd.DataFrame], caption: str) -> Figure:
    """Several states of the feeder side by side under one colour scale.

    Args:
        panels: title → voltages.
        caption: below the drawing.
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(5.5 * len(panels), 4.6), squeeze=False)
    for axis, (title, voltages) in zip(axes.flat, panels.items(), strict=True):
        colors = draw_feeder(axis, voltages, title)
    bar = figure.colorbar(colors, ax=list(axes.flat), orientation="horizontal", fraction=0.06, aspect=50, pad=0.02)
    bar.set_label(f"voltage (pu) of phases A, B, C; framed in black: outside {LOW_PU}–{HIGH_PU}. {caption}")
    return figure
