"""What homes that know one week each gain by learning together, against pooled data and against learning alone.

    python -m benchmarks.federation [--json]

Statistics are what notebook 06 proposes; FedAvg stands beside them. Both are compared with the better of the two
learners on pooled data, and with the better of the two alone. Synthetic neighbourhoods differ in weather, homes, known
weeks and networks from seed to seed; the paper's building and CityLearn's homes, where their data are present, in known
weeks and networks. Intervals are 95 % over seeds.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.report import Row, at_least, main
from dem import paths, plots
from dem.federated.values import judge, train
from dem.studies import when_federation_helps as study

REAL = paths.ROOT.parent / "shared" / "data"
SEEDS = range(2023, 2028)
YEAR = {"data_weeks": 52, "network_rounds": 15}
SHARE_OF_POOLED, SHARE_THAT_GAINS = 0.98, 0.9
OURS, BESIDE = "regression, statistics", "network, FedAvg"
ALONE = ["regression, alone", "network, alone"]
POOLED = ["regression, pooled data", "network, pooled data"]


def rows() -> Iterator[Row]:
    """Ten and a hundred synthetic homes, then real ones."""
    for homes, trial_weeks in ((10, 8), (100, 2)):
        streets = (study.Config(seed=seed, homes=homes, trial_weeks=trial_weeks, **YEAR) for seed in SEEDS)
        yield from _compared(f"{homes} homes", pd.concat(_captured(street, [street.seed]) for street in streets))
    for name, folder in (("building", "drahix"), ("CityLearn", "citylearn_2022_phase_1")):
        yield from _real(name, REAL / folder)


def _real(name: str, folder: Path) -> Iterator[Row]:
    if not folder.is_dir():
        yield Row(f"{name}, all", None, "captured", f"skipped: {folder.name} is not here")
        return
    config = study.with_homes_present(study.Config(data=str(folder), homes=10, trial_weeks=8, **YEAR))
    yield from _compared(f"{name}, {config.homes} homes", _captured(config, SEEDS))


def _captured(config: study.Config, seeds: Sequence[int]) -> pd.DataFrame:
    """Captured value of every home, indexed by (seed, home), one column an arm."""
    arms = (OURS, BESIDE, *ALONE, *POOLED)
    captured = judge([train(config.values(seed, **study.ARMS[arm])) for arm in arms for seed in seeds])
    index = pd.MultiIndex.from_product([seeds, range(1, config.homes + 1)], names=["seed", "home"])
    return pd.DataFrame(dict(zip(arms, captured.reshape(len(arms), -1), strict=True)), index=index)


def _compared(place: str, captured: pd.DataFrame) -> Iterator[Row]:
    pooled, alone = captured[POOLED].mean().idxmax(), captured[ALONE].mean().idxmax()
    for arm in (OURS, BESIDE, alone, pooled):
        mean, reference = _over_seeds(captured[arm])
        yield Row(f"{place}: {arm}", mean, "captured", f"{reference}; worst home {captured[arm].min():.3f}")
    for arm in (OURS, BESIDE):
        by_seed = captured.groupby("seed").mean()
        share, spread = _over_seeds(by_seed[arm] / by_seed[pooled])
        yield _goal(arm, f"{place}: {arm}, of {pooled}", share, SHARE_OF_POOLED, spread)
        gain = captured[arm] - captured[alone]
        share, spread = _over_seeds((gain > 0).astype(float))
        spread += f"; mean gain {gain.mean():+.3f}, worst {gain.min():+.3f}"
        yield _goal(arm, f"{place}: {arm}, homes better than {alone}", share, SHARE_THAT_GAINS, spread)


def _goal(arm: str, name: str, share: float, goal: float, reference: str) -> Row:
    """Goals are for what notebook 06 proposes."""
    return at_least(name, share, "share", goal, reference) if arm == OURS else Row(name, share, "share", reference)


def _over_seeds(values: pd.Series) -> tuple[float, str]:
    samples = values.groupby("seed").mean().to_numpy(dtype=np.float64)
    mean, interval = plots.mean_interval(samples)
    return float(mean), f"± {interval:.3f} over {len(samples)} seeds"


if __name__ == "__main__":
    main(rows)
