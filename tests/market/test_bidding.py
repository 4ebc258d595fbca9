import numpy as np
import pytest

from dem.market import bidding

VALUES = np.array([0.1, 0.2, 0.3])


def test_truthful__values__are_the_prices():
    assert bidding.truthful(VALUES).tolist() == VALUES.tolist()


def test_shaded__bid_below_and_ask_above():
    assert bidding.shaded(VALUES, 0.1, side="bid") == pytest.approx(VALUES * 0.9)
    assert bidding.shaded(VALUES, 0.1, side="ask") == pytest.approx(VALUES * 1.1)


def test_zero_intelligence__never_trades_at_a_loss():
    generator = np.random.default_rng(0)
    values = generator.random(10_000)
    assert (bidding.zero_intelligence(values, 1.0, generator, side="bid") <= values).all()
    assert (bidding.zero_intelligence(values, 1.0, generator, side="ask") >= values).all()


def test_zero_intelligence__same_generator__same_prices():
    first, again = (
        bidding.zero_intelligence(VALUES, 1.0, np.random.default_rng(3), side="ask").tolist() for _ in range(2)
    )
    assert first == again


def test_from_marginal_value__losses__open_a_gap_between_bid_and_ask():
    bid, ask = (bidding.from_marginal_value(np.array([0.2]), 0.9, side=side)[0] for side in ("bid", "ask"))
    assert (bid, ask) == pytest.approx((0.18, 0.2222), abs=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bidding.shaded(VALUES, 1.5, side="bid"), r"share must be in \[0, 1\], got 1.5"),
        (lambda: bidding.shaded(VALUES, 0.1, side="buy"), "side must be 'bid' or 'ask', got 'buy'"),
        (lambda: bidding.from_marginal_value(VALUES, 0, side="bid"), r"efficiency must be in \(0, 1\], got 0"),
        (
            lambda: bidding.zero_intelligence(VALUES, 0.25, np.random.default_rng(0), side="ask"),
            r"value\[2\] = 0.3 exceeds the limit 0.25",
        ),
    ],
)
def test_bad_argument__is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
