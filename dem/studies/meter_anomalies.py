"""Which thefts and faults a detector finds that learned from synthetic homes, in homes of other streets."""

import pandas as pd

from dem import data
from dem.data.sources import SYNTHETIC
from dem.meters.anomalies import ATTACKS, EVASIONS, FAULTS, Detector, Examples, Readings, evaluate, evaluate_balance

THEFT, FAULT, EVASION = "theft", "fault", "evasion"
SORTS = dict.fromkeys(ATTACKS, THEFT) | dict.fromkeys(FAULTS, FAULT) | dict.fromkeys(EVASIONS, EVASION)
YEAR = pd.Timedelta(days=365)
# Streets that detectors learn from are of seeds of their own.
_TRAINING = 10_000


def run(source: str, seed: int, *, runs: int, train_homes: int, test_homes: int, trees: int) -> pd.DataFrame:
    """Train on synthetic homes and try on a year of others, several times.

    Args:
        source: where the homes to try it on come from; synthetic ones are others in every run.
        seed: of everything that is drawn.
        runs: how often, each time with other training homes, attacks and trees.
        train_homes: homes to learn from.
        test_homes: homes to try it on; fewer where the source has fewer.
        trees: of the detector.

    Returns:
        One row a run and kind: `dem.meters.anomalies.evaluate`'s, and ``run``, ``sort`` (`SORTS`) and ``balance_auc``,
        of the meter at the feeder's head (missing for faults). Detectors are not taught evasions.
    """
    results = []
    for number in range(runs):
        own = seed + number
        honest = _tried(source, own, test_homes)
        learned = Readings.of(data.load(SYNTHETIC, homes=train_homes, seed=_TRAINING + own))
        learned = learned.coarser(honest.energy_wh.shape[2])
        detector = Detector.train(Examples.of(learned, seed=own), seed=own, trees=trees)
        scores = evaluate(detector, honest, seed=own, kinds=ATTACKS | FAULTS | EVASIONS)
        balance = evaluate_balance(honest, seed=own, kinds=ATTACKS | EVASIONS).rename(columns={"auc": "balance_auc"})
        results.append(scores.merge(balance, how="left").assign(run=number))
    table = pd.concat(results, ignore_index=True)
    return table.assign(sort=table["kind"].map(SORTS))


def _tried(source: str, seed: int, homes: int) -> Readings:
    """A year of readings of homes of a source; a building is cut into homes."""
    if source == SYNTHETIC:
        return Readings.of(data.load(SYNTHETIC, homes=homes, seed=seed))
    table = data.load(source)
    table = table[table.index < table.index[0] + YEAR]
    return Readings.of(data.neighbourhood(table, homes))
