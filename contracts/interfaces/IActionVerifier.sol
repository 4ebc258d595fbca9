// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Who can tell whether actions are those of one policy: by a proof, or by computing them again.
interface IActionVerifier {
    /// @notice Whether a policy answers states with these outputs.
    /// @param states What it saw: up to 32 whole numbers of 8 bits each, the first one lowest.
    /// @param outputs What it answered; `unit` is full power into the battery.
    /// @param proof Of the answers; empty where none is needed.
    /// @return True where it does. Says false, or reverts, where it does not.
    function verify(bytes32[] calldata states, int64[] calldata outputs, bytes calldata proof)
        external
        view
        returns (bool);

    /// @notice Which policy: the hash of the code that holds its weights, see `PolicyWeights`.
    /// @return The hash.
    function policyHash() external view returns (bytes32);

    /// @notice The output that stands for full power into the battery.
    /// @return Positive.
    function unit() external view returns (int64);
}
