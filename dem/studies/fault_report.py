"""How surely faults are found, named and placed (`dem.studies.fault_alerts`): pictures, the table, words."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from scipy import stats

from dem import plots
from dem.studies.fault_alerts import DETECTION, DURING, LOCATION, QUIET, STORY, Result


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
    left.axvline(QUIET - 0.5, color=plots.PALETTE["neutral"], linestyle=":", label="the short circuit begins")
    left.set(xlabel="reading", ylabel="log odds that it is a fault")
    left.set_xlim(-0.5, QUIET + DURING - 0.5)
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


def _interval(share: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's 95 % interval of a share of so many events."""
    z = stats.norm.ppf(0.975)
    count = np.maximum(count, 1)
    center = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return center - half, center + half
