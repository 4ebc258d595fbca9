"""Ridge regression, as every forecast here fits one per lead time."""

import numpy as np

PENALTY = 1e-4
"""Penalty on the squared weights, relative to the mean square of the inputs."""


def ridge(inputs: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Weights (F,) that bring ``weights @ inputs`` near ``goal``.

    Args:
        inputs: (F, N), one row an input.
        goal: (N,).

    Returns:
        The weights; all zero if the inputs are.
    """
    exact = np.asarray(inputs, dtype=np.float64)
    products = exact @ inputs.T
    # Homes without PV have nothing to learn from: any penalty then makes all weights zero.
    scale = np.trace(products) or 1.0
    penalty = PENALTY * scale / len(products) * np.eye(len(products))
    return np.linalg.solve(products + penalty, exact @ goal)
