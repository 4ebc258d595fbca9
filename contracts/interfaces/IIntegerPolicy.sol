// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IActionVerifier} from "./IActionVerifier.sol";

/// @title A policy that can be computed on chain.
interface IIntegerPolicy is IActionVerifier {
    /// @notice What the policy answers.
    /// @param state What it sees.
    /// @return Its output.
    function outputOf(bytes32 state) external view returns (int256);

    /// @notice Whose code holds the weights.
    /// @return A `PolicyWeights`.
    function weights() external view returns (address);
}
