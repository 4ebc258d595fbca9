// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev May list the verifiers of policies, once it has generated them again from the weights and found them equal.
bytes32 constant AUDITOR_ROLE = keccak256("AUDITOR_ROLE");
