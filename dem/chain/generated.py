"""Solidity that another program wrote, compiled with the project's compiler: verifiers of proofs are generated so."""

import functools
import json
import subprocess
from typing import Any

import yaml

from dem import paths
from dem.chain import project
from dem.chain.errors import ChainError

COMPILE_TIMEOUT_S = 600
OPTIMIZER_RUNS = 200


@functools.cache
def compile_source(source: str, name: str) -> Any:
    """Ape's container of a contract, compiled with the settings of the project's own.

    Args:
        source: a Solidity file without imports.
        name: the contract in it.

    Raises:
        ChainError: it does not compile; carries the compiler's message.
    """
    project.load_ape()
    from ape.contracts import ContractContainer
    from ethpm_types import ContractType

    compiled = _compiled(source).get(name)
    if compiled is None:
        raise ChainError(f"the generated source has no contract {name!r}")
    code, runtime = (compiled["evm"][kind]["object"] for kind in ("bytecode", "deployedBytecode"))
    return ContractContainer(
        ContractType.model_validate(
            {
                "contractName": name,
                "abi": compiled["abi"],
                "deploymentBytecode": {"bytecode": f"0x{code}"},
                "runtimeBytecode": {"bytecode": f"0x{runtime}"},
            }
        )
    )


def _compiled(source: str) -> dict[str, Any]:
    settings = yaml.safe_load((paths.ROOT / "ape-config.yaml").read_text())["solidity"]
    wanted = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
    request = {
        "language": "Solidity",
        "sources": {"generated.sol": {"content": source}},
        "settings": {
            "evmVersion": settings["evm_version"],
            "optimizer": {"enabled": True, "runs": OPTIMIZER_RUNS},
            "outputSelection": {"*": {"*": wanted}},
        },
    }
    program = project.SOLC_FOLDER / f"solc-v{project.SOLC_VERSION}"
    try:
        answer = subprocess.run(
            [program, "--standard-json"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=COMPILE_TIMEOUT_S,
        )
        result = json.loads(answer.stdout)
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        raise ChainError(f"the compiler does not answer (`make setup` brings it): {error}") from error
    failures = [each["formattedMessage"] for each in result.get("errors", []) if each["severity"] == "error"]
    if failures:
        raise ChainError(f"the generated source does not compile:\n{failures[0]}")
    return result["contracts"]["generated.sol"]
