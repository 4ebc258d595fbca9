// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IEnergyPool} from "../interfaces/IEnergyPool.sol";
import {IEnergyProfile} from "../interfaces/IEnergyProfile.sol";
import {EnergyType, Side} from "../libraries/EnergyTypes.sol";

/// @title Two homes that make many promises in one call, so that crowded intervals are quickly made.
contract Crowd {
    /// @notice The homes.
    IEnergyProfile public immutable profile;

    /// @notice Where they deposit.
    IEnergyPool public immutable pool;

    /// @notice The home that produces.
    uint256 public immutable producer;

    /// @notice The home that consumes.
    uint256 public immutable consumer;

    /// @dev Registers both homes with half the money each.
    /// @param pool_ Where they deposit.
    constructor(IEnergyPool pool_) payable {
        pool = pool_;
        profile = pool_.profile();
        producer = profile.registerUser{value: msg.value / 2}("u09tvw", EnergyType.Solar);
        consumer = profile.registerUser{value: msg.value / 2}("u09tvw", EnergyType.None);
    }

    /// @notice Makes and deposits as many promises of each home.
    /// @param amount Wh of each.
    /// @param start Their interval.
    /// @param count How many of each home.
    function commit(uint256 amount, uint256 start, uint256 count) external {
        for (uint256 i = 0; i < count; ++i) {
            pool.deposit(profile.createCommitment(producer, Side.Production, amount, start, 1));
            pool.deposit(profile.createCommitment(consumer, Side.Consumption, amount, start, 1));
        }
    }
}
