"""What it costs to prove what the agent did, and what rounding its network costs.

    python -m benchmarks.proofs [--json]

Captured value: five neighbourhoods of synthetic homes, one training each, judged on homes and weeks that it was not
trained on; none of them is one by which the steps of rounding were chosen (seeds 2023 and 2024). Proofs: of the first
neighbourhood's policy, on two cores; they need the extra `zk` (`make zk`). Keys and reference strings are generated
under build/proofs; reference strings are used again.
"""

import os
from collections.abc import Iterator

import pandas as pd

from benchmarks.report import Row, at_most, main
from dem import plots
from dem.proofs import HOW_TO_INSTALL
from dem.studies import verified_agent as study
from dem.studies.verified_gas import COMPUTED

FIRST_SEED, NEIGHBOURHOODS = 7, 5
CONFIG = {"train_homes": 4, "test_homes": 4, "train_weeks": 16, "test_weeks": 6, "seeds": 1, "updates": 1_000}
CORES = 2
LOSS_LIMIT, GAS_LIMIT, DAY_GAS_LIMIT, PROOF_LIMIT_S = 0.5, 550_000, 30_000, 60.0


def rows() -> Iterator[Row]:
    """Gas of every way; time, size and gas of proofs; loss by rounding."""
    first = study.run(study.Config(seed=FIRST_SEED, **CONFIG))
    yield from _gas(first)
    yield from _proofs(first)
    others = [study.judge(study.Config(seed=FIRST_SEED + n, **CONFIG))[0] for n in range(1, NEIGHBOURHOODS)]
    yield from _value(pd.concat([first.value, *others]).set_index(["agent", "seed"])["captured"])


def _gas(first: study.Result) -> Iterator[Row]:
    for row in first.gas.itertuples():
        yield Row(f"{row.way}, {row.actions} at once", round(row.gas_per_action), "gas an action")
    for row in first.sizes.itertuples():
        yield Row(f"computing {row.products:,} products on chain", row.check_gas, "gas", f"{row.bytes:,} bytes of code")


def _proofs(first: study.Result) -> Iterator[Row]:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(allowed)[:CORES]))
    config = study.Config(seed=FIRST_SEED, **CONFIG, proved_actions=(1, study.DAY_ACTIONS))
    proofs = study.prove(config, first)
    os.sched_setaffinity(0, allowed)
    if proofs is None:
        yield Row("proofs", None, "", f"skipped: {HOW_TO_INSTALL}")
        return
    computed = first.gas[first.gas["way"] == COMPUTED].set_index("actions")["gas_per_action"]
    for row in proofs.table.itertuples():
        yield from _proof(row, computed[row.actions])


def _value(table: pd.Series) -> Iterator[Row]:
    for agent, label in study.LABELS.items():
        mean, interval = plots.mean_interval(table[agent].to_numpy())
        yield Row(label, float(mean), "captured", f"± {interval:.3f} over {NEIGHBOURHOODS} neighbourhoods")
    loss = 100 * (1 - table["integer"] / table["small"]).to_numpy()
    mean, interval = plots.mean_interval(loss)
    spread = f"± {interval:.3f}; worst {loss.max():.3f}"
    yield at_most("captured value that rounding costs", float(mean), "%", LOSS_LIMIT, spread)


def _proof(row: tuple, computed: float) -> Iterator[Row]:
    name = f"proof of {row.actions}"
    work = f"{row.processor_s:.0f} s of processor; setup {row.setup_s:.0f} s; 2^{row.log_rows} rows"
    yield at_most(f"{name}, made", row.proof_s, "s", PROOF_LIMIT_S, work)
    yield Row(f"{name}, size", row.proof_bytes, "bytes", f"memory {row.memory_gb:.1f} GB")
    limit = GAS_LIMIT if row.actions == 1 else DAY_GAS_LIMIT
    yield at_most(f"{name}, checked on chain", row.check_gas / row.actions, "gas an action", limit)
    whole = f"{name}, whole transaction" + (" with commitment and deposit" if row.actions == 1 else "")
    yield at_most(whole, row.gas_per_action, "gas an action", limit, f"computed on chain: {computed:,.0f}")
    yield Row(f"{name}, verifier", row.verifier_bytes, "bytes of code", f"deployed for {row.deploy_gas:,} gas")


if __name__ == "__main__":
    main(rows)
