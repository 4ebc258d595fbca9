// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IEnergyPool} from "./interfaces/IEnergyPool.sol";
import {IMeterRegistry} from "./interfaces/IMeterRegistry.sol";
import {Bond, Claim, IOptimisticCommitments} from "./interfaces/IOptimisticCommitments.sol";
import {IntegerNetwork} from "./libraries/IntegerNetwork.sol";
import {PolicyBook} from "./PolicyBook.sol";

/// @title Commitments that are believed unless somebody shows them wrong in time.
/// @dev Money: balance of the contract = all bonds + all balances. It leaves by `withdraw` only.
contract OptimisticCommitments is IOptimisticCommitments, PolicyBook {
    using IntegerNetwork for address;
    using IntegerNetwork for IntegerNetwork.Network;

    /// @inheritdoc IOptimisticCommitments
    uint256 public immutable bondPerClaim;

    /// @inheritdoc IOptimisticCommitments
    uint256 public immutable window;

    /// @inheritdoc IOptimisticCommitments
    address public immutable treasury;

    /// @inheritdoc IOptimisticCommitments
    mapping(address account => uint256) public balanceOf;

    mapping(uint256 profileId => Bond) private _bonds;
    /// @dev Hash of the claim in the upper 192 bits, the deadline in the lower 64; zero for none.
    mapping(uint256 profileId => mapping(uint256 interval => uint256 claim)) private _claims;

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants the others.
    /// @param pool_ The marketplace's book of intervals.
    /// @param meters_ The register of meters.
    /// @param treasury_ Who gets the other half of a lost bond.
    /// @param bondPerClaim_ Wei that a home loses with one wrong claim.
    /// @param window_ Seconds in which a claim can be challenged.
    constructor(
        address admin,
        IEnergyPool pool_,
        IMeterRegistry meters_,
        address treasury_,
        uint96 bondPerClaim_,
        uint32 window_
    ) PolicyBook(admin, pool_, meters_) EIP712("OptimisticCommitments", "1") {
        if (treasury_ == address(0) || bondPerClaim_ == 0 || window_ == 0) revert InvalidTerms();
        treasury = treasury_;
        bondPerClaim = bondPerClaim_;
        window = window_;
    }

    // ------------------------------------------------------------------------------------------------ claims

    /// @inheritdoc IOptimisticCommitments
    function propose(Claim calldata claim, bytes calldata signature)
        external
        whenNotPaused
        onlyOwnerOf(claim.profileId)
    {
        _requireNew(claim.profileId, claim.interval);
        uint256 deadline = block.timestamp + window;
        if (deadline >= _startOf(claim.interval)) revert IntervalTooSoon(claim.interval, deadline);
        // Only for its refusal where there is none.
        // slither-disable-next-line unused-return
        _adopted(claim.profileId);
        bytes32[] memory states = new bytes32[](1);
        states[0] = claim.state;
        _requireSigned(claim.profileId, claim.interval, states, signature);
        _coverOneMore(claim.profileId);
        _claims[claim.profileId][claim.interval] = _keptAs(claim, deadline);
        emit Claimed(claim.profileId, claim.interval, claim.state, claim.output, deadline);
    }

    /// @inheritdoc IOptimisticCommitments
    function challenge(Claim calldata claim, address weights) external {
        bytes32 policyHash = _adopted(claim.profileId).policyHash;
        if (weights.codehash != policyHash) revert WrongPolicy(weights, policyHash);
        uint256 deadline = _take(claim);
        if (block.timestamp >= deadline) revert WrongTime(deadline);
        uint256 reward = bondPerClaim / 2;
        _bonds[claim.profileId].amount -= uint128(bondPerClaim);
        balanceOf[msg.sender] += reward;
        balanceOf[treasury] += bondPerClaim - reward;
        emit Slashed(claim.profileId, claim.interval, msg.sender);
        if (weights.load().run(claim.state) == claim.output) revert ClaimHolds(claim.profileId, claim.interval);
    }

    /// @inheritdoc IOptimisticCommitments
    function accept(Claim calldata claim) external {
        uint256 deadline = _take(claim);
        if (block.timestamp < deadline) revert WrongTime(deadline);
        _mark(claim.profileId, claim.interval);
        bool begun = block.timestamp >= _startOf(claim.interval);
        int256 energy = begun ? int256(0) : _energyOf(_adopted(claim.profileId), claim.output);
        emit Accepted(claim.profileId, claim.interval, energy);
        _promise(claim.profileId, claim.interval, energy);
    }

    // ------------------------------------------------------------------------------------------------ money

    /// @inheritdoc IOptimisticCommitments
    function bond(uint256 profileId) external payable onlyOwnerOf(profileId) {
        _bonds[profileId].amount += uint128(msg.value);
        emit Bonded(profileId, msg.value);
    }

    /// @inheritdoc IOptimisticCommitments
    function unbond(uint256 profileId) external onlyOwnerOf(profileId) {
        _requireNothingPending(profileId);
        uint256 amount = _bonds[profileId].amount;
        if (amount == 0) revert BondNotFree(profileId, 0, 0);
        delete _bonds[profileId];
        balanceOf[msg.sender] += amount;
        emit Unbonded(profileId, msg.sender, amount);
    }

    /// @inheritdoc IOptimisticCommitments
    function withdraw(address payable to) external {
        uint256 amount = balanceOf[msg.sender];
        // Refuses an empty withdrawal; balances come from the books, never from the ether that the contract holds.
        // slither-disable-next-line incorrect-equality
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        balanceOf[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        (bool done,) = to.call{value: amount}("");
        if (!done) revert PaymentRefused(to);
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IOptimisticCommitments
    function bondOf(uint256 profileId) external view returns (Bond memory) {
        return _bonds[profileId];
    }

    // ------------------------------------------------------------------------------------------------ inside

    /// @inheritdoc PolicyBook
    function _requireNothingPending(uint256 profileId) internal view override {
        Bond memory bond_ = _bonds[profileId];
        if (bond_.pending != 0) revert BondNotFree(profileId, bond_.amount, bond_.pending);
    }

    /// @dev Lets the bond answer for one more claim.
    function _coverOneMore(uint256 profileId) private {
        Bond memory bond_ = _bonds[profileId];
        if (bond_.amount < bondPerClaim * (bond_.pending + 1)) {
            revert BondNotFree(profileId, bond_.amount, bond_.pending);
        }
        _bonds[profileId].pending = bond_.pending + 1;
    }

    /// @dev Takes a claim out of the books and says until when it can be challenged.
    function _take(Claim calldata claim) private returns (uint256 deadline) {
        uint256 kept = _claims[claim.profileId][claim.interval];
        deadline = uint64(kept);
        if (kept == 0 || kept != _keptAs(claim, deadline)) revert UnknownClaim(claim.profileId, claim.interval);
        delete _claims[claim.profileId][claim.interval];
        _bonds[claim.profileId].pending -= 1;
    }

    function _requireNew(uint256 profileId, uint256 interval) private view {
        if (_claims[profileId][interval] != 0 || isVerified(profileId, interval)) {
            revert AlreadyVerified(profileId, interval);
        }
    }

    function _startOf(uint256 interval) private view returns (uint256) {
        return profiles.endOf(interval) - profiles.intervalLength();
    }

    function _keptAs(Claim calldata claim, uint256 deadline) private pure returns (uint256) {
        return ((uint256(keccak256(abi.encode(claim))) >> 64) << 64) | uint64(deadline);
    }
}
