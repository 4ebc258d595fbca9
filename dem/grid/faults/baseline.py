"""The plain rule to beat: an overcurrent relay at the head."""

import numpy as np

from dem.grid.faults.catalogue import KINDS
from dem.grid.faults.change import head_phasors
from dem.grid.faults.diagnosis import ORDINARY_COLUMN, Diagnosis


class CurrentThreshold:
    """Says fault when the largest phase current at the head is high; knows neither kind nor place.

    Args:
        places: how many places there are.
    """

    def __init__(self, places: int) -> None:
        self._places = places

    def diagnose(
        self, before: np.ndarray, after: np.ndarray, readings_before: int, readings_after: int = 1
    ) -> Diagnosis:
        """See ``Diagnoser``; the score is the current in units of ``HEAD_CURRENT_A``."""
        kinds = np.full((len(after), len(KINDS)), -np.log(len(KINDS) - 1))
        kinds[:, ORDINARY_COLUMN] = -np.abs(head_phasors(after)[1]).max(axis=1)
        return Diagnosis(kinds, np.zeros((len(after), self._places)), np.full(len(after), np.nan))
