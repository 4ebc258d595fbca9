"""What a regression sees of a window, for each of the day's lead times."""

import numpy as np

from dem.forecast.windows import Windows
from dem.units import DAYS_PER_WEEK, HOURS_PER_DAY

RECENT_HOURS = (2, 6, 24)
"""How far back "lately" goes, three times over."""
FEATURES = 31
"""How many a lead time has, F."""
MOST = 3.0
"""Lately at most this many times what was usual at that time of day: a ratio of two small numbers says little."""


def features(windows: Windows) -> np.ndarray:
    """Inputs (N, S, F) float32: the same time on past days, what is usual and how lately differs from it, calendar.

    How lately differs is a factor on what is usual: after a dull morning the afternoon is forecast duller than it
    usually is, and zero stays zero at night.
    """
    past = windows.past
    count, _, leads = past.shape
    flat = past.reshape(count, -1)
    smooth = _smooth(flat).reshape(past.shape)
    usual, best = past.mean(axis=1), past.max(axis=1)
    same_time = [past[:, -back] for back in range(1, DAYS_PER_WEEK + 1)]
    seen = [
        *same_time,
        past[:, 0],
        smooth[:, -1],
        smooth[:, -DAYS_PER_WEEK],
        usual,
        best,
        past[:, -DAYS_PER_WEEK:].mean(axis=1),
        _smooth(usual),
    ]
    for hours in RECENT_HOURS:
        steps = max(1, hours * leads // HOURS_PER_DAY)
        for level in (usual, best):
            seen.append(level * _ratio(flat[:, -steps:], level[:, -steps:]))
    latest = [flat[:, -1], flat[:, -max(1, 2 * leads // HOURS_PER_DAY) :].mean(axis=1), past[:, -1].mean(axis=1)]
    seen += [np.broadcast_to(value[:, None], (count, leads)) for value in latest]
    constant = np.ones((count, leads, 1), np.float32)
    return np.concatenate(
        [np.stack(seen, axis=-1), windows.calendar()[:, -leads:], constant], axis=-1, dtype=np.float32
    )


def _ratio(lately: np.ndarray, usually: np.ndarray) -> np.ndarray:
    """Mean of lately over that of usually, (N, 1); 1 where the latter is small."""
    usual = usually.mean(axis=1, keepdims=True)
    enough = np.abs(usual) > 0.05
    ratio = lately.mean(axis=1, keepdims=True) / np.where(enough, usual, 1.0)
    return np.where(enough, np.clip(ratio, 0.0, MOST), 1.0)


def _smooth(values: np.ndarray) -> np.ndarray:
    """Mean of each value and its two neighbours, the ends repeated, (N, T)."""
    padded = np.pad(values, ((0, 0), (1, 1)), mode="edge")
    return (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3
