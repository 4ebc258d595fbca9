"""The diagnoser that learns from examples: extremely randomised trees on symmetrical components and changes."""

import warnings

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier

from dem.grid.connections import PHASES
from dem.grid.faults.catalogue import KINDS, Catalogue
from dem.grid.faults.change import change, head_phasors
from dem.grid.faults.diagnosis import Diagnosis
from dem.grid.faults.generator import Events
from dem.grid.faults.sensors import HEAD_CHANNELS, Sensors

_TREES = 150
_LEAST_RATIO = 3e-3
_LEAST_PROBABILITY = 1e-3
_SILENT_SHARE = 0.1  # of training examples in which one meter is silent
_ROTATION = np.exp(2j * np.pi / 3)
# C. L. Fortescue (1918): zero, positive and negative sequence.
_SEQUENCES = np.array([[1, 1, 1], [1, _ROTATION, _ROTATION**2], [1, _ROTATION**2, _ROTATION]]) / 3


def features(sensors: Sensors, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """What the trees look at (n, features): meters one by one and by phase, sequences at the head, its impedance."""
    value = change(sensors, before, after, np.inf, np.inf).value
    meters = slice(HEAD_CHANNELS if sensors.head else 0, None)
    ratio = np.log(value[:, meters] + _LEAST_RATIO)
    columns = [ratio, after[:, meters], *_by_phase(ratio, sensors)]
    if sensors.head:
        columns += _head_features(before, after)
    return np.concatenate(columns, axis=1)


class Learned:
    """Trees for the kind, trees for the place.

    Args:
        catalogue: the places.
        sensors: what is read.
        events: to learn from; faults at buses that are scored apart teach the place, not the kind.
        readings: single readings behind each reading before.
        seed: of the noise on the examples and of the trees.
        repeats: how often each event is read, with fresh noise.
    """

    def __init__(
        self, catalogue: Catalogue, sensors: Sensors, events: Events, readings: int, seed: int, repeats: int = 2
    ) -> None:
        self._catalogue, self._sensors = catalogue, sensors
        generator = np.random.default_rng(seed)
        before, after = examples(sensors, events, readings, generator, repeats)
        columns = features(sensors, before, after)
        fault = np.tile(events.table["fault"].to_numpy(), repeats)
        place = np.tile(events.table["place"].to_numpy(), repeats)
        ordinary = fault == "ordinary"
        taught = ~np.tile(events.table["apart"].to_numpy(), repeats)
        self._kinds = _trees(seed).fit(columns[taught], fault[taught])
        self._places = _trees(seed + 1).fit(columns[~ordinary], place[~ordinary])

    def diagnose(
        self, before: np.ndarray, after: np.ndarray, readings_before: int, readings_after: int = 1
    ) -> Diagnosis:
        """See ``Diagnoser``; knows no resistance."""
        columns = features(self._sensors, before, after)
        kinds = _log_probabilities(self._kinds, columns, KINDS)
        places = _log_probabilities(self._places, columns, self._catalogue.places)
        return Diagnosis(kinds, places, np.full(len(before), np.nan))


def examples(
    sensors: Sensors, events: Events, readings: int, generator: np.random.Generator, repeats: int
) -> tuple[np.ndarray, np.ndarray]:
    """Readings before and after (repeats · events, channels) to learn from, now and then with a silent meter."""
    before = np.concatenate([sensors.read(events.before, generator, readings) for _ in range(repeats)])
    after = np.concatenate([sensors.read(events.after, generator) for _ in range(repeats)])
    if len(sensors.meters) > 1:
        of_meter = sensors.channels["place"].to_numpy() == generator.choice(sensors.meters, len(before))[:, None]
        silent = of_meter & (sensors.channels["quantity"] == "v").to_numpy()
        after[silent & (generator.uniform(size=(len(before), 1)) < _SILENT_SHARE)] = np.nan
    return before, after


def _trees(seed: int) -> ExtraTreesClassifier:
    return ExtraTreesClassifier(_TREES, min_samples_leaf=2, random_state=seed)


def _log_probabilities(model: ExtraTreesClassifier, columns: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Logarithms (n, names) of the model's probabilities, in the order of ``names``; a tree's 0 is no certainty."""
    found = np.zeros((len(columns), len(names)))
    found[:, [names.index(name) for name in model.classes_]] = model.predict_proba(columns)
    return np.log(np.maximum(found, _LEAST_PROBABILITY))


def _by_phase(ratio: np.ndarray, sensors: Sensors) -> list[np.ndarray]:
    """Mean and least of the meters' ratios on each phase, sorted means, and differences between phases."""
    if not sensors.meters:
        return []
    phase = sensors.nodes["phase"].to_numpy()[sensors.meter_nodes]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a phase whose meters are all silent stays NaN
        mean = np.stack([np.nanmean(ratio[:, phase == name], axis=1) for name in PHASES], axis=1)
        least = np.stack([np.nanmin(ratio[:, phase == name], axis=1) for name in PHASES], axis=1)
    ordered = np.sort(mean, axis=1)
    return [mean, least, ordered, np.diff(ordered, axis=1), mean - np.roll(mean, 1, axis=1)]


def _head_features(before: np.ndarray, after: np.ndarray) -> list[np.ndarray]:
    (v0, i0), (v1, i1) = head_phasors(before), head_phasors(after)
    upright = np.exp(-1j * np.angle(v0[:, :1]))
    rise, drop = (i1 - i0) * upright, (v1 - v0) * upright
    impedance = v1 * upright / np.where(np.abs(rise) < 1e-3, 1e-3, rise)
    impedance = np.clip(impedance.real, -20, 20) + 1j * np.clip(impedance.imag, -20, 20)
    power = v1 * i1.conj() - v0 * i0.conj()
    vectors = [rise @ _SEQUENCES.T, drop @ _SEQUENCES.T, rise, impedance, power]
    columns = [part for vector in vectors for part in (vector.real, vector.imag)]
    sizes = [np.log(np.abs(vector) + 1e-2) for vector in vectors[:3]]
    return [*columns, *sizes, np.abs(i1) - np.abs(i0), np.abs(v1) / np.abs(v0)]
