"""Scores of a diagnoser on events that it was not made from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dem.grid.faults.catalogue import KINDS, SHORT_CIRCUITS, Catalogue
from dem.grid.faults.diagnosis import Diagnoser, Diagnosis
from dem.grid.faults.generator import Events
from dem.grid.faults.sensors import Sensors

FALSE_ALARMS = 0.001


@dataclass(frozen=True)
class Scores:
    """What was found, over the events that are not scored apart.

    Attributes:
        recall: share of faults (short circuits and outages) that raise an alarm.
        false_alarms: share of ordinary events that do.
        kind: share of faults whose kind is named right.
        bus: share of short circuits whose bus is named right.
        within_one: share of short circuits whose bus is at most one branch away.
        bus_apart: share of short circuits named right at the buses that are scored apart.
        recall_apart: share of those that raise an alarm.
        faults, ordinary, apart: how many events each share is of.
    """

    recall: float
    false_alarms: float
    kind: float
    bus: float
    within_one: float
    recall_apart: float
    bus_apart: float
    faults: int
    ordinary: int
    apart: int


def threshold(diagnosis: Diagnosis, events: Events, false_alarms: float = FALSE_ALARMS) -> float:
    """Score from which to raise an alarm, learned from ``events`` that are neither trained on nor tested.

    Half way between the ordinary and the faults where half the allowed share of false alarms leaves a gap between them;
    at that share otherwise.
    """
    score, kind = diagnosis.score, events.table["fault"].to_numpy()
    ordinary = float(np.quantile(score[kind == "ordinary"], 1 - false_alarms / 2))
    faults = float(np.quantile(score[(kind != "ordinary") & ~events.table["apart"].to_numpy()], false_alarms / 2))
    return (ordinary + faults) / 2 if faults > ordinary else ordinary


def diagnose(
    diagnoser: Diagnoser, sensors: Sensors, events: Events, seed: int, readings_before: int, readings_after: int = 1
) -> Diagnosis:
    """Read the events with fresh noise and diagnose them."""
    generator = np.random.default_rng(seed)
    before = sensors.read(events.before, generator, readings_before)
    after = sensors.read(events.after, generator, readings_after)
    return diagnoser.diagnose(before, after, readings_before, readings_after)


def score(diagnosis: Diagnosis, events: Events, alarm_from: float, catalogue: Catalogue, hops: pd.DataFrame) -> Scores:
    """Compare a diagnosis with what happened.

    Args:
        diagnosis: of the events.
        events: what happened.
        alarm_from: see ``threshold``.
        catalogue: names the places.
        hops: branches between each two places.
    """
    table = events.table
    alarm, place = diagnosis.score > alarm_from, diagnosis.likeliest_place(catalogue)
    right_kind = diagnosis.likeliest_kind() == table["fault"].to_numpy()
    right_place = place == table["place"].to_numpy()
    apart = table["apart"].to_numpy()
    ordinary = (table["fault"] == "ordinary").to_numpy()
    short = table["kind"].isin(SHORT_CIRCUITS).to_numpy() & ~apart
    fault = ~ordinary & ~apart
    return Scores(
        recall=_share(alarm, fault),
        false_alarms=_share(alarm, ordinary),
        kind=_share(right_kind, fault),
        bus=_share(right_place, short),
        within_one=_share(location_error(diagnosis, events, catalogue, hops) <= 1, short),
        recall_apart=_share(alarm, apart),
        bus_apart=_share(right_place, apart),
        faults=int(fault.sum()),
        ordinary=int(ordinary.sum()),
        apart=int(apart.sum()),
    )


def location_error(diagnosis: Diagnosis, events: Events, catalogue: Catalogue, hops: pd.DataFrame) -> np.ndarray:
    """Branches (n,) between the place named and the true one; NaN where there is none."""
    named = diagnosis.likeliest_place(catalogue)
    true = events.table["place"].where(events.table["fault"] != "ordinary", "").to_numpy()
    lookup = hops.to_dict()
    return np.array([lookup[place].get(other, np.nan) for place, other in zip(named, true, strict=True)])


def confusion(diagnosis: Diagnosis, events: Events, alarm_from: float) -> pd.DataFrame:
    """How many events of each kind (rows) are called which kind (columns), those scored apart left out."""
    called = np.where(diagnosis.score > alarm_from, diagnosis.likeliest_kind(), "ordinary")
    kept = ~events.table["apart"].to_numpy()
    counted = pd.crosstab(events.table["fault"][kept], called[kept])
    return counted.reindex(index=list(KINDS), columns=list(KINDS), fill_value=0)


def _share(hit: np.ndarray, among: np.ndarray) -> float:
    return float(hit[among].mean()) if among.any() else float("nan")
