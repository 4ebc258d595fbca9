// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IEnergyProfile} from "../interfaces/IEnergyProfile.sol";
import {EnergyType} from "../libraries/EnergyTypes.sol";

/// @title A home that is a contract, and refuses money or calls back when it receives some.
contract HostileHome {
    /// @notice What it does with money.
    enum Manner {
        Accept,
        Refuse,
        Reenter
    }

    /// @notice What it does with money now.
    Manner public manner;

    /// @notice How often a call made while receiving money went through.
    uint256 public reentries;

    /// @notice The last error of a call made while receiving money.
    bytes public lastError;

    address private _target;
    bytes private _call;

    /// @notice Registers itself with the money sent.
    /// @param profile The homes.
    /// @return The new profile.
    function register(IEnergyProfile profile) external payable returns (uint256) {
        return profile.registerUser{value: msg.value}("u09tvw", EnergyType.Solar);
    }

    /// @notice Makes any call in its own name.
    /// @param target The contract.
    /// @param data The call.
    function perform(address target, bytes calldata data) external payable {
        (bool done, bytes memory answer) = target.call{value: msg.value}(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    /// @notice Chooses what to do with money.
    /// @param manner_ What to do.
    /// @param target The contract to call while receiving.
    /// @param data The call.
    function behave(Manner manner_, address target, bytes calldata data) external {
        manner = manner_;
        _target = target;
        _call = data;
    }

    /// @notice Receives money, in its manner.
    receive() external payable {
        if (manner == Manner.Refuse) revert("no, thank you");
        if (manner == Manner.Accept) return;
        (bool done, bytes memory answer) = _target.call(_call);
        if (done) {
            ++reentries;
        } else {
            lastError = answer;
        }
    }
}
