"""How well a detector does on homes that it has not seen."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score, roc_auc_score

from dem.meters.anomalies.attacks import ATTACKS, FAULTS, Attack, falsify
from dem.meters.anomalies.balance import head_reading, missing_share
from dem.meters.anomalies.detector import DAYS_PER_YEAR, Detector
from dem.meters.anomalies.features import Street, features
from dem.meters.anomalies.readings import PAST_DAYS, WINDOW_DAYS, Readings

THIEVES = 0.1  # share of the homes' windows that are falsified where precision and F1 are measured
FEEDER_HOMES = 20


def evaluate(
    detector: Detector, honest: Readings, *, seed: int, kinds: Mapping[str, Attack] = ATTACKS | FAULTS
) -> pd.DataFrame:
    """Scores by kind of attack or fault.

    Args:
        detector: trained on other homes.
        honest: homes to try it on.
        seed: of the attacks and of who steals.
        kinds: what to try.

    Returns:
        One row a kind: ``kind``; ``auc`` over honest and falsified windows; ``f1`` at the detector's threshold and
        ``precision_at_k`` of the k most suspicious where `THIEVES` of the windows are falsified, each beside honest
        neighbours, k as many as there are; ``found``, the share above the threshold; ``false_alarms`` per home and
        year, the same in each row.
    """
    generator = np.random.default_rng([seed, 1])
    used, street = np.concatenate(list(honest.windows())), Street.of_windows(honest)
    trusted = detector.score(features(used, street))
    alarms = (trusted > detector.threshold).mean() * DAYS_PER_YEAR / WINDOW_DAYS
    rows = []
    for kind, attack in kinds.items():
        false = detector.score(features(falsify(used, attack, generator), street))
        rows.append({"kind": kind} | _scores(trusted, false, detector.threshold, generator) | {"false_alarms": alarms})
    return pd.DataFrame(rows)


def evaluate_balance(honest: Readings, *, seed: int, kinds: Mapping[str, Attack] = ATTACKS) -> pd.DataFrame:
    """How well the meter at a feeder's head tells streets with one thief from honest ones.

    Args:
        honest: homes; streets of at most `FEEDER_HOMES` are drawn from them, each home once the thief of one.
        seed: of the attacks, the streets and the errors.
        kinds: what to try.

    Returns:
        One row a kind: ``kind``, ``auc``.
    """
    generator = np.random.default_rng([seed, 2])
    rows = []
    for kind, attack in kinds.items():
        trusted, false = [], []
        for street in honest.windows():
            reported = falsify(street, attack, generator)[:, PAST_DAYS:]
            for thief in range(len(street)):
                honestly, falsely = _missing(street[:, PAST_DAYS:], reported[thief], thief, generator)
                trusted.append(honestly)
                false.append(falsely)
        rows.append({"kind": kind, "auc": _auc(np.array(trusted), np.array(false))})
    return pd.DataFrame(rows)


def _missing(used: np.ndarray, told: np.ndarray, thief: int, generator: np.random.Generator) -> tuple[float, float]:
    """Missing share on a feeder, all honest, and with one home that tells something else."""
    others = np.setdiff1d(np.arange(len(used)), thief)
    chosen = generator.permutation(others)[: FEEDER_HOMES - 1]
    feeder = used[[thief, *chosen]]
    reported = feeder.copy()
    reported[0] = told
    honestly, falsely = (missing_share(head_reading(feeder, generator), each) for each in (feeder, reported))
    return honestly, falsely


def _scores(
    trusted: np.ndarray, false: np.ndarray, threshold: float, generator: np.random.Generator
) -> dict[str, float]:
    count = max(1, round(len(trusted) * THIEVES / (1 - THIEVES)))
    caught = generator.choice(false, min(count, len(false)), replace=False)
    scores = np.concatenate([trusted, caught])
    labels = np.arange(len(scores)) >= len(trusted)
    worst = np.argsort(-scores, kind="stable")[: len(caught)]
    return {
        "auc": _auc(trusted, false),
        "f1": float(f1_score(labels, scores > threshold)),
        "precision_at_k": float(labels[worst].mean()),
        "found": float((false > threshold).mean()),
    }


def _auc(trusted: np.ndarray, false: np.ndarray) -> float:
    labels = np.arange(len(trusted) + len(false)) >= len(trusted)
    return float(roc_auc_score(labels, np.concatenate([trusted, false])))
