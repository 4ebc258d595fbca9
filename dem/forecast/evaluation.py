"""Rolling-origin evaluation: forecast, move on, forecast again, and compare with what came.

Measures are those of the M competitions: the mean absolute scaled error (Hyndman & Koehler 2006) and the scaled pinball
loss (M5, Makridakis et al. 2022) divide by the error that "as yesterday" makes before the first origin. Below 1 means
better than that.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem.data.sources import Time, utc_time
from dem.forecast.protocol import Forecaster, Target
from dem.forecast.windows import Panel


@dataclass(frozen=True)
class Played:
    """Forecasts and what came, for O origins, H homes, K intervals and Q quantiles.

    Attributes:
        predicted: (O, H, K, Q) kWh per interval or EUR/kWh.
        truth: (O, H, K), same unit.
        origins: (O,) UTC.
        homes: (H,) names.
    """

    predicted: np.ndarray
    truth: np.ndarray
    origins: pd.DatetimeIndex
    homes: tuple[str, ...]


def evaluate(
    forecaster: Forecaster,
    table: pd.DataFrame,
    start: Time,
    *,
    horizon: int,
    every: pd.Timedelta | None = None,
) -> pd.DataFrame:
    """Judge a fitted forecaster on a table from ``start`` on.

    Args:
        forecaster: fitted, on other homes, earlier weeks, or both.
        table: home table that begins at least fifteen days before ``start``.
        start: the first origin, UTC if it has no offset.
        horizon: intervals of each forecast, at least one.
        every: time between origins; by default as long as a forecast, so that every interval is forecast once.

    Returns:
        One row per home and week (counted from ``start``): home, week, ``mase``, ``rmse`` (kWh per interval or
        EUR/kWh), ``pinball`` (same unit, mean over quantiles), ``scaled_pinball``,
        and ``coverage_90``, … the shares of intervals between each symmetric pair of quantiles; of PV, only while it
        yields, as a band of width zero around zero is no achievement.

    Raises:
        ValueError: if no origin has its history before it and its horizon behind it, or ``start`` is no time.
    """
    start = utc_time("start", start)
    panel = Panel.from_table(table, forecaster.target, forecaster.scope)
    step = panel.times[1] - panel.times[0]
    played = rolling(forecaster, table, start, horizon, horizon * step if every is None else every)
    scale = naive_error(panel, start)
    week = ((played.origins - start) // pd.Timedelta(weeks=1)).to_numpy()
    rows = []
    for number in np.unique(week):
        mine = week == number
        for place, home in enumerate(played.homes):
            truth, predicted = played.truth[mine, place], played.predicted[mine, place]
            scores = _scores(truth, predicted, scale[place], forecaster)
            rows.append({"home": home, "week": int(number), **scores})
    return pd.DataFrame(rows)


def rolling(
    forecaster: Forecaster, table: pd.DataFrame, start: pd.Timestamp, horizon: int, every: pd.Timedelta
) -> Played:
    """Forecast from ``start`` on, at every origin whose horizon the table still covers.

    Raises:
        ValueError: if there is none, or the horizon is below one interval.
    """
    if horizon < 1:
        raise ValueError(f"horizon must be at least 1 interval, got {horizon}")
    panel = Panel.from_table(table, forecaster.target, forecaster.scope)
    last = panel.times[-1] - (horizon - 1) * (panel.times[1] - panel.times[0])
    origins = pd.date_range(start, last, freq=every) if start <= last else pd.DatetimeIndex([])
    if not len(origins):
        raise ValueError(f"no origin: the table ends at {panel.times[-1]}, {horizon} intervals are needed from {start}")
    predicted = forecaster.predict_each(table, origins, horizon)
    rows = panel.times.searchsorted(origins)[:, None] + np.arange(horizon)
    return Played(predicted, panel.series[rows].transpose(0, 2, 1), origins, panel.homes)


def naive_error(panel: Panel, start: pd.Timestamp) -> np.ndarray:
    """Mean absolute error (H,) of "as yesterday" before ``start``; NaN for a home whose every day is the same."""
    before = panel.series[panel.times < start]
    error = np.abs(before[panel.day :] - before[: -panel.day]).mean(axis=0)
    return np.where(error > 0, error, np.nan)


def counted(truth: np.ndarray, target: Target) -> np.ndarray:
    """Which intervals count for coverage: all, and of PV those in which the sun shines."""
    return truth > 0 if target == "pv_kwh" else np.ones(truth.shape, bool)


def pinball_loss(truth: np.ndarray, predicted: np.ndarray, quantiles: tuple[float, ...]) -> float:
    """Mean pinball loss of quantiles (…, Q) where ``truth`` (…) came, in the unit of both."""
    error, levels = truth[..., None] - predicted, np.array(quantiles)
    return float(np.maximum(levels * error, (levels - 1) * error).mean())


def _scores(truth: np.ndarray, predicted: np.ndarray, scale: float, forecaster: Forecaster) -> dict[str, float]:
    quantiles = forecaster.quantiles
    error = predicted[..., quantiles.index(0.5)] - truth
    pinball = pinball_loss(truth, predicted, quantiles)
    scores = {
        "mase": float(np.abs(error).mean() / scale),
        "rmse": float(np.sqrt(np.square(error).mean())),
        "pinball": pinball,
        "scaled_pinball": pinball / scale,
    }
    use = counted(truth, forecaster.target)
    # Forecasts pass through single precision: a band without width around what came holds it all the same.
    slack = np.finfo(np.float32).eps * np.abs(truth)
    for low, high in _pairs(quantiles):
        inside = (truth >= predicted[..., low] - slack) & (truth <= predicted[..., high] + slack)
        share = float(inside[use].mean()) if use.any() else np.nan
        scores[f"coverage_{100 * (quantiles[high] - quantiles[low]):.0f}"] = share
    return scores


def _pairs(quantiles: tuple[float, ...]) -> list[tuple[int, int]]:
    """Positions of the pairs of levels that lie symmetrically about the median, the widest first."""
    count = len(quantiles)
    mirrored = ((low, count - 1 - low) for low in range(count // 2))
    return [(low, high) for low, high in mirrored if np.isclose(quantiles[low] + quantiles[high], 1.0)]
