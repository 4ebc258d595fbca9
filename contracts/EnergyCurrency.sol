// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

import {Administered} from "./Administered.sol";

/// @title A currency for energy markets: ERC-20 with approval by signature (ERC-2612), minted by role.
/// @dev 18 decimals. Only minting is privileged: nobody can take, freeze or burn what an account holds.
contract EnergyCurrency is ERC20, ERC20Permit, Administered {
    /// @notice May mint.
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");

    /// @param name_ The currency's name; signatures for approvals name it too.
    /// @param symbol_ Its symbol.
    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants MINTER_ROLE.
    constructor(string memory name_, string memory symbol_, address admin)
        ERC20(name_, symbol_)
        ERC20Permit(name_)
        Administered(admin)
    {}

    /// @notice Creates money. MINTER_ROLE only.
    /// @param to Who receives it.
    /// @param amount How much.
    function mint(address to, uint256 amount) external onlyRole(MINTER_ROLE) {
        _mint(to, amount);
    }
}
