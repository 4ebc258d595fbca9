"""The compiled contracts belong together: EnergyMarket carries the pool's code, which carries the profiles'."""

from collections import defaultdict

from hexbytes import HexBytes
from marketplace import CONTRACTS, load

from dem.chain import project


def creation_code(name: str) -> bytes:
    return HexBytes(load(name).contract_type.deployment_bytecode.bytecode)


def test_compiled_contracts__carry_each_others_present_code():
    """Ape compiles changed files only: a change to EnergyProfile leaves its old code in EnergyMarket's constructor."""
    market, pool, profile = (creation_code(name) for name in CONTRACTS)
    assert profile in pool, "stale: run `ape compile --force`"
    assert pool in market, "stale: run `ape compile --force`"


def test_compiled_contracts__fit_the_chains_limits():
    """EIP-170 for what is stored, EIP-3860 for what is deployed."""
    for name in CONTRACTS:
        assert len(HexBytes(load(name).contract_type.runtime_bytecode.bytecode)) <= 24_576
        assert len(creation_code(name)) <= 49_152


def test_errors__of_one_selector__have_the_same_arguments_everywhere():
    """A refusal is known by its selector alone, which has the name and types of the error, not what they mean."""
    meanings = defaultdict(set)
    for name in project.compile_contracts():
        for error in load(name).contract_type.errors:
            meanings[error.selector].add(tuple(given.name for given in error.inputs))
    assert {selector: names for selector, names in meanings.items() if len(names) > 1} == {}
