"""Forecasts at stake: honest reporting is the best strategy, and the stakes are shared out to the last unit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dem.market.forecast_stakes import ONE, payouts, score

CAPACITY = 1_000
energies = st.integers(-CAPACITY, CAPACITY)
stakes = st.integers(10**15, 10**18)
scores = st.one_of(st.none(), st.integers(0, ONE))


def expected_payout(report: int, outcomes: list[int], stake: int, others: list[tuple[int, int]]) -> float:
    """What a report brings on average over equally likely outcomes, against others with given stakes and scores."""
    all_stakes = [stake, *(each for each, _ in others)]
    brought = [payouts(all_stakes, [score([report], [o], CAPACITY), *(s for _, s in others)])[0] for o in outcomes]
    return sum(brought) / len(outcomes)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(energies, min_size=1, max_size=5),
    stakes,
    st.lists(st.tuples(stakes, st.integers(0, ONE)), min_size=1, max_size=4),
)
def test_honest_report__is_the_best_whatever_one_believes_and_others_do(outcomes, stake, others):
    honest = round(sum(outcomes) / len(outcomes))
    brought = {
        report: expected_payout(report, outcomes, stake, others) for report in (*range(-1_000, 1_001, 100), honest)
    }
    # A score is whole, and so off by up to one part in ONE.
    assert max(brought.values()) <= brought[honest] + 2 * stake / ONE + 1


def test_honest_report__of_a_skewed_belief__is_its_mean_and_not_its_median():
    outcomes, others = [0, 0, 900], [(10**18, ONE // 2)]
    assert expected_payout(300, outcomes, 10**18, others) > expected_payout(0, outcomes, 10**18, others)


@given(st.lists(st.tuples(stakes, scores), min_size=1, max_size=8))
def test_payouts__together__are_the_stakes(entries):
    put_up, points = zip(*entries, strict=True)
    paid = payouts(put_up, points)
    assert min(paid) >= 0
    if any(each is not None for each in points):
        assert sum(paid) == sum(put_up)
    assert all(amount == 0 for amount, each in zip(paid, points, strict=True) if each is None)


def test_payouts__equal_scores__return_every_stake():
    assert payouts([5, 7, 11], [ONE // 3] * 3) == [5, 7, 11]


def test_payouts__better_forecast__takes_from_worse():
    good, bad = payouts([10**18, 10**18], [ONE, ONE // 2])
    assert (good, bad) == (125 * 10**16, 75 * 10**16)


@given(energies, energies, energies)
def test_score__nearer__is_never_worse(actual, first, second):
    near, far = sorted((first, second), key=lambda report: abs(report - actual))
    assert score([near], [actual], CAPACITY) >= score([far], [actual], CAPACITY)


def test_score__exact_and_worst__are_one_and_zero():
    assert score([7, -5], [7, -5], CAPACITY) == ONE
    assert score([-9_999], [9_999], CAPACITY) == 0


def test_score__lengths_that_differ_or_no_capacity__is_refused():
    with pytest.raises(ValueError, match="got 1 for 2"):
        score([1], [1, 2], CAPACITY)
    with pytest.raises(ValueError, match="capacity"):
        score([1], [1], 0)
    with pytest.raises(ValueError, match="got 1 for 2"):
        payouts([1, 2], [None])
