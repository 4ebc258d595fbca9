// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Where a commitment's readings after its first are kept: eight to a slot.
/// @dev Offset 1 is the second interval. A reading is Wh + 1, so that 0 says there is none.
library Readings {
    uint256 private constant PER_SLOT = 8;

    /// @notice The key of the slot a reading is in.
    /// @param commitmentId The commitment.
    /// @param offset Interval minus the commitment's first, from 1.
    /// @return `commitmentId << 8 | group`.
    function key(uint256 commitmentId, uint256 offset) internal pure returns (uint256) {
        return (commitmentId << 8) | group(offset);
    }

    /// @notice The group of eight a reading belongs to.
    /// @param offset Interval minus the commitment's first, from 1.
    /// @return 0 to 2.
    function group(uint256 offset) internal pure returns (uint256) {
        return (offset - 1) / PER_SLOT;
    }

    /// @notice Whether a reading is the first of its group.
    /// @param offset Interval minus the commitment's first, from 0.
    /// @return True for 1, 9 and 17.
    function startsGroup(uint256 offset) internal pure returns (bool) {
        return offset % PER_SLOT == 1;
    }

    /// @notice A reading's lowest bit within its slot.
    /// @param offset Interval minus the commitment's first, from 1.
    /// @return The bit.
    function shift(uint256 offset) internal pure returns (uint256) {
        return ((offset - 1) % PER_SLOT) * 32;
    }

    /// @notice A reading.
    /// @param readings Its slot.
    /// @param offset Interval minus the commitment's first, from 1.
    /// @return Wh + 1; 0 for none.
    function at(uint256 readings, uint256 offset) internal pure returns (uint256) {
        return uint32(readings >> shift(offset));
    }
}
