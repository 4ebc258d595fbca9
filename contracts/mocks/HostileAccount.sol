// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title An account that calls whom it is told to, refuses money, or calls back while it receives some.
contract HostileAccount {
    /// @notice How often calling back went through.
    uint256 public reentries;

    /// @notice The error of calling back.
    bytes public lastError;

    address private _target;
    bytes private _again;
    bool private _refuses;

    /// @notice Calls a contract with the money sent.
    function perform(address target, bytes calldata data) external payable {
        Address.functionCallWithValue(target, data, msg.value);
    }

    /// @notice Chooses what to do on receiving money.
    function prepare(address target, bytes calldata again, bool refuses) external {
        (_target, _again, _refuses) = (target, again, refuses);
    }

    receive() external payable {
        require(!_refuses, "no, thank you");
        (bool done, bytes memory answer) = _target.call(_again);
        if (done) ++reentries;
        else lastError = answer;
    }
}
