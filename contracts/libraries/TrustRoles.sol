// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Roles of settlement and carbon accounting. Each contract's DEFAULT_ADMIN_ROLE grants its own.

/// @dev May post roots of settlements.
bytes32 constant POSTER_ROLE = keccak256("POSTER_ROLE");

/// @dev May use up the attributes of energy: the contracts that issue certificates and credits.
bytes32 constant ISSUER_ROLE = keccak256("ISSUER_ROLE");

/// @dev May publish emission factors.
bytes32 constant FACTOR_ROLE = keccak256("FACTOR_ROLE");
