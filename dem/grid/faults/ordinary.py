"""How a feeder moves when nothing is wrong: one Gaussian for each ordinary kind of event."""

import numpy as np
from scipy.special import logsumexp

from dem.grid.faults.catalogue import ORDINARY
from dem.grid.faults.change import Change, change
from dem.grid.faults.generator import Events
from dem.grid.faults.sensors import Sensors

_UNKNOWN = 1e6  # variance of a silent channel: any value is as likely
_LEAST = 1e-9  # keeps covariances of quiet feeders regular


class OrdinaryChanges:
    """Mean and covariance of the change over the channels, kind by kind; kinds are equally likely.

    Args:
        sensors: what is read.
        events: the ordinary ones among them teach.
    """

    def __init__(self, sensors: Sensors, events: Events) -> None:
        self._means, self._covariances = [], []
        for kind in ORDINARY:
            chosen = events.where((events.table["kind"] == kind).to_numpy())
            if len(chosen) < 2:
                continue
            before, after = sensors.exact(chosen.before), sensors.exact(chosen.after)
            moved = change(sensors, before, after, np.inf, np.inf).value
            self._means.append(moved.mean(axis=0))
            self._covariances.append(np.cov(moved, rowvar=False) + _LEAST * np.eye(moved.shape[1]))

    def evidence(self, moved: Change) -> np.ndarray:
        """Log density (n,) of measured changes; channels that are NaN count for nothing."""
        pairs = zip(self._means, self._covariances, strict=True)
        densities = [_log_density(moved, mean, covariance) for mean, covariance in pairs]
        return logsumexp(densities, axis=0) - np.log(len(densities))


def _log_density(moved: Change, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    silent = np.isnan(moved.value)
    noise = np.where(silent, _UNKNOWN, moved.variance)
    deviation = np.where(silent, 0.0, moved.value - mean)
    spread = covariance + noise[:, :, None] * np.eye(len(mean))
    factor = np.linalg.cholesky(spread)
    white = np.linalg.solve(factor, deviation[:, :, None])[:, :, 0]
    log_scale = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1) - 0.5 * silent.sum(axis=1) * np.log(_UNKNOWN)
    heard = (~silent).sum(axis=1)
    return -0.5 * np.square(white).sum(axis=1) - log_scale - 0.5 * heard * np.log(2 * np.pi)
