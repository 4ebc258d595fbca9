"""How a home turns what energy is worth to it into a limit price.

Every strategy maps values (n,) to limit prices (n,); a buyer never bids above its value, a seller never asks below
its cost. Values come from the tariff (the retail price for a buyer, the feed-in price for a seller) or from an
agent: what one more kWh in the battery is worth to it, its marginal value.
"""

import numpy as np


def truthful(value: np.ndarray) -> np.ndarray:
    """Bid the value itself."""
    return np.array(value, copy=True)


def shaded(value: np.ndarray, share: float, *, side: str) -> np.ndarray:
    """Bid below the value (ask above the cost) by ``share`` of it, as strategic traders do.

    Raises:
        ValueError: if ``share`` is not between 0 and 1, or ``side`` is neither ``"bid"`` nor ``"ask"``.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be in [0, 1], got {share}")
    return np.asarray(value) * (1 + share * _outward(side))


def zero_intelligence(value: np.ndarray, limit: float, generator: np.random.Generator, *, side: str) -> np.ndarray:
    """Bid anything between nothing and the value (ask anything between the cost and ``limit``) with equal chance.

    Zero-intelligence traders with a budget constraint (Gode & Sunder 1993, "Allocative efficiency of markets with
    zero-intelligence traders"): what a mechanism achieves with them, it achieves by itself.

    Raises:
        ValueError: if a cost exceeds ``limit``, or ``side`` is neither ``"bid"`` nor ``"ask"``.
    """
    value = np.asarray(value, dtype=np.float64)
    if _outward(side) < 0:
        return generator.uniform(0.0, value)
    if (value > limit).any():
        index = int(np.argmax(value > limit))
        raise ValueError(f"value[{index}] = {value[index]} exceeds the limit {limit}")
    return generator.uniform(value, limit)


def from_marginal_value(marginal_value: np.ndarray, efficiency: float, *, side: str) -> np.ndarray:
    """Limit prices of a battery for which a stored kWh is worth ``marginal_value``.

    Bought energy is worth what arrives in store; sold energy costs what leaves it: bid = λ·η, ask = λ/η.

    Raises:
        ValueError: if ``efficiency`` is not in (0, 1], or ``side`` is neither ``"bid"`` nor ``"ask"``.
    """
    if not 0 < efficiency <= 1:
        raise ValueError(f"efficiency must be in (0, 1], got {efficiency}")
    return np.asarray(marginal_value) * efficiency ** (-_outward(side))


def _outward(side: str) -> int:
    """−1 for bids, which move down from the value, +1 for asks, which move up."""
    if side not in ("bid", "ask"):
        raise ValueError(f"side must be 'bid' or 'ask', got {side!r}")
    return -1 if side == "bid" else 1
