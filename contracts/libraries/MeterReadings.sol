// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @notice What the seller's meter says about one trade.
/// @param delivered Wh delivered.
/// @param refused Wh that stood ready and that the buyer's side did not take.
/// @param readAt When it was read, in seconds since 1970.
struct MeterReading {
    uint256 delivered;
    uint256 refused;
    uint256 readAt;
}

/// @title The message that a meter signs (EIP-712) and the proof made of it.
library MeterReadings {
    /// @dev keccak256("MeterReading(uint256 tradeId,uint256 delivered,uint256 refused,uint256 readAt)")
    bytes32 internal constant TYPE_HASH =
        keccak256("MeterReading(uint256 tradeId,uint256 delivered,uint256 refused,uint256 readAt)");

    /// @dev Three numbers of 8 bytes and a signature of 64 bytes (EIP-2098), packed.
    uint256 internal constant PROOF_LENGTH = 88;

    /// @notice Hash of the message, without the domain.
    function structHash(MeterReading memory reading, uint256 tradeId) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPE_HASH, tradeId, reading.delivered, reading.refused, reading.readAt));
    }

    /// @notice The numbers of a proof, whose length must be `PROOF_LENGTH`.
    function unpack(bytes calldata proof) internal pure returns (MeterReading memory reading) {
        uint256 numbers = uint256(bytes32(proof));
        reading.delivered = numbers >> 192;
        reading.refused = uint64(numbers >> 128);
        reading.readAt = uint64(numbers >> 64);
    }

    /// @notice The signature of a proof, whose length must be `PROOF_LENGTH`.
    function signature(bytes calldata proof) internal pure returns (bytes32 r, bytes32 vs) {
        assembly ("memory-safe") {
            r := calldataload(add(proof.offset, 24))
            vs := calldataload(add(proof.offset, 56))
        }
    }
}
