"""Meter readings that settle a trade of EnergyDoubleAuction: what a meter signs (EIP-712) and the proof made of it."""

from dataclasses import dataclass

from dem.chain import typed_data

_LARGEST = 2**64 - 1


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
        domain = typed_data.Domain("EnergyDoubleAuction", "1", chain_id, market)
        values = {
            "tradeId": self.trade_id,
            "delivered": self.delivered,
            "refused": self.refused,
            "readAt": self.read_at,
        }
        signature = typed_data.sign(key, domain, "MeterReading", dict.fromkeys(values, "uint256"), values)
        numbers = (self.delivered, self.refused, self.read_at)
        return b"".join(number.to_bytes(8, "big") for number in numbers) + signature.compact
