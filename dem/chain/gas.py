"""Gas: what the project's transactions used, beside what the paper published."""

from collections.abc import Iterable

import pandas as pd

from dem import paths
from dem.chain import project
from dem.chain.connection import Receipt

# Ethereum's block gas limit when the paper was published, and that of Ape's test chain.
BLOCK_GAS_LIMIT = 30_000_000
# EIP-170: the most bytes of code a contract may have.
CODE_SIZE_LIMIT = 24_576
REFERENCE = paths.DATA / "reference"


def total_gas(receipts: Iterable[Receipt]) -> int:
    """Gas of several transactions together."""
    return sum(receipt.gas_used for receipt in receipts)


def first_and_later(receipts: Iterable[Receipt]) -> pd.DataFrame:
    """Gas of each operation the first time and later.

    The first call of a kind writes storage slots that were empty, which costs more; of the later ones the dearest
    counts, so that no figure is flattered by a cheap case.

    Args:
        receipts: in the order of their transactions.

    Returns:
        One row per operation in order of appearance: ``operation``, ``first_gas``, ``later_gas`` (missing where it
        happened once).
    """
    used: dict[str, list[int]] = {}
    for receipt in receipts:
        used.setdefault(receipt.operation, []).append(receipt.gas_used)
    rows = [(name, gas[0], max(gas[1:], default=None)) for name, gas in used.items()]
    table = pd.DataFrame(rows, columns=["operation", "first_gas", "later_gas"])
    return table.astype({"first_gas": "Int64", "later_gas": "Int64"})


def contract_sizes(names: Iterable[str]) -> pd.DataFrame:
    """Bytes of code that each contract leaves on the chain: columns ``contract``, ``bytes``, ``limit``."""
    rows = []
    for name in names:
        code = project.load_contract(name).contract_type.runtime_bytecode.bytecode
        rows.append((name, len(code.removeprefix("0x")) // 2, CODE_SIZE_LIMIT))
    return pd.DataFrame(rows, columns=["contract", "bytes", "limit"])


def published() -> pd.DataFrame:
    """The paper's gas: columns ``homes``, ``operation``, ``first_gas``, ``later_gas``."""
    table = pd.read_csv(REFERENCE / "paper_gas.csv", comment="#")
    return table.astype({"first_gas": "Int64", "later_gas": "Int64"})


def published_settlement() -> pd.DataFrame:
    """Gas of the paper's settlement call: columns ``pairs``, ``settlement_gas``."""
    return pd.read_csv(REFERENCE / "paper_settlement_gas.csv", comment="#")
