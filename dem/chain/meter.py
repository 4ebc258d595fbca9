"""Meter readings that settle a trade of EnergyDoubleAuction: what a meter signs (EIP-712) and the proof made of it."""

from dataclasses import dataclass
from typing import Any

_LARGEST = 2**64 - 1
_HIGH_BIT = 1 << 255


@dataclass(frozen=True)
class Reading:
    """What the seller's meter says about one trade.

    Attributes:
        trade_id: the trade.
        delivered: Wh delivered.
        refused: Wh that stood ready and that the buyer's side did not take.
        read_at: when it was read, in seconds since 1970.
    """

    trade_id: int
    delivered: int
    refused: int
    read_at: int

    def __post_init__(self) -> None:
        for name in ("delivered", "refused", "read_at"):
            if not 0 <= getattr(self, name) <= _LARGEST:
                raise ValueError(f"{name} must be between 0 and 2^64 - 1, got {getattr(self, name)}")

    def proof(self, key: bytes | str, *, market: str, chain_id: int) -> bytes:
        """Sign and pack: 24 bytes of numbers, 64 of signature (EIP-2098).

        Args:
            key: the meter's private key.
            market: address of the EnergyDoubleAuction.
            chain_id: of the chain it stands on.
        """
        from eth_account import Account
        from eth_account.messages import encode_typed_data

        signed = Account.sign_message(encode_typed_data(full_message=self._typed_data(market, chain_id)), key)
        tail = signed.s | (_HIGH_BIT if signed.v == 28 else 0)
        numbers = b"".join(number.to_bytes(8, "big") for number in (self.delivered, self.refused, self.read_at))
        return numbers + signed.r.to_bytes(32, "big") + tail.to_bytes(32, "big")

    def _typed_data(self, market: str, chain_id: int) -> dict[str, Any]:
        return {
            "types": {
                "EIP712Domain": [
                    {"name": "name", "type": "string"},
                    {"name": "version", "type": "string"},
                    {"name": "chainId", "type": "uint256"},
                    {"name": "verifyingContract", "type": "address"},
                ],
                "MeterReading": [
                    {"name": name, "type": "uint256"} for name in ("tradeId", "delivered", "refused", "readAt")
                ],
            },
            "primaryType": "MeterReading",
            "domain": {
                "name": "EnergyDoubleAuction",
                "version": "1",
                "chainId": chain_id,
                "verifyingContract": market,
            },
            "message": {
                "tradeId": self.trade_id,
                "delivered": self.delivered,
                "refused": self.refused,
                "readAt": self.read_at,
            },
        }
