// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The marketplace's roles. All are granted and revoked in EnergyMarket, by its DEFAULT_ADMIN_ROLE.
/// @dev No role, the admin's included, can move a home's collateral or change which contracts may.

/// @dev May report delivered energy.
bytes32 constant METER_ROLE = keccak256("METER_ROLE");

/// @dev May pause and unpause.
bytes32 constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

/// @dev May set the tariff of intervals nobody can have committed to yet.
bytes32 constant TARIFF_ROLE = keccak256("TARIFF_ROLE");

/// @dev May fund the grid's account and withdraw what it does not need.
bytes32 constant GRID_ROLE = keccak256("GRID_ROLE");
