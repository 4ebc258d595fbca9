// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The balancing market's words of storage and its roles.

/// @notice Which way energy flows.
enum BalancingSide {
    Consumption,
    Production
}

/// @notice Where an order stands.
enum BalancingOrderState {
    None,
    Open,
    Certified,
    Cancelled,
    Settled
}

/// @notice One order, one slot of storage. Owner, time slot and side are in its id.
struct BalancingOrder {
    /// @dev Wh.
    uint32 quantity;
    /// @dev Wh that the meter certified; counted up to `quantity`.
    uint32 metered;
    BalancingOrderState state;
    /// @dev What a consumer paid, or what a producer is to be paid.
    uint112 value;
}

/// @notice One time slot's trade, one slot of storage.
struct BalancingBook {
    /// @dev All money held for the time slot: payments, bonds, and the loss that the reserve covers.
    uint112 pot;
    /// @dev Consumption sold less production bought, in Wh.
    int56 net;
    /// @dev Orders ever placed; numbers the next one.
    uint24 issued;
    /// @dev Orders not cancelled.
    uint24 live;
    /// @dev Of these, how many are settled.
    uint24 settled;
}

/// @notice What meters say of a time slot, one slot of storage.
struct BalancingMeters {
    /// @dev Wh bought and not consumed.
    uint56 unconsumed;
    /// @dev Wh sold and not delivered.
    uint56 undelivered;
    /// @dev Orders certified.
    uint24 certified;
}

/// @notice One certified reading.
struct BalancingReading {
    uint256 orderId;
    /// @dev Wh consumed or delivered.
    uint32 metered;
}

/// @notice The market's terms, fixed at deployment.
struct BalancingTerms {
    /// @dev Seconds in a time slot.
    uint32 slotLength;
    /// @dev Seconds before a time slot's start at which trade in it ends.
    uint32 gateClosure;
    /// @dev Seconds after a time slot's end in which meters report.
    uint32 certificationWindow;
    /// @dev How many time slots ahead are traded.
    uint16 horizon;
}

/// @dev May put accounts on the list of producers and consumers, and take them off.
bytes32 constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");

/// @dev May open the market and withdraw what the reserve does not need.
bytes32 constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");

/// @dev May certify what meters measured.
bytes32 constant CERTIFIER_ROLE = keccak256("CERTIFIER_ROLE");

/// @notice An order's id: owner 160 · time slot 48 · side 8 · number 40, from the highest bit.
library BalancingOrderId {
    uint256 private constant OWNER_SHIFT = 96;
    uint256 private constant SLOT_SHIFT = 48;
    uint256 private constant SIDE_SHIFT = 40;

    function encode(address owner, uint256 slot, BalancingSide side, uint256 number) internal pure returns (uint256) {
        return (uint256(uint160(owner)) << OWNER_SHIFT) | (slot << SLOT_SHIFT) | (uint256(side) << SIDE_SHIFT) | number;
    }

    function ownerOf(uint256 orderId) internal pure returns (address) {
        return address(uint160(orderId >> OWNER_SHIFT));
    }

    function slotOf(uint256 orderId) internal pure returns (uint256) {
        return uint48(orderId >> SLOT_SHIFT);
    }

    function isProduction(uint256 orderId) internal pure returns (bool) {
        return uint8(orderId >> SIDE_SHIFT) == uint8(BalancingSide.Production);
    }
}
