"""What contract tests expect of a refused call."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from dem.chain import ContractError

NOBODY = "0x" + "00" * 20


@contextlib.contextmanager
def refused(name: str, **arguments: Any) -> Iterator[None]:
    """The block is refused with this error of the contracts, and with these arguments of it."""
    with pytest.raises(ContractError) as caught:
        yield
    assert caught.value.name == name, caught.value
    for key, value in arguments.items():
        assert caught.value.arguments[key] == value, caught.value
