// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Roles that contracts share by name. Each contract's DEFAULT_ADMIN_ROLE grants its own; the marketplace's are
/// granted and revoked in EnergyMarket.
/// @dev No role, the admin's included, can move a home's collateral or change which contracts may.

/// @dev May report delivered energy.
bytes32 constant METER_ROLE = keccak256("METER_ROLE");

/// @dev May pause and unpause.
bytes32 constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

/// @dev May set the tariff of intervals nobody can have committed to yet.
bytes32 constant TARIFF_ROLE = keccak256("TARIFF_ROLE");

/// @dev May fund the grid's account and withdraw what it does not need.
bytes32 constant GRID_ROLE = keccak256("GRID_ROLE");

/// @dev May accredit meters and revoke them, and put accounts on a market's list or take them off.
bytes32 constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");

/// @dev May post roots of settlements.
bytes32 constant POSTER_ROLE = keccak256("POSTER_ROLE");

/// @dev May use up the attributes of energy: the contracts that issue certificates and credits.
bytes32 constant ISSUER_ROLE = keccak256("ISSUER_ROLE");

/// @dev May publish emission factors.
bytes32 constant FACTOR_ROLE = keccak256("FACTOR_ROLE");
