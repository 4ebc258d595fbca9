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

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from pydantic import Field
from scipy import stats

from dem import alerts, data, plots
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
_QUIET = 8  # readings before the fault in a stream
_DURING = 5  # and during it
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
            for number in range(_QUIET + _DURING):
                reading = arrangement.sensors.read(before if number < _QUIET else after, generator)
                arrived = time.time()
                finding = watching.observe(reading)
                if finding and finding.is_first:
                    service.publish(self._event(finding))
                    service.wait(_PATIENCE_S)
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
        for number in range(_QUIET + _DURING):
            reading = arrangement.sensors.read(before if number < _QUIET else after, generator)
            started = time.perf_counter()
            finding = watching.observe(reading)
            seconds.append(time.perf_counter() - started)
            if finding:
                return {"readings": finding.reading - _QUIET + 1, "seconds": max(seconds)}
        return {"readings": float("nan"), "seconds": max(seconds)}

    def _event(self, finding: faults.Finding) -> alerts.Event:
        homes = _homes()
        concerned = faults.homes_below(self.simulator.feeder, self.catalogue, homes, finding.place)
        what = "short circuit" if finding.is_short_circuit else "outage"
        details = f"{finding.kind}, about {finding.ohms:.1f} ohm, with probability {finding.probability:.2f} there."
        found = _START + timedelta(seconds=finding.reading)
        return alerts.Event(what, f"bus {finding.place}", found, tuple(concerned), details=details)


def draw_confusion(result: Result) -> Figure:
    """Left what each kind is called; right recall and false alarms beside the plain threshold."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), width_ratios=(3, 2))
    shares = result.confusion.div(result.confusion.sum(axis=1).clip(lower=1), axis=0)
    sns.heatmap(shares, annot=result.confusion, fmt="d", cmap="Blues", vmin=0, vmax=1, cbar=False, ax=left)
    left.set(xlabel="called", ylabel="what it is", title="events, head + 4 meters, 1 % noise")
    left.tick_params(axis="y", rotation=0)
    plain = "method == 'current threshold' and sensors == 'head'"
    table = result.scores.query(f"readings == 1 and (method == 'both' or {plain})")
    labels = table["sensors"].str.replace(", ", "\n") + table["method"].map(
        {"both": "", "current threshold": "\nthreshold"}
    )
    missed = 100 * (1 - table["recall"].to_numpy())
    positions = np.arange(len(table))
    right.barh(positions - 0.2, missed, 0.4, label="faults missed", color=plots.PALETTE["paper"])
    false = 100 * table["false_alarms"].to_numpy()
    right.barh(positions + 0.2, false, 0.4, label="false alarms", color=plots.PALETTE["neutral"])
    right.set_yticks(positions, labels, fontsize=8)
    right.set_xscale("symlog", linthresh=0.1)
    right.set_xlim(left=0)
    right.invert_yaxis()
    right.set(xlabel="share of faults, of ordinary events (%)", title="alarms")
    right.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.4, -0.17), ncols=2)
    return figure


def draw_location(result: Result) -> Figure:
    """Left how many branches the named bus is away; right how resistance hides the place."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.3))
    cumulated = result.hops.assign(share=100 * result.hops.groupby("method", sort=False)["share"].cumsum())
    for color, (method, rows) in zip(plots.CYCLE, cumulated.groupby("method", sort=False), strict=False):
        style = "o--" if method == "both" else "o-"  # often on top of the twin's
        left.plot(rows["hops"], rows["share"], style, color=color, label=method)
        chosen = result.resistance[result.resistance["method"] == method]
        share, count = chosen["share"].to_numpy(), chosen["events"].to_numpy()
        low, high = _interval(share, count)
        errors = 100 * np.abs(np.array([share - low, high - share]))
        right.errorbar(chosen["ohms"], 100 * share, yerr=errors, fmt=style, capsize=3, color=color, label=method)
    left.set(xlabel="branches between the named and the true bus, at most", ylabel="short circuits (%)")
    left.set_xticks(range(5))
    left.legend(fontsize=9)
    right.set(xlabel="resistance of the short circuit (ohm)", ylabel="bus named right (%)")
    figure.suptitle("Place, head + 8 meters, 1 % noise", x=0.01, ha="left", fontsize=12, fontweight="bold")
    return figure


def draw_story(result: Result) -> Figure:
    """One fault, reading by reading: the score that raises the alarm, and how sure the place is."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), width_ratios=(3, 2))
    story = result.story
    left.plot(story["reading"], story["score"], "o-", color=plots.PALETTE["ours"])
    left.axhline(result.alarm_from, color=plots.PALETTE["paper"], linestyle="--", label="alarm from here")
    left.axvline(_QUIET - 0.5, color=plots.PALETTE["neutral"], linestyle=":", label="the short circuit begins")
    left.set(xlabel="reading", ylabel="log odds that it is a fault")
    left.set_xlim(-0.5, _QUIET + _DURING - 0.5)
    left.text(0, result.alarm_from - 0.5, "filling\nthe memory", va="top", fontsize=9)
    left.legend(fontsize=9, loc="upper left")
    found = story[story["place"] != ""]
    colors = [plots.PALETTE["good" if place == STORY.place else "paper"] for place in found["place"]]
    right.bar(found["reading"], 100 * found["probability"], color=colors)
    for row in found.itertuples():
        right.text(row.reading, 100 * row.probability + 1, f"{row.place}\n{row.ohms:.2f} Ω", ha="center", fontsize=9)
    right.set(xlabel="reading", ylabel="probability of the place named (%)", ylim=(0, 119))
    right.set_xticks(found["reading"])
    return figure


def score_table(result: Result) -> pd.DataFrame:
    """The scores as a reader wants them, shares in percent."""
    shares = {
        "recall": "found (%)",
        "false_alarms": "false alarms (%)",
        "kind": "kind right (%)",
        "bus": "bus right (%)",
        "within_one": "bus or next to it (%)",
        "recall_apart": "apart: found (%)",
        "bus_apart": "apart: bus right (%)",
    }
    counts = {"faults": "faults", "ordinary": "ordinary events", "apart": "faults apart"}
    scores = result.scores
    table = (100 * scores[list(shares)]).rename(columns=shares).join(scores[list(counts)].rename(columns=counts))
    return pd.concat([scores[["sensors", "method", "readings"]], table], axis=1)


def verdict(result: Result) -> str:
    """The claim, with its numbers."""
    scores = result.scores.set_index(["sensors", "method", "readings"]).sort_index()
    found, plain = scores.loc[(DETECTION, "both", 1)], scores.loc[(DETECTION, "current threshold", 1)]
    one = scores.loc[(LOCATION, "both", 1)]
    readings = int(result.scores["readings"].max())
    several = scores.loc[(LOCATION, "both", readings)]
    low, _ = _interval(np.array([found["recall"]]), np.array([found["faults"]]))
    _, high = _interval(np.array([found["false_alarms"]]), np.array([found["ordinary"]]))
    return (
        f"With the head and four meters, {100 * found['recall']:.2f} % of {found['faults']:.0f} faults raise an alarm "
        f"(95 % interval: at least {100 * low[0]:.2f} %), {100 * found['false_alarms']:.2f} % of "
        f"{found['ordinary']:.0f} ordinary events do (at most {100 * high[0]:.2f} %), and {100 * found['kind']:.2f} % "
        f"of the faults are called by their name. A threshold on the head's current, set for as few false alarms, "
        f"finds {100 * plain['recall']:.1f} %. With the head and eight meters the bus is right in "
        f"{100 * one['bus']:.1f} % of short circuits after one reading and "
        f"{100 * several['bus']:.1f} % after {readings}."
    )


def timing(result: Result) -> str:
    """How long it takes, in words."""
    first = (result.streams["readings"] == 1).mean()
    return (
        f"{100 * first:.0f} % of {len(result.streams)} faults raise the alarm at their first reading; the slowest "
        f"reading took {1_000 * result.streams['seconds'].max():.0f} ms to judge. From the reading to the last message "
        f"at a webhook: {1_000 * result.delivery_s:.0f} ms."
    )


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


def _interval(share: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's 95 % interval of a share of so many events."""
    z = stats.norm.ppf(0.975)
    count = np.maximum(count, 1)
    center = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return center - half, center + half


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
