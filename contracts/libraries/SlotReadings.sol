// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @notice A meter's reading of one time slot, signed (EIP-712, EIP-2098).
/// @param slot The time slot: seconds since 1970, divided by the slot's length.
/// @param nonce How many readings this meter signed before it.
/// @param imported Wh taken from the network.
/// @param exported Wh given to the network.
/// @param r Of the signature.
/// @param vs Of the signature.
struct SignedReading {
    uint64 slot;
    uint64 nonce;
    uint32 imported;
    uint32 exported;
    bytes32 r;
    bytes32 vs;
}

/// @title What a meter signs, and how the readings of a home are kept: four time slots to a word of storage.
/// @dev A reading has 64 bits: imported + 1, so that 0 says there is none, and exported. An hour of quarter hours shares
/// one word, which makes three readings of four cheap.
library SlotReadings {
    /// @dev keccak256("SlotReading(uint64 slot,uint64 nonce,uint32 imported,uint32 exported)")
    bytes32 internal constant TYPE_HASH =
        keccak256("SlotReading(uint64 slot,uint64 nonce,uint32 imported,uint32 exported)");

    /// @dev What a reading has room for; one less than its 32 bits, for the mark.
    uint256 internal constant MAX_IMPORTED = type(uint32).max - 1;

    /// @notice Hash of the message, without the domain.
    function structHash(SignedReading calldata reading) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(TYPE_HASH, reading.slot, reading.nonce, reading.imported, reading.exported)
        );
    }

    /// @notice The key of the word a time slot's reading is in.
    function key(uint256 slot) internal pure returns (uint256) {
        return slot >> 2;
    }

    /// @notice A reading as it is kept; 0 for none.
    function at(uint256 word, uint256 slot) internal pure returns (uint64) {
        return uint64(word >> shift(slot));
    }

    /// @notice A word with a reading put where there was none.
    function withReading(uint256 word, uint256 slot, uint64 packed) internal pure returns (uint256) {
        return word | (uint256(packed) << shift(slot));
    }

    /// @notice The form in which a reading is kept. `imported` is at most `MAX_IMPORTED`.
    function pack(uint32 imported, uint32 exported) internal pure returns (uint64) {
        return ((uint64(imported) + 1) << 32) | exported;
    }

    /// @notice The numbers of a reading that is there.
    function unpack(uint64 packed) internal pure returns (uint256 imported, uint256 exported) {
        return (uint256(packed >> 32) - 1, uint32(packed));
    }

    /// @notice A reading's lowest bit within its word.
    function shift(uint256 slot) internal pure returns (uint256) {
        return (slot & 3) << 6;
    }
}
