"""Physics and examples together, which is what the fault agent uses."""

import numpy as np
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dem.grid.faults.catalogue import KINDS
from dem.grid.faults.diagnosis import FAULT_COLUMNS, Diagnosis
from dem.grid.faults.generator import Events
from dem.grid.faults.learned import Learned, examples
from dem.grid.faults.sensors import Sensors
from dem.grid.faults.twin import Twin

_WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.4)  # of the learned opinion on the place, beside the twin's
_MOST_LOG = 15.0


class Combined:
    """Logistic regression on both opinions says whether it is a fault; their products say which kind and where.

    Args:
        learned: trained on other events than ``events``.
        twin: for the same sensors.
        sensors: what is read.
        events: tell how far to trust each.
        readings: single readings behind each reading before.
        seed: of the noise on them.
    """

    def __init__(
        self, learned: Learned, twin: Twin, sensors: Sensors, events: Events, readings: int, seed: int
    ) -> None:
        self._learned, self._twin = learned, twin
        before, after = examples(sensors, events, readings, np.random.default_rng(seed), repeats=1)
        opinions = learned.diagnose(before, after, readings), twin.diagnose(before, after, readings)
        taught = ~events.table["apart"].to_numpy()
        self._fault = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))
        self._fault.fit(_opinions(*opinions)[taught], (events.table["fault"] != "ordinary").to_numpy()[taught])
        fault = taught & (events.table["fault"] != "ordinary").to_numpy()
        true = [twin.catalogue.places.index(place) for place in events.table["place"][fault]]
        hits = [(_places(*opinions, weight)[fault].argmax(axis=1) == true).mean() for weight in _WEIGHTS]
        self.weight = _WEIGHTS[int(np.argmax(hits))]

    def diagnose(
        self, before: np.ndarray, after: np.ndarray, readings_before: int, readings_after: int = 1
    ) -> Diagnosis:
        """See ``Diagnoser``."""
        learned = self._learned.diagnose(before, after, readings_before, readings_after)
        twin = self._twin.diagnose(before, after, readings_before, readings_after)
        kinds = np.zeros((len(before), len(KINDS)))
        named = log_softmax(twin.log_kinds[:, FAULT_COLUMNS] + learned.log_kinds[:, FAULT_COLUMNS], axis=1)
        kinds[:, FAULT_COLUMNS] = named + self._fault.decision_function(_opinions(learned, twin))[:, None]
        return Diagnosis(kinds, _places(learned, twin, self.weight), twin.ohms)


def _opinions(learned: Diagnosis, twin: Diagnosis) -> np.ndarray:
    """Both log odds (n, 2), bounded so that clear cases do not weigh on the doubtful ones."""
    return np.clip(np.stack([learned.score, twin.score], axis=1), -_MOST_LOG, _MOST_LOG)


def _places(learned: Diagnosis, twin: Diagnosis, weight: float) -> np.ndarray:
    return twin.log_places + weight * learned.log_places
