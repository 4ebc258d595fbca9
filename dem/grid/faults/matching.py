"""How well a measured change fits curves of simulated ones: least squares that fits the resistance, too.

A candidate is a polyline: its simulated changes at rising resistances. Under Gaussian errors the evidence for it is the
likelihood averaged over the polyline, with the resistance uniform in its logarithm beforehand; on each straight piece
that is a Gaussian integral in closed form, around the point that least squares would pick.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, logsumexp

_TINY = 1e-12


@dataclass(frozen=True)
class Curves:
    """Pieces of all candidates' polylines.

    Attributes:
        start: (candidates, pieces, channels).
        step: from start to end of a piece.
        variance: (candidates, pieces, channels): noise and what the simulation does not know.
        ohms: (candidates, pieces + 1): resistances at the corners.
    """

    start: np.ndarray
    step: np.ndarray
    variance: np.ndarray
    ohms: np.ndarray

    @classmethod
    def through(cls, corners: np.ndarray, variance: np.ndarray, ohms: np.ndarray) -> "Curves":
        """Curves through ``corners`` (candidates, ohms, channels), with the ``variance`` at each."""
        middle = (variance[:, 1:] + variance[:, :-1]) / 2
        return cls(corners[:, :-1], np.diff(corners, axis=1), middle, ohms)


@dataclass(frozen=True)
class Match:
    """Attributes: ``evidence`` (n, candidates), logarithms; ``ohms`` (n, candidates), the best fitting resistance."""

    evidence: np.ndarray
    ohms: np.ndarray


def match(values: np.ndarray, curves: Curves) -> Match:
    """Fit each measured change (n, channels) to each curve; channels that are NaN count for nothing.

    Changes with the same channels missing are fitted together.
    """
    shape = (len(values), len(curves.start))
    evidence, ohms = np.empty(shape), np.empty(shape)
    missing = np.isnan(values)
    for pattern in np.unique(missing, axis=0):
        rows = (missing == pattern).all(axis=1)
        found = _match_complete(values[rows][:, ~pattern], _without(curves, pattern))
        evidence[rows], ohms[rows] = found.evidence, found.ohms
    return Match(evidence, ohms)


def _without(curves: Curves, missing: np.ndarray) -> Curves:
    kept = ~missing
    return Curves(curves.start[..., kept], curves.step[..., kept], curves.variance[..., kept], curves.ohms)


def _match_complete(values: np.ndarray, curves: Curves) -> Match:
    shape = curves.start.shape
    start, step, weight = (array.reshape(-1, shape[-1]) for array in (curves.start, curves.step, 1 / curves.variance))
    # |value − start|², the way along the step and its length, all weighted, for every value and piece by products.
    gap = values**2 @ weight.T - 2 * values @ (weight * start).T + (weight * start**2).sum(axis=1)
    along = values @ (weight * step).T - (weight * start * step).sum(axis=1)
    length = np.maximum((weight * step**2).sum(axis=1), _TINY)
    fraction = along / length
    log_normal = 0.5 * np.log(weight / (2 * np.pi)).sum(axis=1)
    piece = log_normal - 0.5 * (gap - length * fraction**2) + _log_integral(fraction, length)
    widths = np.diff(np.log(curves.ohms), axis=1)
    prior = np.log(widths / widths.sum(axis=1, keepdims=True))
    evidence = logsumexp(piece.reshape(len(values), *shape[:2]) + prior, axis=2)
    clipped = np.clip(fraction, 0, 1)
    distance = gap - 2 * clipped * along + clipped**2 * length - 2 * log_normal
    return Match(evidence, _best_ohms(distance, clipped, curves))


def _log_integral(fraction: np.ndarray, length: np.ndarray) -> np.ndarray:
    """log ∫₀¹ exp(−length/2 · (t − fraction)²) dt, without cancellation far from the piece."""
    spread = 1 / np.sqrt(length)
    low, high = -fraction / spread, (1 - fraction) / spread
    right = low > 0  # by symmetry both limits move to the lower tail, where log_ndtr is exact
    low, high = np.where(right, -high, low), np.where(right, -low, high)
    upper, lower = log_ndtr(high), log_ndtr(low)
    difference = upper + np.log1p(-np.exp(np.minimum(lower - upper, -_TINY)))
    return difference + np.log(spread) + 0.5 * np.log(2 * np.pi)


def _best_ohms(distance: np.ndarray, fraction: np.ndarray, curves: Curves) -> np.ndarray:
    shape = (len(distance), *curves.start.shape[:2])
    best = distance.reshape(shape).argmin(axis=2)[..., None]
    part = np.take_along_axis(fraction.reshape(shape), best, axis=2)[..., 0]
    ohms = np.broadcast_to(np.log(curves.ohms), (shape[0], *curves.ohms.shape))
    low, high = (np.take_along_axis(ohms, best + k, axis=2)[..., 0] for k in (0, 1))
    return np.exp(low + part * (high - low))
