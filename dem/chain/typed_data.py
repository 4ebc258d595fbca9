"""Typed data (EIP-712): what accounts and meters sign off the chain, and the signature in the forms contracts read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from dem.chain.connection import Connection

# EIP-2098: the parity of the curve's point goes into the highest bit of s, which is free as s is below n/2 (EIP-2).
_PARITY_BIT = 1 << 255


@dataclass(frozen=True)
class Domain:
    """The contract that a signature is for, so that no other contract and no other chain takes it.

    Attributes:
        name: of the contract, as its constructor gave it to EIP-712.
        version: of the contract, likewise.
        chain_id: of the chain it stands on.
        contract: its address.
    """

    name: str
    version: str
    chain_id: int
    contract: str

    @classmethod
    def of(cls, connection: Connection, contract: Any) -> Self:
        """The domain that a contract itself reports (EIP-5267)."""
        reported = connection.read(contract.eip712Domain)
        return cls(reported.name, reported.version, reported.chainId, str(reported.verifyingContract))


@dataclass(frozen=True)
class Signature:
    """An ECDSA signature on secp256k1; ``v`` is 27 or 28."""

    v: int
    r: int
    s: int

    @property
    def bytes65(self) -> bytes:
        """r, s and v, one after the other."""
        return self.r.to_bytes(32, "big") + self.s.to_bytes(32, "big") + bytes([self.v])

    @property
    def compact(self) -> bytes:
        """64 bytes (EIP-2098)."""
        tail = self.s | (_PARITY_BIT if self.v == 28 else 0)
        return self.r.to_bytes(32, "big") + tail.to_bytes(32, "big")

    @property
    def vrs(self) -> tuple[int, bytes, bytes]:
        """As ``permit`` (ERC-2612) takes it."""
        return self.v, self.r.to_bytes(32, "big"), self.s.to_bytes(32, "big")


def sign(signer: Any, domain: Domain, kind: str, fields: Mapping[str, str], values: Mapping[str, Any]) -> Signature:
    """Sign a message of one flat type.

    Args:
        signer: a private key (bytes or hexadecimal), or an account with ``sign_message``.
        domain: whom it is for.
        kind: name of the message's type.
        fields: Solidity types of its fields by name, in the contract's order.
        values: its values by name.

    Raises:
        ValueError: a field has no value, a value no field, or the value is not of the field's type.
    """
    if fields.keys() != values.keys():
        raise ValueError(f"{kind} has the fields {list(fields)}, got values of {list(values)}")
    message = _encode(domain, kind, fields, values)
    signed = account_of(signer).sign_message(message)
    return Signature(signed.v, _number(signed.r), _number(signed.s))


def address_of(signer: Any) -> str:
    """The address of a private key (32 bytes, or their hexadecimal), or of an account with ``sign_message``.

    Raises:
        ValueError: as `account_of`.
    """
    return str(account_of(signer).address)


def account_of(signer: Any) -> Any:
    """The account of a private key, which signs again without reading the key again; an account is its own.

    Raises:
        ValueError: the key is no private key. The message does not tell it.
    """
    from eth_account import Account

    if not isinstance(signer, bytes | str):
        return signer
    try:
        return Account.from_key(signer)
    except Exception:  # of several libraries, and some of their messages quote the key
        raise ValueError("a private key is 32 bytes, or their 64 hexadecimal digits; this one is not") from None


def _encode(domain: Domain, kind: str, fields: Mapping[str, str], values: Mapping[str, Any]) -> Any:
    from eth_abi.exceptions import EncodingError
    from eth_account.messages import encode_typed_data

    try:
        return encode_typed_data(
            domain_data={
                "name": domain.name,
                "version": domain.version,
                "chainId": domain.chain_id,
                "verifyingContract": domain.contract,
            },
            message_types={kind: [{"name": name, "type": type_} for name, type_ in fields.items()]},
            message_data=dict(values),
        )
    except (EncodingError, ValueError) as error:
        raise ValueError(f"{kind} cannot be encoded: {error}") from error


def _number(part: int | bytes) -> int:
    """Ape's accounts give r and s as bytes, eth-account's as numbers."""
    return part if isinstance(part, int) else int.from_bytes(part, "big")
