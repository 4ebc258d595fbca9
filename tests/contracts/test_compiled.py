"""The compiled contracts belong together: EnergyMarket carries the pool's code, which carries the profiles'."""

from hexbytes import HexBytes
from marketplace import CONTRACTS, load


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
