// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";

/// @title A registry of meters for the test chain: anyone accredits.
contract AuctionMeterRegistry is IMeterRegistry {
    /// @inheritdoc IMeterRegistry
    mapping(address meter => address) public traderOf;

    /// @notice Accredits a meter, or revokes it with trader zero.
    /// @param meter The meter.
    /// @param trader Whose energy it measures.
    function accredit(address meter, address trader) external {
        traderOf[meter] = trader;
    }
}
