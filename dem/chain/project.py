"""Ape's view of this project, whatever folder the caller runs in.

Importing ``ape`` costs more than a second and reads the working directory, so only this module does it, late and from
the right place.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from dem import paths
from dem.chain.errors import ChainError

SOLC_VERSION = "0.8.30"
SOLC_FOLDER = paths.ROOT / ".solcx"
CONTRACTS = paths.ROOT / "contracts"
COMPILED = paths.ROOT / ".build"
COMPILED_FROM = COMPILED / ".sources.sha256"
NODE_BINARIES = paths.ROOT / "node_modules" / ".bin"


def prepare_environment() -> None:
    """Point Ape's compiler at the project's solc and put npm's programs (anvil) on the path of this process."""
    os.environ["SOLCX_BINARY_PATH"] = str(SOLC_FOLDER)
    search = os.environ.get("PATH", "").split(os.pathsep)
    if str(NODE_BINARIES) not in search:
        os.environ["PATH"] = os.pathsep.join([str(NODE_BINARIES), *search])


@functools.cache
def load_ape() -> ModuleType:
    """The ``ape`` module with this project as its local project."""
    prepare_environment()
    with contextlib.chdir(paths.ROOT), _interrupt_handler_kept(), _cache_to_itself():
        import ape

        if ape.project.path != paths.ROOT:
            ape.project.chdir(paths.ROOT)
    return ape


@functools.cache
def compile_contracts() -> frozenset[str]:
    """Compile all contracts where one has changed since the last time, once in this process.

    All, because Ape by itself compiles changed files only, and a contract carries the code of those it imports.

    Returns:
        The names of all contracts.

    Raises:
        ChainError: carries the compiler's message.
    """
    ape = load_ape()
    with quiet(), _cache_to_itself():
        current = _sources_digest()
        if _compiled_from() == current and ape.project.manifest.contract_types:
            return frozenset(ape.project.manifest.contract_types)
        COMPILED_FROM.unlink(missing_ok=True)
        ape.project.clean()
        try:
            names = frozenset(ape.project.load_contracts())
        except Exception as error:
            raise ChainError(f"the contracts do not compile (`make setup` brings what it takes):\n{error}") from error
        COMPILED_FROM.write_text(current)
        return names


def load_contract(name: str) -> Any:
    """Ape's container of a compiled contract.

    Raises:
        ChainError: there is no such contract, or the contracts do not compile.
    """
    names = compile_contracts()
    if name not in names:
        raise ChainError(f"there is no contract {name!r}; there are {', '.join(sorted(names))}")
    # Ape would compile a file edited meanwhile by itself, in a temporary folder, where it finds no libraries.
    return load_ape().project.contracts.get(name, check_for_changes=False)


def _sources_digest() -> str:
    files = [paths.ROOT / "ape-config.yaml", paths.ROOT / "package-lock.json", *sorted(CONTRACTS.rglob("*.sol"))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(paths.ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _compiled_from() -> str | None:
    return COMPILED_FROM.read_text() if COMPILED_FROM.is_file() else None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Ape's log to errors: what it reports of every transaction would fill a notebook."""
    from ape.logging import LogLevel, logger

    with logger.at_level(LogLevel.ERROR):
        yield


@contextlib.contextmanager
def unreplayed() -> Iterator[None]:
    """Keep Ape from running every transaction a second time for what its contract prints: none here prints."""
    from ape_ethereum.transactions import Receipt

    shown = Receipt.show_debug_logs
    Receipt.show_debug_logs = lambda _: None
    try:
        yield
    finally:
        Receipt.show_debug_logs = shown


@contextlib.contextmanager
def displays_kept() -> Iterator[None]:
    """Undo what Ape does to IPython's display: it registers the text of a contract's error as that of every class."""
    if "IPython" not in sys.modules:
        yield
        return
    from IPython.lib import pretty

    printer = pretty.for_type(type, None)
    try:
        yield
    finally:
        pretty.for_type(type, printer)


@contextlib.contextmanager
def _cache_to_itself() -> Iterator[None]:
    """Wait while another process reads or writes the cache of compiled contracts, which Ape does not do at once."""
    COMPILED.mkdir(exist_ok=True)
    with (COMPILED / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _interrupt_handler_kept() -> Iterator[None]:
    # `import ape` makes Ctrl-C end the process, which in a notebook would cost the reader the whole kernel.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
