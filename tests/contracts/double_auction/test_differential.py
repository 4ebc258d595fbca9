"""The contract beside the engine off chain: fills, trades and prices are equal on thousands of random sessions.

``DEM_AUCTION_SESSIONS=20000 pytest tests/contracts/double_auction/test_differential.py`` plays more.
"""

import os

import numpy as np
import pytest
from anvil import Player, player
from auction_market import ALL, ASK, BID, CANCEL, MATCH, TICK
from shadow import PRICINGS, Shadow, overlaps

from dem.chain.anvil import NOT_INSTALLED, find

SESSIONS = int(os.environ.get("DEM_AUCTION_SESSIONS", "1500"))
SEED = 2023


@pytest.fixture(scope="module")
def chain():
    if find() is None:
        pytest.skip(NOT_INSTALLED)
    with player() as playing:
        yield playing


def session(rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Orders, cancellations and rounds in random order; crowded ticks, so that queues and holes matter."""
    spread = int(rng.choice([1, 3, 8, 40]))
    actions, placed = [], 0
    for _ in range(int(rng.integers(2, 26))):
        draw = rng.random()
        if placed and draw < 0.25:
            actions.append((CANCEL, int(rng.integers(placed)), 0))
        elif draw < 0.35:
            actions.append((MATCH, ALL, 0))
        else:
            price = 1 + int(rng.integers(300 - spread, 300 + spread))
            quantity = int(rng.choice([1, 2, 5, 1000, 2**39]) * rng.integers(1, 3))
            actions.append((int(rng.choice([BID, ASK])), price * TICK, min(quantity, 2**40 - 1)))
            placed += 1
    return [*actions, (MATCH, ALL, 0)]


def in_pieces(actions: list[tuple[int, int, int]], rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """The same session with every round worked through in small steps."""
    pieces = []
    for action in actions:
        if action[0] == MATCH:
            pieces += [(MATCH, int(rng.integers(1, 4)), 0)] * 12
        pieces.append(action)
    return pieces


def assert_equal(chain: Player, mode: int, actions: list, played_actions: list) -> int:
    expected = Shadow(PRICINGS[mode]).play(actions)
    played = chain.play(played_actions, mode)
    assert len(played.rounds) == len(expected.rounds), actions
    for (price, quantity, _), stretches, wanted in zip(played.rounds, played.stretches, expected.rounds, strict=True):
        wanted_price, wanted_quantity, fills, trades = wanted
        assert (price, quantity) == (wanted_price, wanted_quantity), actions
        got = [end - begin for begin, end in stretches]
        assert got == fills + [0] * (len(got) - len(fills)), actions
        assert overlaps(stretches, expected.orders) == {pair: trade[0] for pair, trade in trades.items()}, actions
    return len(played.rounds)


@pytest.mark.parametrize("mode", range(3), ids=PRICINGS)
def test_matchOrders__random_sessions__fills_trades_and_prices_are_the_engines(chain, mode):
    rng = np.random.default_rng([SEED, mode])
    rounds = 0
    for _ in range(SESSIONS // 3):
        actions = session(rng)
        rounds += assert_equal(chain, mode, actions, actions)
    assert rounds > SESSIONS // 6


def test_matchOrders__in_pieces__comes_to_the_same(chain):
    rng = np.random.default_rng([SEED, 3])
    for _ in range(SESSIONS // 10):
        actions = session(rng)
        assert_equal(chain, 0, actions, in_pieces(actions, rng))


def test_matchOrders__one_crowded_queue__first_come_first_served_through_all_cancellations(chain):
    rng = np.random.default_rng([SEED, 4])
    for _ in range(max(SESSIONS // 150, 5)):
        actions = [(BID, 50 * TICK, int(rng.integers(1, 100))) for _ in range(90)]
        for _ in range(3):
            actions += [(CANCEL, int(order), 0) for order in rng.permutation(90)[:20]]
            actions += [(ASK, 50 * TICK, int(rng.integers(1, 600))), (MATCH, ALL, 0)]
            actions += [(BID, 50 * TICK, int(rng.integers(1, 100))) for _ in range(5)]
        assert_equal(chain, 0, actions, actions)
