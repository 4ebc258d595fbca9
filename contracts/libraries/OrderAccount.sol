// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Whose an order is and what it has to pay out, in one word.
/// @dev From the lowest bit: trader 160 · proceeds 88, in wei · resolved 1 · cancelled 1 · closed 1.
/// - resolved: the trade that begins where this order's first fill begins is settled, expired or voided.
/// - closed: no longer counted among its trader's open orders.
type OrderAccount is uint256;

using OrderAccounts for OrderAccount global;

/// @title Fields of an order's account.
library OrderAccounts {
    uint256 private constant PROCEEDS = 160;
    uint256 private constant RESOLVED = 1 << 248;
    uint256 private constant CANCELLED = 1 << 249;
    uint256 private constant CLOSED = 1 << 250;

    function create(address trader_) internal pure returns (OrderAccount) {
        return OrderAccount.wrap(uint160(trader_));
    }

    function trader(OrderAccount self) internal pure returns (address) {
        return address(uint160(OrderAccount.unwrap(self)));
    }

    function proceeds(OrderAccount self) internal pure returns (uint256) {
        return uint88(OrderAccount.unwrap(self) >> PROCEEDS);
    }

    function isResolved(OrderAccount self) internal pure returns (bool) {
        return OrderAccount.unwrap(self) & RESOLVED != 0;
    }

    function isCancelled(OrderAccount self) internal pure returns (bool) {
        return OrderAccount.unwrap(self) & CANCELLED != 0;
    }

    function isClosed(OrderAccount self) internal pure returns (bool) {
        return OrderAccount.unwrap(self) & CLOSED != 0;
    }

    /// @notice More to pay out. Reverts above 88 bits, 309 million ether.
    function credited(OrderAccount self, uint256 amount) internal pure returns (OrderAccount) {
        unchecked {
            // Amounts are of less than 2^50 Wh at less than 2^90 wei, and come out of what was locked.
            uint256 total = self.proceeds() + amount;
            if (total > type(uint88).max) revert SafeCast.SafeCastOverflowedUintDowncast(88, total);
            return OrderAccount.wrap(OrderAccount.unwrap(self) + (amount << PROCEEDS));
        }
    }

    function emptied(OrderAccount self) internal pure returns (OrderAccount) {
        return OrderAccount.wrap(OrderAccount.unwrap(self) & ~(uint256(type(uint88).max) << PROCEEDS));
    }

    function asResolved(OrderAccount self) internal pure returns (OrderAccount) {
        return OrderAccount.wrap(OrderAccount.unwrap(self) | RESOLVED);
    }

    function asCancelled(OrderAccount self) internal pure returns (OrderAccount) {
        return OrderAccount.wrap(OrderAccount.unwrap(self) | CANCELLED);
    }

    function asClosed(OrderAccount self) internal pure returns (OrderAccount) {
        return OrderAccount.wrap(OrderAccount.unwrap(self) | CLOSED);
    }
}
