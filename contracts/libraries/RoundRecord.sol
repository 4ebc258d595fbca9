// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Round} from "./AuctionTypes.sol";

/// @title The result of a round in one word, read at once.
/// @dev From the lowest bit: price 96 · quantity 64 · cleared at 40. Zero: not finished.
type RoundRecord is uint256;

using RoundRecords for RoundRecord global;

/// @title Fields of a round's record.
library RoundRecords {
    uint256 private constant QUANTITY = 96;
    uint256 private constant CLEARED_AT = 160;

    /// @notice Packs a round that ends now.
    /// @param price_ Wei per Wh, below 2^96.
    /// @param quantity Wh, below 2^64.
    /// @return The word.
    function create(uint256 price_, uint256 quantity) internal view returns (RoundRecord) {
        return RoundRecord.wrap(price_ | (quantity << QUANTITY) | (block.timestamp << CLEARED_AT));
    }

    function price(RoundRecord self) internal pure returns (uint256) {
        return uint96(RoundRecord.unwrap(self));
    }

    function clearedAt(RoundRecord self) internal pure returns (uint256) {
        return RoundRecord.unwrap(self) >> CLEARED_AT;
    }

    /// @notice The round for people and programs outside.
    /// @param self The word.
    /// @return The fields.
    function unpack(RoundRecord self) internal pure returns (Round memory) {
        return Round(self.price(), uint64(RoundRecord.unwrap(self) >> QUANTITY), self.clearedAt());
    }
}
