"""The border between NumPy and Flower's records: named arrays out, the same arrays back, and what they weigh."""

from collections.abc import Mapping

import numpy as np
from flwr.app import Array, ArrayRecord

NamedArrays = dict[str, np.ndarray]


def to_record(arrays: Mapping[str, np.ndarray]) -> ArrayRecord:
    """Pack named arrays; dtype, shape and every bit are kept."""
    return ArrayRecord({name: Array(np.asarray(array)) for name, array in arrays.items()})


def to_arrays(record: ArrayRecord) -> NamedArrays:
    """Unpack what `to_record` packed."""
    return {name: array.numpy() for name, array in record.items()}


def payload_bytes(record: ArrayRecord) -> int:
    """Size of the numbers in ``record`` in bytes, without Flower's headers and names."""
    return sum(int(np.prod(array.shape)) * np.dtype(array.dtype).itemsize for array in record.values())
