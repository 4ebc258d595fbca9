"""One style for every figure, one way to save it, and the few chart shapes that several studies share."""

import itertools
from collections.abc import Iterable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from dem import files

# Okabe & Ito (2008), "Color Universal Design": told apart by readers with any colour vision.
PALETTE = {
    "ours": "#0072B2",
    "paper": "#D55E00",
    "supply": "#E69F00",
    "demand": "#0072B2",
    "price": "#CC79A7",
    "good": "#009E73",
    "neutral": "#6E6E6E",
}
CYCLE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6E6E6E")

_STYLE = {
    "figure.figsize": (8.0, 4.5),
    "figure.dpi": 110,
    "savefig.dpi": 160,
    "savefig.bbox": "tight",
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.prop_cycle": mpl.cycler(color=CYCLE),
    "legend.frameon": False,
    # Fixed, so that two runs of the same numbers write the same SVG.
    "svg.hashsalt": "dem",
}


def use_style() -> None:
    """Set the project's style for all figures drawn after this call."""
    sns.set_theme(context="notebook", style="whitegrid", rc=_STYLE)


def save(figure: Figure, name: str, numbers: pd.DataFrame, folder: Path) -> Path:
    """Write ``figure`` as PNG and SVG and the ``numbers`` behind it as CSV into ``folder``.

    Each file is written under a temporary name and renamed, so that an interrupted run leaves no half file.

    Args:
        figure: what to draw.
        name: file name without extension, e.g. ``"01_gas_usage"``.
        numbers: the table that the figure shows, one row a point.
        folder: created if missing.

    Returns:
        Path of the PNG.
    """
    png = folder / f"{name}.png"
    files.replace(png, lambda path: figure.savefig(path, format="png", metadata={"Software": None}))
    files.replace(png.with_suffix(".svg"), lambda path: figure.savefig(path, format="svg", metadata={"Date": None}))
    files.replace(png.with_suffix(".csv"), lambda path: numbers.to_csv(path, index=False, float_format="%.6g"))
    return png


def mean_interval(samples: np.ndarray, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the first axis and the half width of its Student-t confidence interval.

    Args:
        samples: shape (seeds, …).
        confidence: between 0 and 1.

    Returns:
        Two arrays of shape (…); the half width is NaN where there is only one seed.
    """
    count = samples.shape[0]
    mean = samples.mean(axis=0)
    if count < 2:
        return mean, np.full_like(mean, np.nan, dtype=float)
    quantile = stats.t.ppf(0.5 + confidence / 2, count - 1)
    return mean, quantile * samples.std(axis=0, ddof=1) / np.sqrt(count)


def plus_minus(mean: float, half_width: float, digits: int = 2) -> str:
    """``0.83 ± 0.03``, as tables show a mean and its interval; the mean alone where there is no interval."""
    interval = "" if np.isnan(half_width) else f" ± {half_width:.{digits}f}"
    return "–" if np.isnan(mean) else f"{mean:.{digits}f}{interval}"


def plus_minus_column(means: Iterable[float], half_widths: Iterable[float] | None = None, digits: int = 2) -> list[str]:
    """A table's column of them, row by row; without ``half_widths`` there are no intervals."""
    pairs = zip(means, itertools.repeat(np.nan) if half_widths is None else half_widths, strict=half_widths is not None)
    return [plus_minus(mean, half_width, digits) for mean, half_width in pairs]


def line_with_interval(axes: Axes, x: np.ndarray, samples: np.ndarray, *, label: str, color: str) -> None:
    """Draw the mean of ``samples`` (seeds, points) over ``x`` with a 95 % interval as a band."""
    mean, half_width = mean_interval(samples)
    axes.plot(x, mean, label=f"{label} (n = {samples.shape[0]})", color=color)
    if samples.shape[0] > 1:
        axes.fill_between(x, mean - half_width, mean + half_width, color=color, alpha=0.2, linewidth=0)
