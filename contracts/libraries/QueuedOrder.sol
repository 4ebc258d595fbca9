// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title An order's place in its queue, in one word.
/// @dev From the lowest bit: quantity 40 · start 64 · expiry 32 · created 32 · next 57 · first 31.
/// - start: Wh placed in the queue before it, before holes are taken off.
/// - next: another order that expires at the same time; 0 for none.
/// - first: ordinal of the first order since the queue was last empty. Holes are counted from there.
type QueuedOrder is uint256;

using QueuedOrders for QueuedOrder global;

/// @title Fields of an order's place.
library QueuedOrders {
    /// @dev Largest quantity of an order, in Wh.
    uint256 internal constant MAX_QUANTITY = (1 << 40) - 1;

    /// @dev Where an order may end at most, so that the next one's start fits its field.
    uint256 internal constant MAX_END = type(uint64).max;

    uint256 private constant START = 40;
    uint256 private constant EXPIRY = 104;
    uint256 private constant CREATED = 136;
    uint256 private constant NEXT = 168;
    uint256 private constant FIRST = 225;

    function create(uint256 quantity_, uint256 start_, uint256 expiry_, uint256 next_, uint256 first_)
        internal
        view
        returns (QueuedOrder)
    {
        return QueuedOrder.wrap(
            quantity_ | (start_ << START) | (expiry_ << EXPIRY) | (block.timestamp << CREATED) | (next_ << NEXT)
                | (first_ << FIRST)
        );
    }

    function quantity(QueuedOrder self) internal pure returns (uint256) {
        return uint40(QueuedOrder.unwrap(self));
    }

    function start(QueuedOrder self) internal pure returns (uint256) {
        return uint64(QueuedOrder.unwrap(self) >> START);
    }

    function end(QueuedOrder self) internal pure returns (uint256) {
        return self.start() + self.quantity();
    }

    function expiry(QueuedOrder self) internal pure returns (uint256) {
        return uint32(QueuedOrder.unwrap(self) >> EXPIRY);
    }

    function createdAt(QueuedOrder self) internal pure returns (uint256) {
        return uint32(QueuedOrder.unwrap(self) >> CREATED);
    }

    function next(QueuedOrder self) internal pure returns (uint256) {
        return (QueuedOrder.unwrap(self) >> NEXT) & ((1 << 57) - 1);
    }

    function first(QueuedOrder self) internal pure returns (uint256) {
        return QueuedOrder.unwrap(self) >> FIRST;
    }

    function withQuantity(QueuedOrder self, uint256 quantity_) internal pure returns (QueuedOrder) {
        return QueuedOrder.wrap((QueuedOrder.unwrap(self) & ~MAX_QUANTITY) | quantity_);
    }
}
