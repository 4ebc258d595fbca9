"""Thefts and faults found in homes that no detector has seen: ``python -m benchmarks.anomalies``; about two minutes.

Detectors learn from synthetic homes and are tried on others, of another street in other weather, five times: means and
half widths of 95 % intervals. The peer is a plain threshold on a home's consumption beside its past and its street's.
F1 and precision are where a tenth of the homes' months are falsified, each beside honest neighbours.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from benchmarks.report import Row, at_least, at_most, main
from dem import data, plots
from dem.meters.anomalies import (
    ATTACKS,
    EVASIONS,
    FAULTS,
    Detector,
    Examples,
    Readings,
    Street,
    evaluate,
    evaluate_balance,
    falsify,
    features,
)

RUNS, TRAIN_HOMES, TEST_HOMES, TREES = 5, 20, 20, 100
FALSE_ALARMS = 0.5
MEAN_AUC = 0.95
SCORES = {"f1": "F1", "precision_at_k": "precision at k", "found": "found"}
TAUGHT = ATTACKS | FAULTS
TRIED = TAUGHT | EVASIONS


def rows() -> Iterator[Row]:
    """AUC, F1 and precision by kind, false alarms, kinds that were never taught, evasions, the feeder's head alone."""
    runs = [_run(number) for number in range(RUNS)]
    scores = pd.concat([run.assign(run=number) for number, run in enumerate(runs)])
    thefts = scores[scores["kind"].isin(list(ATTACKS))]
    mean, half_width = _interval(thefts.groupby("run")["auc"].mean())
    yield at_least(f"AUC, mean over thefts, ± {half_width:.4f}", mean, "", MEAN_AUC, _mean(thefts, "plain_auc"))
    for kind, of_kind in scores.groupby("kind", sort=False):
        yield _row(f"AUC, {kind}", of_kind, "auc", _mean(of_kind, "plain_auc"))
        for column, name in SCORES.items():
            yield _row(f"… {name}", of_kind, column)
        if kind in TAUGHT:
            yield _row("… AUC if never taught", of_kind, "untaught_auc")
        if kind not in FAULTS:
            yield _row("… AUC of the feeder's head alone, one thief in twenty homes", of_kind, "balance_auc")
    mean, half_width = _interval(scores.groupby("run")["false_alarms"].first())
    yield at_most(f"false alarms a home and year, ± {half_width:.3f}", mean, "", FALSE_ALARMS)


def _run(number: int) -> pd.DataFrame:
    learned = Readings.of(data.load("synthetic", homes=TRAIN_HOMES, seed=20_000 + number))
    honest = Readings.of(data.load("synthetic", homes=TEST_HOMES, seed=30_000 + number))
    examples = Examples.of(learned, seed=number)
    scores = evaluate(_detector(examples, number), honest, seed=number, kinds=TRIED)
    untaught = {
        kind: evaluate(_detector(examples.without(kind), number), honest, seed=number, kinds={kind: attack})["auc"][0]
        for kind, attack in TAUGHT.items()
    }
    balance = evaluate_balance(honest, seed=number, kinds=ATTACKS | EVASIONS).rename(columns={"auc": "balance_auc"})
    plain = [_plain(honest, kind, number) for kind in TRIED]
    return scores.assign(untaught_auc=scores["kind"].map(untaught), plain_auc=plain).merge(balance, how="left")


def _detector(examples: Examples, seed: int) -> Detector:
    return Detector.train(examples, seed=seed, false_alarms=FALSE_ALARMS, trees=TREES)


def _plain(honest: Readings, kind: str, seed: int) -> float:
    """AUC of how much less a home takes than it did, beside its street."""
    used, street = np.concatenate(list(honest.windows())), Street.of_windows(honest)
    told = (used, falsify(used, TRIED[kind], np.random.default_rng([seed, 3])))
    less = np.concatenate([-features(reported, street)["mean, beside the street"] for reported in told])
    return float(roc_auc_score(np.repeat([False, True], len(used)), less))


def _row(name: str, runs: pd.DataFrame, column: str, reference: float | None = None) -> Row:
    mean, half_width = _interval(runs[column])
    return Row(f"{name}, ± {half_width:.3f}", mean, "", reference)


def _interval(values: pd.Series) -> tuple[float, float]:
    mean, half_width = plots.mean_interval(values.to_numpy())
    return float(mean), float(half_width)


def _mean(table: pd.DataFrame, column: str) -> float:
    return round(float(table[column].mean()), 3)


if __name__ == "__main__":
    main(rows)
