"""What every diagnoser answers: how likely each kind of event is, and each place if it is a fault."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import logsumexp, softmax

from dem.grid.faults.catalogue import KINDS, Catalogue

ORDINARY_COLUMN = KINDS.index("ordinary")
FAULT_COLUMNS = [column for column in range(len(KINDS)) if column != ORDINARY_COLUMN]


@dataclass(frozen=True)
class Diagnosis:
    """Opinions on n changes, as logarithms of probabilities (up to a constant in each row).

    Attributes:
        log_kinds: (n, kinds), in the order of ``KINDS``.
        log_places: (n, places), in the order of ``Catalogue.places``: where it is, if it is a fault.
        ohms: (n,) estimated resistance of the likeliest short circuit; NaN where the method has none.
    """

    log_kinds: np.ndarray
    log_places: np.ndarray
    ohms: np.ndarray

    @property
    def places(self) -> np.ndarray:
        """Probabilities (n, places)."""
        return softmax(self.log_places, axis=1)

    @property
    def score(self) -> np.ndarray:
        """Log odds (n,) that it is a fault at all."""
        return logsumexp(self.log_kinds[:, FAULT_COLUMNS], axis=1) - self.log_kinds[:, ORDINARY_COLUMN]

    def likeliest_kind(self) -> np.ndarray:
        """Names (n,) of the likeliest kind of fault, were it one."""
        return np.array(KINDS)[FAULT_COLUMNS][self.log_kinds[:, FAULT_COLUMNS].argmax(axis=1)]

    def likeliest_place(self, catalogue: Catalogue) -> np.ndarray:
        """Names (n,) of the likeliest place: a switch or a bus."""
        return np.array(catalogue.places)[self.log_places.argmax(axis=1)]


class Diagnoser(Protocol):
    """Tells what a change of readings means."""

    def diagnose(
        self, before: np.ndarray, after: np.ndarray, readings_before: int, readings_after: int = 1
    ) -> Diagnosis:
        """Diagnose n changes from readings ``before`` and ``after`` (n, channels), means of so many single ones.

        NaN stands for a silent channel.
        """
