"""Named arrays on disk: checked before they are trusted, and never half written."""

from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from dem.files import save

__all__ = ["Arrays", "CheckpointError", "check", "load", "save"]

Arrays = dict[str, np.ndarray]


class CheckpointError(ValueError):
    """A saved agent does not fit the one it is loaded into; the message names the field."""


def load(path: Path) -> Arrays:
    """Read what :func:`save` wrote.

    Raises:
        FileNotFoundError: if there is no such file.
        CheckpointError: if the file is not one of ours.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (BadZipFile, ValueError, EOFError) as error:
        raise CheckpointError(f"{path} is not a saved agent: {error}") from error


def check(arrays: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
    """Refuse ``arrays`` unless they have the names, shapes and kinds of number of ``expected``, all finite.

    Raises:
        CheckpointError: names the first array that is missing, unknown, of the wrong shape or kind, or not finite.
    """
    for name in expected:
        if name not in arrays:
            raise CheckpointError(f"{name!r} is missing")
    for name, array in arrays.items():
        if name not in expected:
            raise CheckpointError(f"{name!r} is unknown here")
        ours, theirs = expected[name], np.asarray(array)
        if theirs.shape != ours.shape:
            raise CheckpointError(f"{name!r} has shape {theirs.shape}, expected {ours.shape}")
        if theirs.dtype.kind != ours.dtype.kind:
            raise CheckpointError(f"{name!r} holds {theirs.dtype}, expected {ours.dtype}")
        if theirs.dtype.kind == "f" and not np.isfinite(theirs).all():
            raise CheckpointError(f"{name!r} holds values that are not finite")
