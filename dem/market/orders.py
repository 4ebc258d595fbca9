"""Orders as arrays, checked once at the door: what every mechanism receives."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

_LARGEST_INTEGER = 2**63 - 1
_DIGIT_BITS = 16
_DIGIT_MASK = (1 << _DIGIT_BITS) - 1


class OrderError(ValueError):
    """An order that no mechanism can accept; the message names the side, the field and the index."""


@dataclass(frozen=True)
class Queue:
    """One side of a book in price-time priority.

    Attributes:
        index: shape (n,), positions in the given orders, best first.
        price: shape (n,), prices in that order.
        end: shape (n,), energy up to and including each order.
    """

    index: np.ndarray
    price: np.ndarray
    end: np.ndarray

    def energy_before(self, position: int) -> float | int:
        """Energy of the first ``position`` orders."""
        return self.end[position - 1] if position else self.end.dtype.type(0)


@dataclass(frozen=True)
class Side:
    """The buy or the sell orders of one clearing.

    Attributes:
        name: ``"bid"`` (higher prices are better) or ``"ask"`` (lower prices are better).
        price: shape (n,), per unit of energy; int64 where all prices of the side are integers, else float64.
        quantity: shape (n,), energy, not negative; int64 or float64 likewise.
        priority: shape (n,) int64, ranks from 0 (first come) to n - 1; ``None`` where orders stand in order of time.
    """

    name: Literal["bid", "ask"]
    price: np.ndarray
    quantity: np.ndarray
    priority: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.price)

    @cached_property
    def queue(self) -> Queue:
        """The orders by price, best first, ties first come first served."""
        arrival = np.arange(len(self)) if self.priority is None else np.argsort(self.priority)
        key = _ordinal(self.price[arrival])
        index = arrival[_stable_argsort(key.max(initial=0) - key if self.name == "bid" else key)]
        return Queue(index, self.price[index], np.cumsum(self.quantity[index]))

    def fill(self, quantity: float | int) -> np.ndarray:
        """Shape (n,): how much each order gets when the best ``quantity`` of energy trades."""
        upto = np.minimum(self.queue.end, quantity)
        filled = np.empty_like(upto)
        filled[self.queue.index] = np.diff(upto, prepend=upto.dtype.type(0))
        return filled


def side(name: Literal["bid", "ask"], price: ArrayLike, quantity: ArrayLike, time: ArrayLike | None = None) -> Side:
    """Check and normalise one side of a book.

    Args:
        name: ``"bid"`` or ``"ask"``, for messages.
        price: shape (n,), finite and not negative.
        quantity: shape (n,), finite and not negative; zero is allowed and never trades.
        time: shape (n,), when each order was placed; earlier goes first at the same price, equal times by index.
            Without it orders stand in the order in which they came.

    Raises:
        OrderError: for a NaN, infinite or negative number, lengths that differ, more than one dimension, a type that
            is no number, or integer quantities whose sum leaves 64 bits.
    """
    prices = _numbers(f"{name}_price", price)
    quantities = _numbers(f"{name}_quantity", quantity)
    _same_length(f"{name}_quantity", quantities, f"{name}_price", prices)
    if quantities.dtype.kind == "i" and quantities.sum(dtype=np.float64) > _LARGEST_INTEGER / 2:
        raise OrderError(f"{name}_quantity: the sum of all quantities must stay below 2^62")
    return Side(name, prices, quantities, None if time is None else _priority(name, time, prices))


def _ordinal(price: np.ndarray) -> np.ndarray:
    """Integers that order like the prices: the bits of a float that is not negative are such a number (IEEE 754)."""
    return price if price.dtype.kind == "i" else (price + 0.0).view(np.int64)


def _stable_argsort(key: np.ndarray) -> np.ndarray:
    """Stable argsort of int64 keys, 16 bits at a time from the lowest.

    numpy sorts 16-bit integers by radix, about ten times faster than it sorts 64 bits; prices on a grid need one pass
    or two, arbitrary floats four.
    """
    key = key - key.min(initial=_LARGEST_INTEGER)
    index = np.argsort((key & _DIGIT_MASK).astype(np.uint16), kind="stable")
    for shift in range(_DIGIT_BITS, int(key.max(initial=0)).bit_length(), _DIGIT_BITS):
        digit = (key[index] >> shift & _DIGIT_MASK).astype(np.uint16)
        index = index[np.argsort(digit, kind="stable")]
    return index


def _numbers(field: str, values: ArrayLike) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 1:
        raise OrderError(f"{field}: expected one dimension, got shape {array.shape}")
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind in "iu" or array.dtype == object:
        array = _integers(field, array)
    elif array.dtype.kind == "f":
        array = array.astype(np.float64, copy=False)
        _refuse(field, array, ~np.isfinite(array), "is not finite")
    else:
        raise OrderError(f"{field}: expected numbers, got {array.dtype}")
    if array.min() < 0:
        _refuse(field, array, array < 0, "is negative")
    return array


def _integers(field: str, array: np.ndarray) -> np.ndarray:
    """Integers as int64; Python integers that do not fit are refused rather than rounded."""
    if array.dtype == object:
        whole = [isinstance(value, int) and not isinstance(value, bool) for value in array]
        _refuse(field, array, ~np.array(whole), "is not a number")
    if array.dtype.kind != "i":
        _refuse(field, array, array > _LARGEST_INTEGER, "does not fit 64 bits")
    return array.astype(np.int64, copy=False)


def _priority(name: str, time: ArrayLike, prices: np.ndarray) -> np.ndarray:
    times = np.asarray(time)
    _same_length(f"{name}_time", times, f"{name}_price", prices)
    missing = np.isnat(times) if times.dtype.kind in "mM" else np.isnan(times) if times.dtype.kind == "f" else None
    if missing is not None:
        _refuse(f"{name}_time", times, missing, "is missing")
    priority = np.empty(len(times), dtype=np.int64)
    priority[np.argsort(times, kind="stable")] = np.arange(len(times))
    return priority


def _same_length(field: str, values: np.ndarray, other_field: str, other: np.ndarray) -> None:
    if values.shape != other.shape:
        raise OrderError(f"{field} has shape {values.shape}, {other_field} has shape {other.shape}")


def _refuse(field: str, values: np.ndarray, wrong: np.ndarray, reason: str) -> None:
    if wrong.any():
        index = int(np.flatnonzero(wrong)[0])
        raise OrderError(f"{field}[{index}] = {values[index]} {reason}")
