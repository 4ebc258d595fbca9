// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title What a market asks about meters: which one is accredited for a home now.
interface IMeterOracle {
    /// @notice The accredited meter of a home.
    /// @param home The home.
    /// @return The meter's address, with whose key it signs; zero where there is none, or no longer.
    function meterOf(address home) external view returns (address);
}
