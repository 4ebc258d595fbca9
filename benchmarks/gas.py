"""Gas of the marketplace against its goals and the paper's published values: ``python -m benchmarks.gas``."""

from collections.abc import Iterator

from benchmarks.report import Row, at_most, main
from dem.chain import gas
from dem.studies import gas_usage as study

# For a later home. The path needs no approval: the owner deposits its own commitments.
OPERATION_GOALS = {
    "registerUser": 110_000,
    "createCommitment": 62_000,
    "approve": 49_000,
    "deposit": 60_000,
    study.WHOLE_PATH: 232_000,
}
CLOSE_GOAL = 80_000
CLAIM_GOAL = 45_000
CLAIM_EACH_GOAL = 15_000
CONFIG = study.Config(homes=(10,), commitments=(2, 1_000), intervals=(2, 4, 24))


def rows() -> Iterator[Row]:
    """Gas of each operation of a later home, of settlement, and of deployment; reference: the paper's."""
    result = study.run(CONFIG)
    operations = result.operations.set_index("operation")
    for name, goal in OPERATION_GOALS.items():
        yield at_most(name, int(operations.at[name, "our_later"]), "gas", goal, int(operations.at[name, "paper_later"]))
    for settled in result.settlement.itertuples():
        name = f"close an interval of {settled.commitments} commitments"
        yield at_most(name, settled.close, "gas", CLOSE_GOAL, round(float(study.paper_settlement(settled.commitments))))
    claim = operations.loc[study.SETTLEMENT]
    yield at_most("claim one interval", int(claim["our_later"]), "gas", CLAIM_GOAL, int(claim["paper_first"]))
    for claimed in result.claims.itertuples():
        name = f"claim {claimed.intervals} intervals at once, each"
        yield at_most(name, round(claimed.gas_per_interval), "gas", CLAIM_EACH_GOAL)
    largest = result.settlement.iloc[-1]
    yield at_most("dearest transaction of settling 1,000", int(largest["largest"]), "gas", gas.BLOCK_GAS_LIMIT)
    yield Row("a commitment's first meter reading", round(largest["report"] / largest["commitments"]), "gas")
    yield Row(f"a meter reading, {CONFIG.reading_homes} at once, over a day", round(result.reading_gas), "gas")
    yield Row("deploy the marketplace", result.deployment_gas, "gas")
    for contract in result.deployment.itertuples():
        yield at_most(f"code of {contract.contract}", contract.bytes, "bytes", contract.limit)


if __name__ == "__main__":
    main(rows)
