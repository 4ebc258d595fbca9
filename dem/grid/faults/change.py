"""From a reading before and a reading after to what changed, relative to the feeder's own voltages."""

from dataclasses import dataclass

import numpy as np

from dem.grid.connections import PHASES
from dem.grid.faults.sensors import HEAD_CHANNELS, Sensors

_LEAST_PU = 1e-3  # a meter on a dead line reads next to nothing: no division by it


@dataclass(frozen=True)
class Change:
    """What changed, channel by channel, and how well it is known.

    Head voltages and meters count as ratio to their own value before, head currents as difference (turned and scaled by
    the head voltage before), so that a template from one voltage level fits another.

    Attributes:
        value: (n, channels); NaN where either reading is missing.
        variance: (n, channels), from the noise of both readings.
    """

    value: np.ndarray
    variance: np.ndarray


def change(
    sensors: Sensors, before: np.ndarray, after: np.ndarray, readings_before: float, readings_after: float
) -> Change:
    """The change between two sets of readings, each the mean of so many single ones.

    Args:
        sensors: what the channels are.
        before: (…, channels).
        after: (…, channels).
        readings_before: readings behind ``before``; infinite for an exact state.
        readings_after: likewise.
    """
    noise_before = sensors.variance(before) / readings_before
    noise_after = sensors.variance(after) / readings_after
    meters = slice(HEAD_CHANNELS if sensors.head else 0, None)
    base = np.maximum(before[..., meters], _LEAST_PU)
    ratio = after[..., meters] / base
    value, variance = [ratio], [(noise_after[..., meters] + ratio**2 * noise_before[..., meters]) / base**2]
    if sensors.head:
        head = _head_change(before, after, noise_before, noise_after)
        value, variance = [head.value, *value], [head.variance, *variance]
    return Change(np.concatenate(value, axis=-1), np.concatenate(variance, axis=-1))


def no_change(sensors: Sensors) -> np.ndarray:
    """The change (channels,) when nothing happens."""
    quantity = sensors.channels["quantity"]
    return quantity.isin(["v_re", "v"]).to_numpy(dtype=float)


def head_phasors(readings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Complex voltages and currents (…, 3) of the head."""
    parts = readings[..., :HEAD_CHANNELS].reshape(*readings.shape[:-1], 4, len(PHASES))
    return parts[..., 0, :] + 1j * parts[..., 1, :], parts[..., 2, :] + 1j * parts[..., 3, :]


def head_power(readings: np.ndarray) -> np.ndarray:
    """Active power (…,) through the head, sum of the phases, pu."""
    volts, amperes = head_phasors(readings)
    return (volts * amperes.conj()).real.sum(axis=-1)


def _head_change(before: np.ndarray, after: np.ndarray, noise_before: np.ndarray, noise_after: np.ndarray) -> Change:
    (v0, i0), (v1, i1) = head_phasors(before), head_phasors(after)
    v_noise0, v_noise1 = noise_before[..., : len(PHASES)], noise_after[..., : len(PHASES)]
    currents = slice(2 * len(PHASES), 3 * len(PHASES))
    i_noise = noise_before[..., currents] + noise_after[..., currents]
    scale = np.abs(v0) ** 2
    ratio, difference = v1 * v0.conj() / scale, (i1 - i0) * v0.conj() / scale
    v_variance, i_variance = (v_noise1 + np.abs(ratio) ** 2 * v_noise0) / scale, i_noise / scale
    value = np.concatenate([ratio.real, ratio.imag, difference.real, difference.imag], axis=-1)
    return Change(value, np.concatenate([v_variance, v_variance, i_variance, i_variance], axis=-1))
