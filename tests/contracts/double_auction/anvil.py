"""Thousands of whole sessions of the market, each in one call to a local anvil, which plays them a hundred times faster
than the test chain."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from auction_market import PAIR_MIDPOINT, load, terms
from web3 import HTTPProvider, Web3

from dem.chain import project

BINARY = project.NODE_BINARIES / "anvil"
GAS = 10**10
FORTUNE = 10**27
START_TIMEOUT_S = 30


@dataclass
class Played:
    """What a session came to: orders in order of placing, rounds, and stretches[round][order] = (begin, end)."""

    order_ids: list[int]
    rounds: list[tuple[int, int, int]]
    stretches: list[list[tuple[int, int]]]


@dataclass
class Player:
    """Markets by pricing mode, and the contract that plays sessions on them."""

    markets: list[Any]
    replay: Any
    sender: str

    def play(self, actions: list[tuple[int, int, int]], mode: int = PAIR_MIDPOINT) -> Played:
        call = self.replay.functions.play(self.markets[mode].address, actions)
        ids, rounds, flat = call.call({"from": self.sender, "value": FORTUNE // 2, "gas": GAS})
        width = 2 * len(ids)
        rows = [flat[i : i + width] for i in range(0, len(flat), width)] if width else []
        stretches = [list(zip(row[::2], row[1::2], strict=True)) for row in rows]
        return Played(ids, [tuple(each) for each in rounds], stretches)


@contextlib.contextmanager
def player() -> Iterator[Player]:
    """Markets of all three pricing modes on an anvil of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--silent", "--gas-limit", str(GAS), "--balance", str(FORTUNE // 10**18)]
    process = subprocess.Popen([str(BINARY), *options, "--hardfork", "cancun"], stdout=subprocess.DEVNULL)
    try:
        web3 = _connected(f"http://127.0.0.1:{port}")
        sender = web3.eth.accounts[0]
        meters = _deploy(web3, sender, "AuctionMeterRegistry")
        markets = [
            _deploy(web3, sender, "EnergyDoubleAuction", sender, terms(meters.address, minQty=1, pricingMode=mode))
            for mode in range(3)
        ]
        yield Player(markets, _deploy(web3, sender, "AuctionReplay"), sender)
    finally:
        process.terminate()
        process.wait()


def _connected(url: str) -> Web3:
    web3 = Web3(HTTPProvider(url, request_kwargs={"timeout": 120}))
    deadline = time.monotonic() + START_TIMEOUT_S
    while not web3.is_connected():
        if time.monotonic() > deadline:
            raise RuntimeError(f"anvil did not answer at {url}")
        time.sleep(0.05)
    return web3


def _deploy(web3: Web3, sender: str, name: str, *arguments: Any) -> Any:
    kind = load(name).contract_type
    abi = [entry.model_dump(mode="json", by_alias=True, exclude_none=True) for entry in kind.abi]
    factory = web3.eth.contract(abi=abi, bytecode=kind.deployment_bytecode.bytecode)
    transaction = factory.constructor(*arguments).transact({"from": sender, "gas": 30_000_000})
    receipt = web3.eth.wait_for_transaction_receipt(transaction, poll_latency=0.02)
    return web3.eth.contract(address=receipt["contractAddress"], abi=abi)
