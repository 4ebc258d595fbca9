"""What a home sees: the fixed part of its observation, and what a researcher adds to it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dem import data
from dem.data.table import MAX_POWER_KW, MAX_PRICE, MIN_PRICE
from dem.units import DAYS_PER_WEEK, HOURS_PER_DAY

PRICE_SCALE = 0.2
"""EUR/kWh that an observation shows as 1: the order of a European household's price."""

CLOCK_NAMES = ("hour_sin", "hour_cos", "weekday_sin", "weekday_cos")
FIXED_NAMES = ("soc", "load", "pv", "import_price", "export_price", *CLOCK_NAMES)


def observed(table: pd.DataFrame, power_kw: np.ndarray, features: Mapping[str, pd.DataFrame]) -> np.ndarray:
    """Everything that homes observe, interval by interval.

    Args:
        table: home table.
        power_kw: (H,) power limit of each home's battery, the scale of load and PV.
        features: further values by name, each (time × home).

    Returns:
        (T, H, O) float32; the state of charge, value 0, is left at zero for whoever knows it.

    Raises:
        ValueError: naming the feature whose name is taken, or whose times, homes or values do not fit.
    """
    energy_scale = power_kw * data.step_hours(table)
    load = data.wide(table, "load_kwh")
    values = [
        np.zeros(load.shape),
        load / energy_scale,
        data.wide(table, "pv_kwh") / energy_scale,
        data.wide(table, "import_price") / PRICE_SCALE,
        data.wide(table, "export_price") / PRICE_SCALE,
        *(np.repeat(wave[:, None], load.shape[1], axis=1) for wave in _clock(load.index)),
        *(_checked(name, feature, load) for name, feature in features.items()),
    ]
    return np.stack(values, axis=-1, dtype=np.float32, casting="same_kind")


def bounds(power_kw: np.ndarray, feature_count: int) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest observation, (O,) float32 each, that any valid home table can give."""
    power = MAX_POWER_KW / power_kw.min()
    low = [0, 0, 0, MIN_PRICE / PRICE_SCALE, MIN_PRICE / PRICE_SCALE, *[-1] * len(CLOCK_NAMES)]
    high = [1, power, power, MAX_PRICE / PRICE_SCALE, MAX_PRICE / PRICE_SCALE, *[1] * len(CLOCK_NAMES)]
    unbounded = [np.inf] * feature_count
    return np.float32([*low, *np.negative(unbounded)]), np.float32([*high, *unbounded])


def look_ahead(table: pd.DataFrame, column: str, steps: Sequence[int], scale: float = 1.0) -> dict[str, pd.DataFrame]:
    """Perfect forecasts of ``column`` for ``Home(features=…)``: its value some rows later, divided by ``scale``.

    Args:
        table: home table.
        column: the column to look ahead in.
        steps: how many rows ahead, each positive; past the table's end its last row is repeated.
        scale: what the feature shows as 1, in the column's unit.

    Returns:
        one (time × home) frame per step, named ``column+step``.

    Raises:
        ValueError: if a step is not positive.
        KeyError: if the table has no such column.
    """
    if min(steps, default=1) < 1:
        raise ValueError(f"steps must be positive, got {min(steps)}")
    values = data.wide(table, column) / scale
    return {f"{column}+{step}": values.shift(-step).fillna(values.iloc[-1]) for step in steps}


def _clock(times: pd.DatetimeIndex) -> list[np.ndarray]:
    hour = (times.hour + times.minute / 60).to_numpy()
    angles = (2 * np.pi * hour / HOURS_PER_DAY, 2 * np.pi * times.weekday.to_numpy() / DAYS_PER_WEEK)
    return [wave(angle) for angle in angles for wave in (np.sin, np.cos)]


def _checked(name: str, feature: pd.DataFrame, like: pd.DataFrame) -> np.ndarray:
    if name in FIXED_NAMES:
        raise ValueError(f"feature {name!r} must have a name of its own: homes observe {', '.join(FIXED_NAMES)} anyway")
    if not isinstance(feature, pd.DataFrame):
        raise ValueError(f"feature {name!r} must be a (time × home) frame, got {type(feature).__name__}")
    if not feature.index.equals(like.index):
        raise ValueError(f"feature {name!r} must have the table's {len(like)} times as its index")
    if set(feature.columns) != set(like.columns):
        raise ValueError(f"feature {name!r} must have the homes {list(like)} as columns, got {list(feature)}")
    values = feature[like.columns].to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        row, home = np.argwhere(~np.isfinite(values))[0]
        where = f"home {like.columns[home]!r} at {like.index[row]}"
        raise ValueError(f"feature {name!r} of {where} must be finite, got {values[row, home]}")
    return values
