// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Which meters are accredited, and for whom: the little that a market needs to know of them.
interface IMeterRegistry {
    /// @notice Whose energy a meter measures.
    /// @param meter The address whose key the meter signs with.
    /// @return The trader, or zero where the meter is not accredited or no longer is.
    function traderOf(address meter) external view returns (address);
}
