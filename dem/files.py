"""Files and changes of databases that are whole or not there; arrays that are checked before they are trusted."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

Arrays = dict[str, np.ndarray]


class CheckpointError(ValueError):
    """Saved arrays do not fit what they are loaded into; the message names the first that does not."""


def replace(path: Path, write: Callable[[Path], object], *, mode: int = 0o644) -> None:
    """Let ``write`` fill a temporary file beside ``path`` and rename it, so that a reader never sees half a file.

    Args:
        path: the file; its folders are made.
        write: is given the temporary path.
        mode: who may read, write and run the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write ``arrays`` to ``path`` as an uncompressed ``.npz``, whatever the path's suffix."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)

    replace(Path(path), write)


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
        raise CheckpointError(f"{path} holds no saved arrays: {error}") from error


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


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """One change of a database opened with ``isolation_level=None``: all of it, or after a failure nothing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
