// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The queue of one price on one side, in one word.
/// @dev From the lowest bit: available 50 · filled 50 · round end 50 · round amount 50 · round 24 · count 31 · holes 1.
/// - available: Wh waiting.
/// - filled: Wh taken from the queue in all rounds. Orders stand on a line of Wh; this is how far it has been filled.
/// - round, round amount: the latest round that took from this queue, and how much.
/// - round end: Wh that all better prices and this one gave to that round; so a stretch of the queue has a place in the
///   round, and stretches of bids and asks at the same place are each other's trades.
/// - count: orders ever placed. holes: whether one was ever taken out from between others.
type TickState is uint256;

using TickStates for TickState global;

/// @title Fields of a queue's word.
library TickStates {
    /// @dev Largest energy of a field.
    uint256 internal constant MAX_ENERGY = (1 << 50) - 1;

    /// @dev Most orders that a queue takes in its life.
    uint256 internal constant MAX_COUNT = (1 << 31) - 1;

    uint256 private constant FILLED = 50;
    uint256 private constant ROUND_END = 100;
    uint256 private constant ROUND_AMOUNT = 150;
    uint256 private constant ROUND = 200;
    uint256 private constant COUNT = 224;
    uint256 private constant HOLES = 1 << 255;
    uint256 private constant ROUND_FIELDS = ((1 << (COUNT - ROUND_END)) - 1) << ROUND_END;

    function available(TickState self) internal pure returns (uint256) {
        return TickState.unwrap(self) & MAX_ENERGY;
    }

    function filled(TickState self) internal pure returns (uint256) {
        return (TickState.unwrap(self) >> FILLED) & MAX_ENERGY;
    }

    function roundEnd(TickState self) internal pure returns (uint256) {
        return (TickState.unwrap(self) >> ROUND_END) & MAX_ENERGY;
    }

    function roundAmount(TickState self) internal pure returns (uint256) {
        return (TickState.unwrap(self) >> ROUND_AMOUNT) & MAX_ENERGY;
    }

    function round(TickState self) internal pure returns (uint256) {
        return uint24(TickState.unwrap(self) >> ROUND);
    }

    function count(TickState self) internal pure returns (uint256) {
        return (TickState.unwrap(self) >> COUNT) & MAX_COUNT;
    }

    function hasHoles(TickState self) internal pure returns (bool) {
        return TickState.unwrap(self) & HOLES != 0;
    }

    function hasRoomFor(TickState self, uint256 quantity) internal pure returns (bool) {
        return self.filled() + self.available() + quantity <= MAX_ENERGY && self.count() < MAX_COUNT;
    }

    /// @notice One more order at the end. The queue must have room for it.
    function withOrder(TickState self, uint256 quantity) internal pure returns (TickState) {
        return TickState.wrap(TickState.unwrap(self) + quantity + (1 << COUNT));
    }

    /// @notice Less waiting, for an order left. At most what is available.
    function without(TickState self, uint256 quantity) internal pure returns (TickState) {
        return TickState.wrap(TickState.unwrap(self) - quantity);
    }

    function withHoles(TickState self) internal pure returns (TickState) {
        return TickState.wrap(TickState.unwrap(self) | HOLES);
    }

    /// @notice No round remembered.
    function forgetRound(TickState self) internal pure returns (TickState) {
        return TickState.wrap(TickState.unwrap(self) & ~ROUND_FIELDS);
    }

    /// @notice A round takes from the queue. The queue must remember that round already, or none.
    /// @param self The word.
    /// @param quantity Wh taken, at most what is available.
    /// @param round_ The round.
    /// @param end Wh that the side has given to the round, these included.
    function taken(TickState self, uint256 quantity, uint256 round_, uint256 end) internal pure returns (TickState) {
        uint256 amount = self.roundAmount() + quantity;
        uint256 word = TickState.unwrap(self) & ~ROUND_FIELDS;
        word = word - quantity + (quantity << FILLED);
        return TickState.wrap(word | (end << ROUND_END) | (amount << ROUND_AMOUNT) | (round_ << ROUND));
    }
}
