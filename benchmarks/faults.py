"""Faults found, named and placed: ``python -m benchmarks.faults``; about ten minutes."""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.report import Row, at_least, at_most, main
from dem.studies import fault_alerts as study

# Other events than the notebook's: its were seen while the model of ordinary events was made.
CONFIG = study.Config.for_profile("full", seed=3001)


def rows() -> Iterator[Row]:
    """Scores on held-out events; reference: a plain threshold on the head's current, or the twin alone."""
    result = study.run(CONFIG)
    scores = result.scores.set_index(["sensors", "method", "readings"]).sort_index()
    found, plain = scores.loc[(study.DETECTION, "both", 1)], scores.loc[(study.DETECTION, "current threshold", 1)]
    yield _share(at_least, "recall, head + 4 meters, 1 % noise", found["recall"], 99.9, plain["recall"])
    yield _share(at_most, "false alarms, the same", found["false_alarms"], 0.1, plain["false_alarms"])
    yield _share(at_least, "type, the same", found["kind"], 99.9)
    meters = scores.loc[(study.METERS, "both", 1)]
    yield _share(at_least, "recall, 8 meters only, 1 % noise", meters["recall"], 99.5)
    yield _share(at_most, "false alarms, the same", meters["false_alarms"], 0.1)
    for name, goal, noise in ((study.LOCATION, 96.0, "1 %"), (study.PRECISE, 99.0, "0.1 %")):
        for readings in (1, CONFIG.more_readings):
            both, twin = scores.loc[(name, "both", readings)], scores.loc[(name, "twin", 1)]
            label = f"bus, head + 8 meters, {noise} noise, readings: {readings}"
            yield _share(at_least, label, both["bus"], goal, twin["bus"])
        yield Row(f"within one branch, {noise} noise", 100 * scores.loc[(name, "both", 1), "within_one"], "%")
    apart = scores.loc[(study.LOCATION, "both", 1)]
    yield Row("recall at the substation and at 480 V, apart", 100 * apart["recall_apart"], "%")
    yield Row("bus right there", 100 * apart["bus_apart"], "%")
    yield Row("faults tested", int(found["faults"]), "events")
    yield Row("ordinary events tested", int(found["ordinary"]), "events")
    yield _share(at_least, "alarm at the first reading of a stream", np.mean(result.streams["readings"] == 1), 99.0)
    yield at_most("slowest reading judged", float(result.streams["seconds"].max()), "s", 1.0)
    yield at_most("reading to last message delivered", result.delivery_s, "s", 1.0)


def _share(row: Callable[..., Row], name: str, share: float, goal: float, reference: float | None = None) -> Row:
    return row(name, 100 * float(share), "%", goal, None if reference is None else round(100 * float(reference), 3))


if __name__ == "__main__":
    main(rows)
