"""What is measured: the head of the feeder as phasors, chosen buses as voltage magnitudes; with noise, with gaps."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dem.grid.connections import PHASES
from dem.grid.errors import GridError

HEAD_BUS = "650"
FOUR_METERS = ("634", "646", "652", "675")
EIGHT_METERS = ("633", "634", "646", "671", "680", "611", "652", "675")
HEAD_CHANNELS = 4 * len(PHASES)  # real and imaginary parts of three voltages, then of three currents
# Instruments do not read nothing exactly: the error falls with the reading down to that of a tenth of nominal.
FLOOR_PU = 0.1


@dataclass(frozen=True)
class Sensors:
    """Who measures what, and how well.

    The head reads phasors of voltages and currents, as a relay does; a meter reads the voltage magnitude of each phase
    at its bus, as smart meters do. Errors are Gaussian and independent: ``noise`` is their standard deviation relative
    to the reading (of a phasor: the whole vector's).

    Attributes:
        nodes: columns ``node, phase``: the order of states (``FaultSimulator.nodes``).
        meters: buses with a meter.
        head: whether the head is measured.
        noise: e.g. 0.01.

    Raises:
        GridError: names a bus that the feeder does not have, twice or with no phase measured at all.
    """

    nodes: pd.DataFrame
    meters: tuple[str, ...] = EIGHT_METERS
    head: bool = True
    noise: float = 0.01

    def __post_init__(self) -> None:
        unknown = [bus for bus in self.meters if bus not in set(self.nodes["node"])]
        if unknown:
            raise GridError(f"no bus {unknown[0]!r} on this feeder for a meter")
        if len(set(self.meters)) < len(self.meters) or not (self.head or self.meters):
            raise GridError(f"sensors need the head or meters at different buses, got {self.meters}")
        if not 0 < self.noise < 1:
            raise GridError(f"noise must lie between 0 and 1, got {self.noise}")

    @cached_property
    def meter_nodes(self) -> np.ndarray:
        """Positions in a state of the metered nodes, meter by meter."""
        return np.concatenate([np.flatnonzero(self.nodes["node"] == bus) for bus in self.meters] or [[]]).astype(int)

    @cached_property
    def channels(self) -> pd.DataFrame:
        """One row a channel of a reading: ``place, phase, quantity`` (``v_re, v_im, i_re, i_im`` or ``v``)."""
        quantities = ("v_re", "v_im", "i_re", "i_im") if self.head else ()
        rows = [(HEAD_BUS, phase, quantity) for quantity in quantities for phase in PHASES]
        rows += list(self.nodes.iloc[self.meter_nodes].assign(quantity="v").itertuples(index=False, name=None))
        return pd.DataFrame(rows, columns=["place", "phase", "quantity"])

    def exact(self, states: np.ndarray) -> np.ndarray:
        """Readings (…, channels) without noise; voltages in pu, currents in ``HEAD_CURRENT_A``."""
        parts = [np.abs(states[..., self.meter_nodes])]
        if self.head:
            head = np.concatenate([states[..., self._head_nodes], states[..., -len(PHASES) :]], axis=-1)
            volts, amperes = head[..., : len(PHASES)], head[..., len(PHASES) :]
            parts = [volts.real, volts.imag, amperes.real, amperes.imag, *parts]
        return np.concatenate(parts, axis=-1)

    def read(self, states: np.ndarray, generator: np.random.Generator, readings: int = 1) -> np.ndarray:
        """Noisy readings (…, channels), or the mean of so many ``readings`` of one state."""
        exact = self.exact(states)
        deviation = np.sqrt(self.variance(exact) / readings)
        noisy = exact + deviation * generator.standard_normal(exact.shape)
        meters = HEAD_CHANNELS if self.head else 0
        noisy[..., meters:] = np.abs(noisy[..., meters:])
        return noisy

    def variance(self, readings: np.ndarray) -> np.ndarray:
        """Variance (…, channels) of a single reading's noise around ``readings``."""
        squared = np.square(readings)
        if self.head:
            squared = squared.copy()
            head = squared[..., :HEAD_CHANNELS].reshape(*squared.shape[:-1], 2, 2, len(PHASES))
            magnitude = head.sum(axis=-2, keepdims=True) / 2  # the vector's variance, half to each part
            floor = FLOOR_PU**2 / 2
            spread = np.broadcast_to(magnitude + floor, head.shape).reshape(*squared.shape[:-1], HEAD_CHANNELS)
            return self.noise**2 * np.concatenate([spread, squared[..., HEAD_CHANNELS:] + FLOOR_PU**2], axis=-1)
        return self.noise**2 * (squared + FLOOR_PU**2)

    def check(self, reading: np.ndarray) -> np.ndarray:
        """One reading as floats (channels,), NaN where a meter is silent.

        Raises:
            GridError: if the shape is wrong, a value infinite, the head silent, or a phase without any reading left.
        """
        values = np.asarray(reading, dtype=float)
        if values.shape != (len(self.channels),):
            raise GridError(f"a reading must have shape ({len(self.channels)},), got {values.shape}")
        if np.isinf(values).any():
            raise GridError(f"channel {self._name(int(np.argmax(np.isinf(values))))} is infinite")
        silent = np.isnan(values)
        if self.head and silent[:HEAD_CHANNELS].any():
            raise GridError(f"the head is silent: {self._name(int(np.argmax(silent[:HEAD_CHANNELS])))} is missing")
        for phase in PHASES:
            of_phase = (self.channels["phase"] == phase).to_numpy()
            if silent[of_phase].all():
                raise GridError(f"no reading of phase {phase} is left: a fault there could not be seen")
        return values

    @cached_property
    def _head_nodes(self) -> np.ndarray:
        return np.flatnonzero(self.nodes["node"] == HEAD_BUS)

    def _name(self, channel: int) -> str:
        row = self.channels.iloc[channel]
        return f"{row['place']}.{row['phase']} {row['quantity']}"
