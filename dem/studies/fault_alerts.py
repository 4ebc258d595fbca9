"""Faults on the feeder: how surely they are found, named and placed, and how fast people hear of them.

The learned diagnoser and the twin see training events (random loads, resistances on a grid); the test events have other
seeds, loads that follow the homes of the data, and resistances in between.
"""

import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from dem import alerts, data
from dem.alerts.receiver import Receiver
from dem.grid import faults
from dem.grid.faults import agent, bank, evaluation
from dem.studies.config import StudyConfig

LEVELS = {"quick": (0.3, 0.65, 1.0), "full": bank.LEVELS}
METHODS = ("learned", "twin", "both")
DETECTION, METERS = "head + 4 meters", "8 meters"
LOCATION, PRECISE = "head + 8 meters", "head + 8 meters, 0.1 % noise"
RESISTANCES = (0.0, 0.01, 0.1, 1.0, 5.0, 20.0)
STORY = faults.Disturbance("SLG", "652", "A", 8.0)
QUIET, DURING = 8, 5
"""Readings of a stream before the fault and during it."""
_PATIENCE_S = 30.0
_START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Config(StudyConfig):
    """Settings of the study."""

    PROFILES: ClassVar = {
        "quick": {"train": 1_000, "calibrate": 600, "test": 600, "streams": 10},
        "full": {"train": 3_000, "calibrate": 3_000, "test": 4_000, "streams": 60},
    }

    train: int = Field(default=1_000, ge=100, description="events that diagnosers learn from")
    calibrate: int = Field(default=600, ge=100, description="events that set trust and thresholds")
    test: int = Field(default=600, ge=100, description="events that are scored")
    streams: int = Field(default=10, ge=1, description="faults that arrive reading by reading")
    more_readings: int = Field(default=3, ge=2, description="readings averaged for the surer place")


@dataclass(frozen=True)
class Arrangement:
    """Sensors and the diagnosers made for them, with the score from which each raises an alarm."""

    name: str
    sensors: faults.Sensors
    diagnosers: dict[str, faults.Diagnoser]
    thresholds: dict[str, float]


@dataclass(frozen=True)
class Result:
    """What was measured.

    Attributes:
        scores: one row per arrangement of sensors, method and number of readings: the fields of ``evaluation.Scores``.
        confusion: kinds as they are (rows) and as the fault agent calls them (columns), head and four meters.
        hops: one row per method and distance in branches: ``share`` of short circuits, head and eight meters.
        resistance: one row per method of placing and range of resistance: ``share`` of buses right, ``events``.
        streams: one row per fault that came reading by reading: ``readings`` until the alarm, ``seconds`` for one.
        story: one row per reading of one fault: ``reading, score, place, probability, ohms``.
        messages: what the operator and the homes read about it.
        delivery_s: from the reading to the last message's arrival at a webhook on loopback, seconds.
        alarm_from: the agent's threshold.
    """

    scores: pd.DataFrame
    confusion: pd.DataFrame
    hops: pd.DataFrame
    resistance: pd.DataFrame
    streams: pd.DataFrame
    story: pd.DataFrame
    messages: str
    delivery_s: float
    alarm_from: float


def run(config: Config) -> Result:
    """Make events, make diagnosers, score them, follow one fault to the people."""
    workshop = Workshop(config)
    arrangements = {arrangement.name: arrangement for arrangement in workshop.arrangements()}
    scores = [row for arrangement in arrangements.values() for row in workshop.scores(arrangement)]
    best, fast = arrangements[LOCATION], arrangements[DETECTION]
    story, messages, delivery_s = workshop.follow(best)
    return Result(
        scores=pd.DataFrame(scores),
        confusion=evaluation.confusion(workshop.diagnose(fast, "both"), workshop.test, fast.thresholds["both"]),
        hops=workshop.hop_shares(best),
        resistance=workshop.by_resistance(best),
        streams=workshop.streams(best),
        story=story,
        messages=messages,
        delivery_s=delivery_s,
        alarm_from=best.thresholds["both"],
    )


class Workshop:
    """The events and the bank that all arrangements of sensors share."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.simulator = faults.FaultSimulator()
        self.catalogue = self.simulator.catalogue
        homes = faults.HomePoints(data.load(config.data, seed=config.seed))
        taught = faults.taught_resistance
        self.train = faults.generate(self.simulator, config.train, config.seed, resistances=taught)
        self.validation = faults.generate(self.simulator, config.calibrate, config.seed + 1)
        self.test = faults.generate(self.simulator, config.test, config.seed + 2, points=homes)
        self.bank = faults.FaultBank.simulate(self.simulator, LEVELS[config.profile])
        self.hops = faults.hops(self.simulator.feeder, self.catalogue)
        self._diagnoses: dict[tuple[str, str, int], faults.Diagnosis] = {}

    def arrangements(self) -> Iterator[Arrangement]:
        """The choices of sensors, each with its diagnosers."""
        nodes = self.simulator.nodes
        yield self._arrange("head", faults.Sensors(nodes, ()))
        yield self._arrange(DETECTION, faults.Sensors(nodes, faults.FOUR_METERS))
        yield self._arrange(METERS, faults.Sensors(nodes, head=False))
        yield self._arrange(LOCATION, faults.Sensors(nodes), look_again=True)
        yield self._arrange(PRECISE, faults.Sensors(nodes, noise=0.001), look_again=True)

    def diagnose(self, arrangement: Arrangement, method: str, readings: int = 1) -> faults.Diagnosis:
        """The test events, read with noise of their own."""
        key = arrangement.name, method, readings
        if key not in self._diagnoses:
            self._diagnoses[key] = evaluation.diagnose(
                arrangement.diagnosers[method],
                arrangement.sensors,
                self.test,
                self.config.seed + 5,
                agent.MEMORY,
                readings,
            )
        return self._diagnoses[key]

    def scores(self, arrangement: Arrangement) -> Iterator[dict[str, object]]:
        """One row per method, and one more where several readings sharpen the place."""
        cases = [(method, 1) for method in arrangement.diagnosers]
        if arrangement.name in (LOCATION, PRECISE):
            cases.append(("both", self.config.more_readings))
        for method, readings in cases:
            found, alarm_from = self.diagnose(arrangement, method, readings), arrangement.thresholds[method]
            row = asdict(evaluation.score(found, self.test, alarm_from, self.catalogue, self.hops))
            if method == "current threshold":
                row |= dict.fromkeys(("kind", "bus", "within_one", "bus_apart"), float("nan"))
            yield {"sensors": arrangement.name, "method": method, "readings": readings, **row}

    def hop_shares(self, arrangement: Arrangement) -> pd.DataFrame:
        """See ``Result.hops``."""
        rows = []
        kept = self._short_circuits()
        for label, method, readings in self._ways():
            found = self.diagnose(arrangement, method, readings)
            error = evaluation.location_error(found, self.test, self.catalogue, self.hops)[kept]
            rows += [{"method": label, "hops": k, "share": float((error == k).mean())} for k in range(5)]
        return pd.DataFrame(rows)

    def by_resistance(self, arrangement: Arrangement) -> pd.DataFrame:
        """See ``Result.resistance``."""
        rows, ohms = [], self.test.table["resistance_ohm"].to_numpy()
        for label, method, readings in self._ways():
            right = self.diagnose(arrangement, method, readings).likeliest_place(self.catalogue)
            right = right == self.test.table["place"].to_numpy()
            for low, high in pairwise(RESISTANCES):
                chosen = self._short_circuits() & (ohms > low) & (ohms <= high)
                row = {"method": label, "ohms": f"{low:g}–{high:g}", "events": int(chosen.sum())}
                rows.append(row | {"share": float(right[chosen].mean()) if chosen.any() else float("nan")})
        return pd.DataFrame(rows)

    def streams(self, arrangement: Arrangement) -> pd.DataFrame:
        """See ``Result.streams``."""
        generator = np.random.default_rng(self.config.seed + 7)
        kept = (self.test.table["fault"] != "ordinary") & ~self.test.table["apart"]
        rows = []
        for event in np.flatnonzero(kept)[: self.config.streams]:
            before, after = self.test.before[event], self.test.after[event]
            rows.append(self._stream(arrangement, before, after, generator))
        return pd.DataFrame(rows)

    def follow(self, arrangement: Arrangement) -> tuple[pd.DataFrame, str, float]:
        """See ``Result.story``, ``messages``, ``delivery_s``."""
        self.simulator.operate(bank.level_point(self.simulator, 0.8))
        before, after = self.simulator.solve(), self.simulator.solve(STORY)
        generator = np.random.default_rng(self.config.seed + 8)
        watching, rows, delivery_s = self._agent(arrangement), [], float("nan")
        with _people() as (service, receiver, shown):
            for number in range(QUIET + DURING):
                reading = arrangement.sensors.read(before if number < QUIET else after, generator)
                arrived = time.time()
                finding = watching.observe(reading)
                if finding and finding.is_first:
                    service.publish(self._event(finding))
                    if not service.wait(_PATIENCE_S):
                        raise RuntimeError(f"messages were not delivered within {_PATIENCE_S:g} s")
                    delivery_s = receiver.requests[-1].time - arrived
                rows.append(_story_row(number, watching.score, finding))
        return pd.DataFrame(rows), shown.getvalue(), delivery_s

    def _arrange(self, name: str, sensors: faults.Sensors, look_again: bool = False) -> Arrangement:
        readings, seed = agent.MEMORY, self.config.seed
        half = np.arange(len(self.validation)) % 2 == 0
        trust, limits = self.validation.where(half), self.validation.where(~half)
        learned = faults.Learned(self.catalogue, sensors, self.train, readings, seed)
        twin = faults.Twin(self.simulator, self.bank, sensors, self.train, look_again)
        both = faults.Combined(learned, twin, sensors, trust, readings, seed + 3)
        diagnosers = {"learned": learned, "twin": twin, "both": both}
        if sensors.head:
            diagnosers["current threshold"] = faults.CurrentThreshold(len(self.catalogue.places))
        thresholds = {
            method: evaluation.threshold(evaluation.diagnose(diagnoser, sensors, limits, seed + 4, readings), limits)
            for method, diagnoser in diagnosers.items()
        }
        return Arrangement(name, sensors, diagnosers, thresholds)

    def _ways(self) -> list[tuple[str, str, int]]:
        several = self.config.more_readings
        return [*((method, method, 1) for method in METHODS), (f"both, {several} readings", "both", several)]

    def _short_circuits(self) -> np.ndarray:
        table = self.test.table
        return (table["kind"].isin(faults.FAULTS) & (table["kind"] != "outage") & ~table["apart"]).to_numpy()

    def _agent(self, arrangement: Arrangement) -> faults.FaultAgent:
        return faults.FaultAgent(
            arrangement.diagnosers["both"], arrangement.sensors, self.catalogue, arrangement.thresholds["both"]
        )

    def _stream(
        self, arrangement: Arrangement, before: np.ndarray, after: np.ndarray, generator: np.random.Generator
    ) -> dict[str, float]:
        watching, seconds = self._agent(arrangement), []
        for number in range(QUIET + DURING):
            reading = arrangement.sensors.read(before if number < QUIET else after, generator)
            started = time.perf_counter()
            finding = watching.observe(reading)
            seconds.append(time.perf_counter() - started)
            if finding:
                return {"readings": finding.reading - QUIET + 1, "seconds": max(seconds)}
        return {"readings": float("nan"), "seconds": max(seconds)}

    def _event(self, finding: faults.Finding) -> alerts.Event:
        homes = _homes()
        concerned = faults.homes_below(self.simulator.feeder, self.catalogue, homes, finding.place)
        what = "short circuit" if finding.is_short_circuit else "outage"
        details = f"{finding.kind}, about {finding.ohms:.1f} ohm, with probability {finding.probability:.2f} there."
        found = _START + timedelta(seconds=finding.reading)
        return alerts.Event(what, f"bus {finding.place}", found, tuple(concerned), details=details)


def _story_row(number: int, score: float, finding: faults.Finding | None) -> dict[str, object]:
    row = {
        "reading": number,
        "score": score if np.isfinite(score) else np.nan,
        "place": "",
        "probability": np.nan,
        "ohms": np.nan,
    }
    if finding:
        row |= {"place": finding.place, "probability": finding.probability, "ohms": finding.ohms}
    return row


def _homes() -> pd.DataFrame:
    """A home on every phase of the buses that have loads in the tables."""
    places = ("634A", "645B", "646C", "652A", "671A", "671B", "675A", "611C")
    rows = [(f"home_{place}", place[:3], place[3]) for place in places]
    return pd.DataFrame(rows, columns=["home", "bus", "phase"])


@contextmanager
def _people() -> Iterator[tuple[alerts.Alerts, Receiver, io.StringIO]]:
    """Alerts to a console, which is returned as text, and to a webhook on loopback."""
    shown = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, Receiver() as receiver:
        outbox = alerts.Outbox(Path(folder) / "outbox.sqlite")
        routes = [alerts.Route(alerts.Console(shown)), alerts.Route(alerts.Webhook(receiver.url))]
        with alerts.Alerts(outbox, routes) as service:
            yield service, receiver, shown
        outbox.close()
