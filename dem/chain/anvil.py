"""Foundry's node without Ape, for thousands of transactions or calls of billions of gas.

Ape has its anvil trace every step of every transaction, memory included: long calls then take minutes instead of
milliseconds. This one traces nothing.
"""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dem.chain import gas, project
from dem.chain.errors import ChainError

START_TIMEOUT_S = 30
POLL_S = 0.02
REQUEST_TIMEOUT_S = 120
ETHER = 1_000_000_000
NOT_INSTALLED = "anvil is not installed: `make setup` brings it on Linux; elsewhere install Foundry"


@dataclass(frozen=True)
class Node:
    """A running anvil.

    Attributes:
        web3: a connection to it.
        sender: its first account, which sends everything.
    """

    web3: Any
    sender: str

    def deploy(self, name: str, *arguments: Any) -> Any:
        """A contract of the project on this node, as web3 offers it."""
        kind = project.load_contract(name).contract_type
        abi = [entry.model_dump(mode="json", by_alias=True, exclude_none=True) for entry in kind.abi]
        factory = self.web3.eth.contract(abi=abi, bytecode=kind.deployment_bytecode.bytecode)
        receipt = self._wait(factory.constructor(*arguments).transact({"from": self.sender}))
        return self.web3.eth.contract(address=receipt["contractAddress"], abi=abi)

    def send(self, call: Any, value: int = 0) -> int:
        """Send a call of a contract's function, with a block's gas; returns the gas it used.

        Raises:
            ChainError: the contract refused it.
        """
        transaction = {"from": self.sender, "value": value, "gas": gas.BLOCK_GAS_LIMIT}
        receipt = self._wait(call.transact(transaction))
        if not receipt["status"]:
            raise ChainError(f"{call.fn_name} was refused on anvil")
        return receipt["gasUsed"]

    def _wait(self, transaction: bytes) -> Any:
        return self.web3.eth.wait_for_transaction_receipt(transaction, REQUEST_TIMEOUT_S, poll_latency=POLL_S)


def find() -> str | None:
    """Path of the program; ``None`` where it is not installed."""
    project.prepare_environment()
    return shutil.which("anvil")


@contextlib.contextmanager
def anvil(gas_limit: int = gas.BLOCK_GAS_LIMIT) -> Iterator[Node]:
    """Start an anvil; leaving the ``with`` block stops it.

    Args:
        gas_limit: of its blocks, and of calls that send nothing.

    Raises:
        ChainError: it is not installed or does not answer.
    """
    program = find()
    if program is None:
        raise ChainError(NOT_INSTALLED)
    port = _free_port()
    options = ["--port", str(port), "--gas-limit", str(gas_limit), "--balance", str(ETHER), "--hardfork", "cancun"]
    process = subprocess.Popen([program, *options, "--silent"], stdout=subprocess.DEVNULL)
    try:
        web3 = _connected(f"http://127.0.0.1:{port}")
        yield Node(web3, web3.eth.accounts[0])
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _connected(url: str) -> Any:
    from web3 import HTTPProvider, Web3

    web3 = Web3(HTTPProvider(url, request_kwargs={"timeout": REQUEST_TIMEOUT_S}))
    deadline = time.monotonic() + START_TIMEOUT_S
    while not web3.is_connected():
        if time.monotonic() > deadline:
            raise ChainError(f"anvil did not answer at {url}")
        time.sleep(POLL_S)
    return web3
