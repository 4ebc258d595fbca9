// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Identifiers of orders and trades.
/// @dev An order's identifier is its place in the book: ordinal 32 (31 used) · tick 24 · side 1, from the lowest bit; nobody has
/// to count orders, and price and side need no storage. A lane is one side of one tick: the identifier without ordinal.
/// A trade's identifier: ask 64 · bid 64 · round.
library OrderIds {
    /// @dev The highest tick; tick 0 does not exist, so no identifier is zero.
    uint256 internal constant MAX_TICK = type(uint24).max;

    uint256 private constant TICK = 32;
    uint256 private constant ASK = 1 << 56;
    uint256 private constant BID_OF_TRADE = 64;
    uint256 private constant ROUND_OF_TRADE = 128;

    function create(bool bid, uint256 tick_, uint256 ordinal_) internal pure returns (uint256) {
        return (bid ? 0 : ASK) | (tick_ << TICK) | ordinal_;
    }

    function isBid(uint256 orderId) internal pure returns (bool) {
        return orderId & ASK == 0;
    }

    function tick(uint256 orderId) internal pure returns (uint256) {
        return uint24(orderId >> TICK);
    }

    function ordinal(uint256 orderId) internal pure returns (uint256) {
        return uint32(orderId);
    }

    function lane(uint256 orderId) internal pure returns (uint256) {
        return orderId >> TICK;
    }

    /// @notice A tick's key in its side's bitmap: the best price of either side has the lowest key.
    function bitmapKey(bool bid, uint256 tick_) internal pure returns (uint256) {
        return bid ? MAX_TICK - tick_ : tick_;
    }

    function createTrade(uint256 bidId, uint256 askId, uint256 round) internal pure returns (uint256) {
        return (round << ROUND_OF_TRADE) | (bidId << BID_OF_TRADE) | askId;
    }

    function splitTrade(uint256 tradeId) internal pure returns (uint256 bidId, uint256 askId, uint256 round) {
        return (uint64(tradeId >> BID_OF_TRADE), uint64(tradeId), tradeId >> ROUND_OF_TRADE);
    }
}
