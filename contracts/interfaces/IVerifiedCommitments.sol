// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IActionVerifier} from "./IActionVerifier.sol";
import {IPolicyBook} from "./IPolicyBook.sol";

/// @title Commitments that are made only if they follow from the home's policy and its meter.
/// @notice The home approves this contract for its profile by ERC-721; it then commits and deposits in its name.
interface IVerifiedCommitments is IPolicyBook {
    /// @notice Verifies the caller's action of a coming interval and promises the energy it comes to: charging as consumption,
    /// discharging as production, nothing where it is none.
    /// @param profileId The home.
    /// @param interval The interval.
    /// @param state What the policy saw.
    /// @param output What it answered.
    /// @param signature The meter's, over `readingHash` of the one state.
    /// @param verifier Who checks it.
    /// @param proof What it needs for that.
    /// @return commitmentId The commitment; zero where the action is none.
    function commit(
        uint256 profileId,
        uint64 interval,
        bytes32 state,
        int64 output,
        bytes calldata signature,
        IActionVerifier verifier,
        bytes calldata proof
    ) external returns (uint256 commitmentId);

    /// @notice Verifies the actions of several intervals of the caller's home in one go, say a day's afterwards, and promises
    /// nothing. The owner's alone: whoever saw the signature of an action yet to be committed could otherwise use it up.
    /// @param profileId The home.
    /// @param first The first interval.
    /// @param states What the policy saw in each.
    /// @param outputs What it answered in each.
    /// @param signature The meter's, over `readingHash` of the states.
    /// @param verifier Who checks it.
    /// @param proof What it needs for that.
    function attest(
        uint256 profileId,
        uint64 first,
        bytes32[] calldata states,
        int64[] calldata outputs,
        bytes calldata signature,
        IActionVerifier verifier,
        bytes calldata proof
    ) external;
}
