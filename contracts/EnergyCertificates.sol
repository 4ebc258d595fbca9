// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {Administered, ZeroAddress} from "./Administered.sol";
import {EnergyAttributes, Technology} from "./EnergyAttributes.sol";
import {PAUSER_ROLE} from "./libraries/Roles.sol";

/// @title Energy certificates: one unit is the origin of one Wh, of a time slot and a technology.
/// @dev For every id, issued = held by anyone + claimed.
contract EnergyCertificates is ERC1155, Administered, Pausable {
    /// @dev Bits of an id below the time slot.
    uint256 private constant TECHNOLOGY_BITS = 8;

    /// @notice Where signed production becomes attributes, once.
    EnergyAttributes public immutable attributes;

    /// @notice Wh ever certified.
    mapping(uint256 id => uint256) public issued;

    /// @notice Wh claimed for good.
    mapping(uint256 id => uint256) public claimed;

    /// @notice Production was certified.
    /// @param home Whose.
    /// @param id Of which time slot and technology.
    /// @param amount Wh.
    event CertificatesIssued(address indexed home, uint256 indexed id, uint256 amount);

    /// @notice Somebody's consumption was covered for good.
    /// @param holder Who gave the certificates up.
    /// @param id Of which time slot and technology.
    /// @param amount Wh.
    /// @param beneficiary Whose consumption.
    /// @param message What the holder says about it.
    event CertificatesClaimed(
        address indexed holder, uint256 indexed id, uint256 amount, address indexed beneficiary, string message
    );

    /// @notice An amount of zero.
    error ZeroAmount();

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants PAUSER_ROLE.
    /// @param attributes_ Where attributes are used up; this contract needs ISSUER_ROLE there.
    constructor(address admin, EnergyAttributes attributes_) ERC1155("") Administered(admin) {
        if (address(attributes_) == address(0)) revert ZeroAddress();
        attributes = attributes_;
    }

    /// @notice Certifies what the caller gave to the network in some time slots, by its signed readings.
    /// @param slots The time slots; each once, ever, and not those whose energy is a credit.
    // The attributes are a contract of the deployment that calls nobody but the register; the receiver is called last.
    // slither-disable-next-line reentrancy-no-eth
    function issue(uint256[] calldata slots) external whenNotPaused {
        uint256[] memory ids = new uint256[](slots.length);
        uint256[] memory amounts = new uint256[](slots.length);
        for (uint256 i = 0; i < slots.length; ++i) {
            Technology technology;
            (amounts[i], technology) = attributes.take(msg.sender, slots[i]);
            ids[i] = idOf(slots[i], technology);
            issued[ids[i]] += amounts[i];
            emit CertificatesIssued(msg.sender, ids[i], amounts[i]);
        }
        _mintBatch(msg.sender, ids, amounts, "");
    }

    /// @notice Covers consumption with certificates of the caller, which are gone for good.
    /// @param id Of which time slot and technology.
    /// @param amount Wh.
    /// @param beneficiary Whose consumption.
    /// @param message What to say about it.
    function claim(uint256 id, uint256 amount, address beneficiary, string calldata message) external {
        if (amount == 0) revert ZeroAmount();
        claimed[id] += amount;
        emit CertificatesClaimed(msg.sender, id, amount, beneficiary, message);
        _burn(msg.sender, id, amount);
    }

    /// @notice Stops issues; transfers and claims go on. PAUSER_ROLE only.
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @notice Ends the pause. PAUSER_ROLE only.
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    /// @notice The id of a time slot's certificates.
    /// @param slot The time slot.
    /// @param technology What made the energy.
    /// @return `slot << 8 | technology`.
    function idOf(uint256 slot, Technology technology) public pure returns (uint256) {
        return (slot << TECHNOLOGY_BITS) | uint256(technology);
    }

    /// @inheritdoc ERC1155
    function supportsInterface(bytes4 interfaceId) public view override(ERC1155, AccessControl) returns (bool) {
        return super.supportsInterface(interfaceId);
    }
}
