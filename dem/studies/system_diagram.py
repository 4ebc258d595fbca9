"""The one-page drawing of the system: who talks to whom, and which notebook shows it."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from dem.plots import PALETTE


@dataclass(frozen=True)
class Box:
    """A part of the system: centre and size in drawing units, a title and what it does."""

    x: float
    y: float
    width: float
    height: float
    title: str
    text: str
    color: str

    @property
    def left(self) -> tuple[float, float]:
        """Middle of the left edge."""
        return self.x - self.width / 2, self.y

    @property
    def right(self) -> tuple[float, float]:
        """Middle of the right edge."""
        return self.x + self.width / 2, self.y

    @property
    def top(self) -> tuple[float, float]:
        """Middle of the top edge."""
        return self.x, self.y + self.height / 2

    @property
    def bottom(self) -> tuple[float, float]:
        """Middle of the bottom edge."""
        return self.x, self.y - self.height / 2


_HOME = Box(1.5, 4.0, 2.6, 2.5, "Home", "load, sun, prices\nbattery 5 kWh\nsmart meter\n(02)", PALETTE["good"])
_AGENT = Box(1.5, 1.1, 2.6, 1.5, "Agent", "decides what the\nbattery does  (03, 05)", PALETTE["good"])
_SERVER = Box(6.0, 1.1, 2.6, 1.5, "Flower server", "averages the homes'\nnetworks  (04, 06)", PALETTE["price"])
_PROFILE = Box(6.0, 5.4, 2.6, 1.5, "EnergyProfile", "the home as an NFT\ncollateral, promises", PALETTE["demand"])
_POOL = Box(6.0, 3.25, 2.6, 1.5, "EnergyPool", "supply and demand\nof each interval", PALETTE["demand"])
_MARKET = Box(
    10.5,
    4.35,
    2.6,
    1.9,
    "EnergyMarket",
    "settles an interval\nin one step, whatever\nits size  (01, 07–09)",
    PALETTE["demand"],
)
_ORACLE = Box(15.0, 5.4, 2.4, 1.5, "Oracles", "price feed,\nmeters  (10)", PALETTE["supply"])
_GRID = Box(15.0, 3.25, 2.4, 1.5, "Grid", "buys and sells\nthe rest  (11, 12)", PALETTE["supply"])

_BOXES = (_HOME, _AGENT, _SERVER, _PROFILE, _POOL, _MARKET, _ORACLE, _GRID)
_ARROWS = (
    (_HOME.right, _PROFILE.left, "register,\ncommit"),
    (_PROFILE.bottom, _POOL.top, "deposit"),
    (_POOL.right, _MARKET.left, "totals"),
    (_ORACLE.left, _MARKET.right, "price,\ndelivery"),
    (_MARKET.right, _GRID.left, "residual"),
    (_HOME.bottom, _AGENT.top, "observe"),
    (_AGENT.right, _SERVER.left, "networks,\nnever data"),
)


def draw_system() -> Figure:
    """Homes on the left, contracts in the middle, oracles and grid on the right, the learning below."""
    figure, axes = plt.subplots(figsize=(11.5, 4.8))
    for box in _BOXES:
        _draw_box(axes, box)
    for start, end, label in _ARROWS:
        _draw_arrow(axes, start, end, label)
    axes.set(xlim=(0, 16.4), ylim=(0, 6.5), aspect="equal")
    axes.axis("off")
    return figure


def _draw_box(axes: Axes, box: Box) -> None:
    corner = (box.x - box.width / 2, box.y - box.height / 2)
    style = "round,pad=0,rounding_size=0.18"
    axes.add_patch(
        FancyBboxPatch(corner, box.width, box.height, boxstyle=style, facecolor=f"{box.color}1f", edgecolor=box.color)
    )
    title_y = box.top[1] - 0.34
    axes.text(box.x, title_y, box.title, ha="center", va="center", weight="bold", color=box.color, size=12)
    axes.text(box.x, (title_y - 0.2 + box.bottom[1]) / 2, box.text, ha="center", va="center", size=10, linespacing=1.35)


def _draw_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], label: str) -> None:
    arrow = {"arrowstyle": "-|>", "color": PALETTE["neutral"], "linewidth": 1.4, "shrinkA": 2, "shrinkB": 2}
    axes.annotate("", xy=end, xytext=start, arrowprops=arrow)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    background = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    axes.text(*middle, label, ha="center", va="center", size=9, color=PALETTE["neutral"], bbox=background)
