// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IHalo2Verifier} from "../interfaces/IHalo2Verifier.sol";

/// @title A verifier whose proofs are hashes of its key and the public numbers, so that tests need no prover.
contract Halo2VerifierMock is IHalo2Verifier {
    /// @notice What stands for the verifying key.
    bytes32 public immutable key;

    /// @param key_ What stands for the verifying key.
    constructor(bytes32 key_) {
        key = key_;
    }

    /// @inheritdoc IHalo2Verifier
    function verifyProof(bytes calldata proof, uint256[] calldata instances) external view returns (bool) {
        require(proof.length == 32);
        return bytes32(proof) == keccak256(abi.encodePacked(key, instances));
    }
}
