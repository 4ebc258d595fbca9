"""Forecasts at stake without a chain: the quadratic score, and the wager that shares the stakes out.

The wager is the weighted-score wagering mechanism of Lambert et al., "Self-financed wagering mechanisms for
forecasting" (EC 2008): budget-balanced, never negative, and truthful where the score is proper. All numbers are whole,
and those of the contract.
"""

from collections.abc import Sequence

ONE = 10**9


def score(forecasts: Sequence[int], actual: Sequence[int], capacity: int) -> int:
    """A day's score: one less the mean squared error as a share of the largest there can be.

    Args:
        forecasts: Wh taken from the network less Wh given to it, by time slot.
        actual: the same as metered.
        capacity: the most Wh of a time slot that count, either way; positive.

    Returns:
        From 0 to `ONE`, rounded down.

    Raises:
        ValueError: the lengths differ or are zero, or the capacity is not positive.
    """
    if len(forecasts) != len(actual) or not forecasts:
        raise ValueError(f"a forecast for each time slot: got {len(forecasts)} for {len(actual)}")
    if capacity <= 0:
        raise ValueError(f"capacity must be positive, got {capacity}")
    errors = sum(
        (_clamp(forecast, capacity) - _clamp(metered, capacity)) ** 2
        for forecast, metered in zip(forecasts, actual, strict=True)
    )
    worst = len(forecasts) * (2 * capacity) ** 2
    return ONE * (worst - errors) // worst


def payouts(stakes: Sequence[int], scores: Sequence[int | None]) -> list[int]:
    """What each stake brings; together exactly the stakes, unless nobody has a score.

    Args:
        stakes: what each forecaster put up.
        scores: from 0 to `ONE`; ``None`` for one who has none, whose stake the others share.

    Returns:
        One payment each, in the order given: the last with a score gets what rounding left over. All zero where nobody
        has a score.

    Raises:
        ValueError: the lengths differ.
    """
    if len(stakes) != len(scores):
        raise ValueError(f"a score for each stake: got {len(scores)} for {len(stakes)}")
    scored = [position for position, points in enumerate(scores) if points is not None]
    paid = [0] * len(stakes)
    if not scored:
        return paid
    total = sum(stakes[position] for position in scored)
    weighted = sum(stakes[position] * scores[position] for position in scored)
    forfeited = sum(stakes) - total
    for position in scored:
        share = total * (ONE + scores[position]) + forfeited * ONE - weighted
        paid[position] = stakes[position] * share // (total * ONE)
    paid[scored[-1]] += sum(stakes) - sum(paid)
    return paid


def _clamp(value: int, limit: int) -> int:
    return max(-limit, min(value, limit))
