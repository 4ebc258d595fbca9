"""Tap control while streets trade: node-time out of band and tap operations, beside the baseline and the limits.

Days of five-minute steps at three intensities of trading, drawn from seeds that no setting was chosen on; DQN trains on
days of its own. Intervals are 95 % over the days. As leads stand numbers of an earlier study on other trading days of
the same feeder, so they are comparable in kind and not in digits.
"""

from collections.abc import Iterator

import pandas as pd

from benchmarks.report import Row, at_most, main
from dem import data
from dem.grid import Feeder
from dem.grid.feeder import streets
from dem.studies import feeder_voltage as study
from dem.studies import voltage_contest as contest
from dem.studies.trading_days import INTENSITIES

SEED = 50_000
GOAL_RATIO = 1.3
# Share of node-time outside the band (%) and operations a day, mild, normal, heavy.
LEADS = {
    contest.BASELINE: ((0.085, 29), (0.57, 44), (1.52, 62)),
    contest.LEARNED: ((0, 42), (0.002, 60), (0.085, 103)),
    contest.TWIN: ((0, 11), (0, 19), (0.008, 30)),
    contest.EXHAUSTIVE: ((0, 166), (0, 287), (0, 466)),
    contest.FORESIGHT: ((0, 1.2), (0, 11.5), (0.006, 30)),
}


def rows() -> Iterator[Row]:
    """Every controller on the same days, and the twin against its three goals."""
    config = study.Config.for_profile("full", seed=SEED)
    scores, _ = study.compete(config, Feeder.ieee13(streets()), data.load(config.data, seed=config.seed))
    table = study.summary(scores).set_index(["intensity", "controller"])
    for column, unit in (("outside_percent", "% of node-time"), ("operations", "operations/day")):
        for k, intensity in enumerate(INTENSITIES):
            for name in table.loc[intensity].index:
                yield _row(table.loc[(intensity, name)], f"{intensity}, {name}", column, unit, k)
    yield from _goals(scores)


def _row(scores: pd.Series, name: str, column: str, unit: str, intensity: int) -> Row:
    controller = name.split(", ", 1)[1]
    lead = LEADS.get(controller)
    beside = f" (lead {lead[intensity][0 if column == 'outside_percent' else 1]:g})" if lead else ""
    return Row(name, scores[column], unit, f"± {scores[f'{column}_interval']:.2g}{beside}")


def _goals(scores: pd.DataFrame) -> Iterator[Row]:
    total = scores.groupby(["intensity", "controller"])[["operations", "avoidable"]].sum()
    for intensity in INTENSITIES:
        twin, baseline, limit = (
            total.loc[(intensity, name)] for name in (contest.TWIN, contest.BASELINE, contest.FORESIGHT)
        )
        name = f"{intensity}, {contest.TWIN}"
        yield at_most(
            f"{name}: node-steps out of band where exhaustive search has none", twin["avoidable"], "node-steps", 0
        )
        yield at_most(
            f"{name}: operations against 1.3 x the limit",
            twin["operations"],
            f"operations in {scores['day'].nunique()} days",
            GOAL_RATIO * limit["operations"],
            f"limit {limit['operations']:g}",
        )
        yield at_most(
            f"{name}: operations against the baseline, at least one fewer",
            twin["operations"],
            f"operations in {scores['day'].nunique()} days",
            baseline["operations"] - 1,
            f"baseline {baseline['operations']:g}",
        )


if __name__ == "__main__":
    main(rows)
