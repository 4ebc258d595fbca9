"""Sharing what there is among those who want it, in proportion, to the last unit."""

import numpy as np


def ration(wanted: np.ndarray, available: float | int) -> np.ndarray:
    """Share ``available`` in proportion to ``wanted``.

    Integers stay integers and add up exactly: everybody gets the difference of two rounded-down running totals, so that
    no share is more than one unit from its exact value and the order of the claimants alone decides who gets it.

    Args:
        wanted: shape (n,), not negative.
        available: at most the sum of ``wanted`` is given out.

    Returns:
        Shape (n,), nobody above what they want, adding up to ``min(available, wanted.sum())``.
    """
    total = wanted.sum()
    if available >= total:
        return wanted.copy()
    if wanted.dtype.kind != "i":
        return wanted * (available / total)
    upto = wanted.cumsum().astype(object) * int(available) // int(total)
    return np.diff(upto, prepend=0).astype(wanted.dtype)
