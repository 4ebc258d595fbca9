"""A detector that has seen thefts and faults, and honest homes through the year."""

from collections.abc import Mapping
from dataclasses import dataclass
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
HONEST = "honest"


@dataclass(frozen=True)
class Examples:
    """Honest homes, and what each kind of attack makes of them; one row a home, window and kind.

    Attributes:
        columns: `features` of what was reported.
        kind: name of the attack, or `HONEST`, shape (rows,).
        home: number of the home, shape (rows,).
    """

    columns: pd.DataFrame
    kind: np.ndarray
    home: np.ndarray

    @classmethod
    def of(cls, honest: Readings, *, seed: int, kinds: Mapping[str, Attack] = ATTACKS | FAULTS) -> Self:
        """Attack every home in every window, each beside honest neighbours.

        Args:
            honest: homes to learn from.
            seed: of the attacks.
            kinds: what to learn.
        """
        street, used = Street.of_windows(honest), np.concatenate(list(honest.windows()))
        generator = np.random.default_rng(seed)
        reported = [used, *(falsify(used, attack, generator) for attack in kinds.values())]
        columns = pd.concat([features(each, street) for each in reported], ignore_index=True)
        kind = np.repeat([HONEST, *kinds], len(used))
        return cls(columns, kind, np.arange(len(kind)) % len(honest.homes))

    def without(self, kind: str) -> "Examples":
        """All others."""
        others = self.kind != kind
        return Examples(self.columns[others], self.kind[others], self.home[others])


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
        examples: Examples,
        *,
        seed: int,
        false_alarms: float = 0.5,
        trees: int = _TREES,
    ) -> Self:
        """Learn to tell attacks from honest homes.

        Args:
            examples: of at least four homes, as the threshold is found on homes left out in turn.
            seed: of the trees.
            false_alarms: to aim at, per home and year.
            trees: how many.

        Raises:
            ValueError: there are fewer than four homes.
        """
        homes = len(np.unique(examples.home))
        if homes < _FOLDS:
            raise ValueError(f"a detector learns from at least {_FOLDS} homes, there are {homes}")
        is_falsified = examples.kind != HONEST
        model = ExtraTreesClassifier(trees, min_samples_leaf=2, class_weight="balanced", random_state=seed)
        unseen = cross_val_predict(
            clone(model),
            examples.columns,
            is_falsified,
            groups=examples.home,
            cv=GroupKFold(_FOLDS),
            method="predict_proba",
        )[:, 1]
        share = false_alarms * WINDOW_DAYS / DAYS_PER_YEAR
        threshold = float(np.quantile(unseen[~is_falsified], 1 - share, method="higher"))
        return cls(model.fit(examples.columns, is_falsified), threshold)

    def score(self, columns: pd.DataFrame) -> np.ndarray:
        """How suspicious homes are, from 0 to 1, shape (rows,).

        Args:
            columns: `features` of what they reported.
        """
        return self._trees.predict_proba(columns)[:, 1]
