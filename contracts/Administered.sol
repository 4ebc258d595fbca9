// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// @notice The zero address where somebody is needed.
error ZeroAddress();

/// @title Roles with somebody to grant them.
/// @dev A contract deployed without an admin would have no roles for good.
abstract contract Administered is AccessControl {
    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants the others.
    constructor(address admin) {
        if (admin == address(0)) revert ZeroAddress();
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }
}
