// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPolicyBook} from "./IPolicyBook.sol";

/// @notice What a home says its policy did. Kept as a hash; whoever acts on it hands it in again.
/// @param profileId The home.
/// @param interval The interval.
/// @param state What the policy saw.
/// @param output What it answered.
struct Claim {
    uint256 profileId;
    uint64 interval;
    bytes32 state;
    int64 output;
}

/// @notice A home's bond. One slot of storage.
/// @param amount Wei.
/// @param pending Claims that it answers for.
struct Bond {
    uint128 amount;
    uint128 pending;
}

/// @title Commitments that are believed unless somebody shows them wrong in time.
/// @notice A claim is checked by nobody but a challenger, before whom the policy is computed again on chain. As for
/// `VerifiedCommitments`, the home approves this contract for its profile.
interface IOptimisticCommitments is IPolicyBook {
    /// @notice A home claims that this is what its policy does.
    /// @param profileId The home.
    /// @param interval The interval.
    /// @param state What the policy saw.
    /// @param output What it answered.
    /// @param deadline Until when it can be challenged.
    event Claimed(
        uint256 indexed profileId, uint256 indexed interval, bytes32 state, int64 output, uint256 deadline
    );

    /// @notice Nobody showed a claim wrong, so its commitment was made.
    /// @param profileId The home.
    /// @param interval The interval.
    /// @param energy Wh promised into the battery, negative out of it; zero where its interval has begun.
    event Accepted(uint256 indexed profileId, uint256 indexed interval, int256 energy);

    /// @notice A claim was shown wrong.
    /// @param profileId The home.
    /// @param interval The interval.
    /// @param challenger Who showed it.
    event Slashed(uint256 indexed profileId, uint256 indexed interval, address indexed challenger);

    /// @notice A bond was paid in.
    /// @param profileId Whose.
    /// @param amount Wei.
    event Bonded(uint256 indexed profileId, uint256 amount);

    /// @notice A bond came free, to its owner's balance.
    /// @param profileId Whose.
    /// @param owner Who owns the home and is credited.
    /// @param amount Wei.
    event Unbonded(uint256 indexed profileId, address indexed owner, uint256 amount);

    /// @notice Money went out.
    /// @param account Whose.
    /// @param to Who received it.
    /// @param amount Wei.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice The bond does not cover another claim, or answers for some still.
    /// @param profileId Whose.
    /// @param amount Wei.
    /// @param pending Claims that it answers for.
    error BondNotFree(uint256 profileId, uint256 amount, uint256 pending);

    /// @notice The interval begins before the claim could have been challenged.
    /// @param interval The interval.
    /// @param deadline When challenges would end.
    error IntervalTooSoon(uint256 interval, uint256 deadline);

    /// @notice There is no such claim.
    /// @param profileId The home.
    /// @param interval The interval.
    error UnknownClaim(uint256 profileId, uint256 interval);

    /// @notice The claim can still be challenged, or no longer.
    /// @param deadline Until when it could.
    error WrongTime(uint256 deadline);

    /// @notice The claim is right.
    /// @param profileId The home.
    /// @param interval The interval.
    error ClaimHolds(uint256 profileId, uint256 interval);

    /// @notice The account has nothing to withdraw.
    /// @param account Whose.
    error NothingToWithdraw(address account);

    /// @notice The receiver refused the money.
    /// @param to Who.
    error PaymentRefused(address to);

    /// @notice Adds the money sent to the bond of the caller's home.
    /// @param profileId The home.
    function bond(uint256 profileId) external payable;

    /// @notice Credits the caller with its home's bond, once no claim is pending.
    /// @param profileId The home.
    function unbond(uint256 profileId) external;

    /// @notice Claims an action of a coming interval. Needs a bond that covers it, and a whole window before the interval.
    /// @param claim What the home says its policy does.
    /// @param signature The meter's, over `readingHash` of the one state.
    function propose(Claim calldata claim, bytes calldata signature) external;

    /// @notice Shows that a claim is wrong: has the policy computed again. Half of the claim's bond is the
    /// challenger's; the other half the treasury's, so that nobody gets a bond back by challenging itself.
    /// @param claim As it was claimed.
    /// @param weights Whose code is the home's policy, listed or no longer: nobody's permission is needed.
    function challenge(Claim calldata claim, address weights) external;

    /// @notice Makes the commitment of a claim that nobody challenged in time; none where its interval has begun. Anyone may.
    /// @param claim As it was claimed.
    function accept(Claim calldata claim) external;

    /// @notice Takes the caller's money out. Works while paused.
    /// @param to Who receives it.
    function withdraw(address payable to) external;

    /// @notice A home's bond.
    /// @param profileId The home.
    /// @return It.
    function bondOf(uint256 profileId) external view returns (Bond memory);

    /// @notice Money an account can withdraw.
    /// @param account Whose.
    /// @return Wei.
    function balanceOf(address account) external view returns (uint256);

    /// @notice Wei that a home loses with one wrong claim.
    /// @return Wei.
    function bondPerClaim() external view returns (uint256);

    /// @notice How long a claim can be challenged.
    /// @return Seconds.
    function window() external view returns (uint256);

    /// @notice Who gets the other half of a lost bond.
    /// @return The account.
    function treasury() external view returns (address);
}
