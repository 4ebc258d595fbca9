"""A detector that has seen thefts and faults, and honest homes through the year."""

from collections.abc import Iterable, Mapping
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import GroupKFold, cross_val_predict

from dem.meters.anomalies.attacks import ATTACKS, FAULTS, Attack, falsify
from dem.meters.anomalies.features import Street, features
from dem.meters.anomalies.readings import WINDOW_DAYS, Readings

DAYS_PER_YEAR = 365
_TREES = 300
_FOLDS = 4


class Detector:
    """Extremely randomised trees, and the score from which on they raise an alarm.

    Attributes:
        threshold: chosen for the false alarms that were asked for, on homes that the trees had not seen.
    """

    def __init__(self, trees: ExtraTreesClassifier, threshold: float) -> None:
        self._trees = trees
        self.threshold = threshold

    @classmethod
    def train(
        cls,
        honest: Readings,
        *,
        seed: int,
        kinds: Mapping[str, Attack] = ATTACKS | FAULTS,
        false_alarms: float = 0.5,
        trees: int = _TREES,
    ) -> Self:
        """Learn from honest homes and from what attacks make of them.

        Args:
            honest: at least as many homes as it takes to judge homes by others, four.
            seed: of the attacks and the trees.
            kinds: what to learn.
            false_alarms: to aim at, per home and year.
            trees: how many.

        Raises:
            ValueError: there are fewer than four homes.
        """
        if len(honest.homes) < _FOLDS:
            raise ValueError(f"a detector learns from at least {_FOLDS} homes, there are {len(honest.homes)}")
        columns, is_falsified, home = _examples(honest, kinds.values(), np.random.default_rng(seed))
        model = ExtraTreesClassifier(trees, min_samples_leaf=2, class_weight="balanced", random_state=seed)
        unseen = cross_val_predict(
            clone(model), columns, is_falsified, groups=home, cv=GroupKFold(_FOLDS), method="predict_proba"
        )[:, 1]
        share = false_alarms * WINDOW_DAYS / DAYS_PER_YEAR
        threshold = float(np.quantile(unseen[~is_falsified], 1 - share, method="higher"))
        return cls(model.fit(columns, is_falsified), threshold)

    def score(self, columns: pd.DataFrame) -> np.ndarray:
        """How suspicious homes are, from 0 to 1, shape (rows,).

        Args:
            columns: `features` of what they reported.
        """
        return self._trees.predict_proba(columns)[:, 1]


def _examples(
    honest: Readings, attacks: Iterable[Attack], generator: np.random.Generator
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Features, whether they are of falsified days, and the home's number, one row each."""
    street, rows = Street.of_windows(honest), np.concatenate(list(honest.windows()))
    parts = [features(rows, street)] + [features(falsify(rows, attack, generator), street) for attack in attacks]
    is_falsified = np.arange(len(parts) * len(rows)) >= len(rows)
    homes = np.arange(len(is_falsified)) % len(honest.homes)
    return pd.concat(parts, ignore_index=True), is_falsified, homes
