// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IEnergyProfile} from "./IEnergyProfile.sol";
import {Side} from "../libraries/EnergyTypes.sol";

/// @title The book of intervals: what is promised to each.
interface IEnergyPool {
    /// @notice A promise became binding.
    /// @param commitmentId The commitment.
    /// @param operator Who deposited it.
    /// @param side Production or consumption.
    /// @param amount Wh in each interval.
    /// @param start First interval.
    /// @param duration Number of intervals.
    event CommitmentDeposited(
        uint256 indexed commitmentId,
        address indexed operator,
        Side side,
        uint256 amount,
        uint256 start,
        uint256 duration
    );

    /// @notice Makes a promise binding: adds it to its intervals and locks the profile until all are claimed.
    /// @param commitmentId A commitment of a profile the caller owns or is approved for.
    function deposit(uint256 commitmentId) external;

    /// @notice The promises of an interval; all zero where there are none.
    /// @param interval The interval.
    /// @return supply Production promised, in Wh.
    /// @return demand Consumption promised, in Wh.
    /// @return tariffId The tariff they were made under.
    function bookOf(uint256 interval) external view returns (uint256 supply, uint256 demand, uint256 tariffId);

    /// @notice The homes.
    /// @return The contract.
    function profile() external view returns (IEnergyProfile);
}
