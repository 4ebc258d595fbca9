"""Theft and faults in meter series: what thieves and broken meters report, and a detector that tells it from homes.

readings = Readings.of(table)
detector = Detector.train(Examples.of(readings, seed=1), seed=1)
reported = others.energy_wh[:, -TOTAL_DAYS:]
alarms = detector.score(features(reported, Street.of(reported))) > detector.threshold

The detector learns from honest homes and from attacks on them that are known by name (`dem.meters.anomalies.attacks`),
so it is a classifier, and scikit-learn has well-kept ones. PyOD gathers detectors that learn without examples of what
they look for; river learns from streams, one reading at a time, and a month of a street is neither long nor in a hurry.

What it cannot see: a theft that is older than the days it compares with (`attacks.older`), and less of one that grows
slowly; a street that steals together (`missing_share` at the head of the feeder sees all three, but not who it is); a
believable day of somebody else's. A home whose battery keeps the meter at zero looks like one that reports nothing.
"""

from dem.meters.anomalies.attacks import ATTACKS, EVASIONS, FAULTS, Attack, falsify
from dem.meters.anomalies.balance import missing_share
from dem.meters.anomalies.detector import Detector, Examples
from dem.meters.anomalies.evaluation import evaluate, evaluate_balance
from dem.meters.anomalies.features import Street, features
from dem.meters.anomalies.readings import PAST_DAYS, TOTAL_DAYS, WINDOW_DAYS, Readings

__all__ = [
    "ATTACKS",
    "EVASIONS",
    "FAULTS",
    "PAST_DAYS",
    "TOTAL_DAYS",
    "WINDOW_DAYS",
    "Attack",
    "Detector",
    "Examples",
    "Readings",
    "Street",
    "evaluate",
    "evaluate_balance",
    "falsify",
    "features",
    "missing_share",
]
