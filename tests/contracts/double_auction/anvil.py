"""Thousands of whole sessions of the market, each in one call to a local anvil, which plays them a hundred times faster
than the test chain."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from auction_market import PAIR_MIDPOINT, terms

from dem.chain.anvil import ETHER, anvil

GAS = 10**10
FORTUNE = ETHER * 10**18


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
    with anvil(GAS) as node:
        meters = node.deploy("AuctionMeterRegistry").address
        markets = [
            node.deploy("EnergyDoubleAuction", node.sender, terms(meters, minQty=1, pricingMode=mode))
            for mode in range(3)
        ]
        yield Player(markets, node.deploy("AuctionReplay"), node.sender)
