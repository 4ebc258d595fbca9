// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IActionVerifier} from "./interfaces/IActionVerifier.sol";
import {IEnergyPool} from "./interfaces/IEnergyPool.sol";
import {IMeterRegistry} from "./interfaces/IMeterRegistry.sol";
import {Adoption} from "./interfaces/IPolicyBook.sol";
import {IVerifiedCommitments} from "./interfaces/IVerifiedCommitments.sol";
import {PolicyBook} from "./PolicyBook.sol";

/// @title Commitments that are made only if they follow from the home's policy and its meter.
/// @dev Holds no money. What it may do for a home, by ERC-721 approval, is to commit and deposit; never to withdraw.
contract VerifiedCommitments is IVerifiedCommitments, PolicyBook {
    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants the others.
    /// @param pool_ The marketplace's book of intervals.
    /// @param meters_ The register of meters.
    constructor(address admin, IEnergyPool pool_, IMeterRegistry meters_)
        PolicyBook(admin, pool_, meters_)
        EIP712("VerifiedCommitments", "1")
    {}

    /// @inheritdoc IVerifiedCommitments
    function commit(
        uint256 profileId,
        uint64 interval,
        bytes32 state,
        int64 output,
        bytes calldata signature,
        IActionVerifier verifier,
        bytes calldata proof
    ) external whenNotPaused onlyOwnerOf(profileId) returns (uint256 commitmentId) {
        (bytes32[] memory states, int64[] memory outputs) = (new bytes32[](1), new int64[](1));
        (states[0], outputs[0]) = (state, output);
        Adoption memory policy = _verify(profileId, interval, states, outputs, signature, verifier, proof);
        return _promise(profileId, interval, _energyOf(policy, output));
    }

    /// @inheritdoc IVerifiedCommitments
    function attest(
        uint256 profileId,
        uint64 first,
        bytes32[] calldata states,
        int64[] calldata outputs,
        bytes calldata signature,
        IActionVerifier verifier,
        bytes calldata proof
    ) external whenNotPaused onlyOwnerOf(profileId) {
        _verify(profileId, first, states, outputs, signature, verifier, proof);
    }

    /// @dev Everything that has to hold, the dearest last. What a verifier is asked cannot change anything.
    function _verify(
        uint256 profileId,
        uint64 first,
        bytes32[] memory states,
        int64[] memory outputs,
        bytes calldata signature,
        IActionVerifier verifier,
        bytes calldata proof
    ) private returns (Adoption memory policy) {
        policy = _policyOf(profileId, verifier);
        bytes32 hash = _requireSigned(profileId, first, states, signature);
        if (states.length == 0 || states.length != outputs.length) revert InvalidActions(profileId, first);
        int256[] memory energies = new int256[](states.length);
        for (uint256 i = 0; i < states.length; ++i) {
            _mark(profileId, first + i);
            energies[i] = _energyOf(policy, outputs[i]);
        }
        emit ActionsVerified(profileId, first, policy.policyHash, hash, energies);
        if (!verifier.verify(states, outputs, proof)) revert InvalidActions(profileId, first);
    }
}
