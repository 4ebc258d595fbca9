"""What can go wrong on a chain, as Python exceptions that name the contract's own error and its arguments."""

import ast
import re
from collections.abc import Mapping
from typing import Any

# Nodes pass the bytes a contract refused with as hexadecimal, the test chain's views as a Python literal.
_HEX_DATA = re.compile(r"0x([0-9a-fA-F]{8,})")
_BYTES_LITERAL = re.compile(r"""b(['"]).*\1$""", re.DOTALL)


class ChainError(RuntimeError):
    """The chain, the account or the toolchain cannot do what was asked; the message says why."""


class ContractError(ChainError):
    """A contract refused a call.

    Attributes:
        operation: the call that was refused, e.g. ``"createCommitment"``.
        name: the contract's error, e.g. ``"InsufficientCollateral"``; ``"Error"`` for a plain message and ``"Panic"``
            for a fault such as an overflow.
        arguments: the error's arguments by name.
    """

    def __init__(self, operation: str, name: str, arguments: Mapping[str, Any]) -> None:
        self.operation = operation
        self.name = name
        self.arguments = dict(arguments)
        listed = ", ".join(f"{key}={_readable(value)}" for key, value in self.arguments.items())
        super().__init__(f"{operation} refused: {name}({listed})")


def translate(operation: str, error: Exception, abis: Mapping[bytes, Any], decode: Any) -> ChainError:
    """Ape's exception as one of this module's.

    Args:
        operation: the call that failed.
        error: what Ape raised.
        abis: error definitions by four-byte selector. Ape knows those of the contract called only; a refusal by a
            contract further down comes as raw bytes.
        decode: function of a definition and the bytes after the selector that returns the arguments by name.
    """
    from ape.exceptions import CustomError, VirtualMachineError

    if isinstance(error, CustomError):
        return ContractError(operation, error.name, error.inputs)
    if not isinstance(error, VirtualMachineError):
        return ChainError(f"{operation} failed: {error}")
    message = str(error.revert_message or error)
    data = _revert_data(message)
    abi = abis.get(data[:4])
    if abi is not None:
        arguments = decode(abi, data[4:]) if len(data) > 4 else {}
        return ContractError(operation, abi.name, arguments)
    panics = "panic" in message.lower() or type(error).__name__.startswith("Solidity")
    return ContractError(operation, "Panic" if panics else "Error", {"message": message})


def _revert_data(message: str) -> bytes:
    if found := _HEX_DATA.search(message):
        return bytes.fromhex(found.group(1))
    if found := _BYTES_LITERAL.search(message):
        return ast.literal_eval(found.group(0))
    return b""


def _readable(value: Any) -> Any:
    return f"0x{bytes(value).hex()}" if isinstance(value, bytes) else value
