// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IActionVerifier} from "./interfaces/IActionVerifier.sol";
import {IIntegerPolicy} from "./interfaces/IIntegerPolicy.sol";
import {IntegerNetwork} from "./libraries/IntegerNetwork.sol";

/// @title Verifies actions by computing them again. Needs no proof, and nobody's trust.
contract IntegerPolicy is IIntegerPolicy {
    using IntegerNetwork for address;
    using IntegerNetwork for IntegerNetwork.Network;

    /// @inheritdoc IIntegerPolicy
    address public immutable weights;

    /// @inheritdoc IActionVerifier
    bytes32 public immutable policyHash;

    /// @inheritdoc IActionVerifier
    int64 public immutable unit;

    /// @param weights_ A `PolicyWeights`.
    constructor(address weights_) {
        IntegerNetwork.Network memory network = weights_.load();
        int256 bias = network.bias();
        // A sum that left its word would revert, and nobody could challenge what cannot be computed.
        if (bias != int64(bias)) revert IntegerNetwork.NotANetwork(weights_);
        unit = network.unit;
        weights = weights_;
        policyHash = weights_.codehash;
    }

    /// @inheritdoc IActionVerifier
    function verify(bytes32[] calldata states, int64[] calldata outputs, bytes calldata)
        external
        view
        returns (bool)
    {
        if (states.length != outputs.length) return false;
        IntegerNetwork.Network memory network = weights.load();
        for (uint256 i = 0; i < states.length; ++i) {
            if (network.run(states[i]) != outputs[i]) return false;
        }
        return true;
    }

    /// @inheritdoc IIntegerPolicy
    function outputOf(bytes32 state) external view returns (int256) {
        return weights.load().run(state);
    }
}
