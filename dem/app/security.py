"""Who calls: keys of homes and of the operator, and what each may do.

A key is ``dem_<number>_<secret>``. Only a SHA-256 of the secret is kept: 256 random bits cannot be guessed, so that a
slow password hash would cost time and protect nothing. A home's new key ends its old one.
"""

import hashlib
import hmac
import secrets
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Role = Literal["operator", "home"]

_PREFIX = "dem"
_SECRET_BYTES = 32
_SCHEMA = """
CREATE TABLE IF NOT EXISTS key (
    number TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('operator', 'home')),
    home TEXT NOT NULL
) STRICT
"""
# What an unknown key is compared with, so that it takes as long as a known one.
_NOBODY = hashlib.sha256(b"").digest()


class UnknownKeyError(PermissionError):
    """No key came along, or one that was never given out or has ended."""


class ForbiddenError(PermissionError):
    """The caller may not do this; the message says who may."""


@dataclass(frozen=True)
class Caller:
    """Who a key belongs to.

    Attributes:
        role: ``"operator"`` or ``"home"``.
        home: its home, empty for the operator.
    """

    role: Role
    home: str = ""

    def require_operator(self) -> None:
        """Refuse homes.

        Raises:
            ForbiddenError: the caller is a home.
        """
        if self.role != "operator":
            raise ForbiddenError("only the operator may do this")

    def require_home(self, home: str) -> None:
        """Refuse other homes, whether they exist or not.

        Raises:
            ForbiddenError: the caller is neither this home nor the operator.
        """
        if self.role != "operator" and self.home != home:
            raise ForbiddenError("a key opens its own home only")


class Keys:
    """Keys that were given out, in an SQLite file.

    Args:
        path: the file, readable by its owner alone; ``None`` keeps it in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._mutex = threading.Lock()
        if path is not None:
            path.touch(mode=0o600)
        self._database = sqlite3.connect(":memory:" if path is None else path, check_same_thread=False)
        self._database.execute(_SCHEMA)

    def issue(self, role: Role, home: str = "") -> str:
        """A new key, told this once; the same caller's old one ends."""
        number, secret = secrets.token_hex(8), secrets.token_urlsafe(_SECRET_BYTES)
        with self._mutex, self._database:
            self._database.execute("DELETE FROM key WHERE role = ? AND home = ?", (role, home))
            self._database.execute("INSERT INTO key VALUES (?, ?, ?, ?)", (number, _digest(secret), role, home))
        return f"{_PREFIX}_{number}_{secret}"

    def forget_homes(self) -> None:
        """End the keys of all homes: those of a new chain are others."""
        with self._mutex, self._database:
            self._database.execute("DELETE FROM key WHERE role = 'home'")

    def caller(self, key: str) -> Caller:
        """Whose key this is.

        Raises:
            UnknownKeyError: nobody's.
        """
        prefix, number, secret = [*key.split("_", 2), "", ""][:3]
        with self._mutex:
            row = self._database.execute("SELECT digest, role, home FROM key WHERE number = ?", (number,)).fetchone()
        digest, role, home = row or (_NOBODY, "home", "")
        if not hmac.compare_digest(_digest(secret), digest) or row is None or prefix != _PREFIX:
            raise UnknownKeyError("the key is missing or unknown: send it as X-API-Key or as a bearer token")
        return Caller(role, home)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
