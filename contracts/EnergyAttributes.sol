// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

import {Administered, ZeroAddress} from "./Administered.sol";
import {IMeterBooks} from "./interfaces/IMeterBooks.sol";
import {REGISTRAR_ROLE} from "./libraries/BalancingTypes.sol";
import {ISSUER_ROLE} from "./libraries/TrustRoles.sol";

/// @notice What made the energy.
enum Technology {
    Unknown,
    Solar,
    Wind,
    Hydro,
    Biomass,
    Cogeneration
}

/// @title What is special about a Wh beyond the energy: where it came from. It can be used up once.
/// @dev Certificates and credits both take the attributes of a home's time slot from here, so no Wh becomes both, or either twice.
contract EnergyAttributes is Administered {
    using BitMaps for BitMaps.BitMap;

    /// @notice The register whose readings count.
    IMeterBooks public immutable meters;

    /// @notice What makes a home's energy.
    mapping(address home => Technology) public technologyOf;

    mapping(address home => BitMaps.BitMap) private _taken;

    /// @notice A home's technology was set.
    /// @param home The home.
    /// @param technology What makes its energy.
    event TechnologySet(address indexed home, Technology technology);

    /// @notice The attributes of a home's time slot were used up.
    /// @param home The home.
    /// @param slot The time slot.
    /// @param issuer The contract that turned them into something else.
    /// @param exported Wh.
    event AttributesTaken(address indexed home, uint256 indexed slot, address indexed issuer, uint256 exported);

    /// @notice The home's energy of this time slot is a certificate or a credit.
    /// @param home The home.
    /// @param slot The time slot.
    error AttributesUsed(address home, uint256 slot);

    /// @notice Nobody knows what makes the home's energy.
    /// @param home The home.
    error TechnologyUnknown(address home);

    /// @notice The register has no reading, or one without energy.
    /// @param home The home.
    /// @param slot The time slot.
    error NothingProduced(address home, uint256 slot);

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants the others.
    /// @param meters_ The register of meters.
    constructor(address admin, IMeterBooks meters_) Administered(admin) {
        if (address(meters_) == address(0)) revert ZeroAddress();
        meters = meters_;
    }

    /// @notice Sets what makes a home's energy. REGISTRAR_ROLE only, and only for homes where nothing else feeds the network.
    /// @param home The home.
    /// @param technology What makes its energy; Unknown stops further issues.
    function setTechnology(address home, Technology technology) external onlyRole(REGISTRAR_ROLE) {
        technologyOf[home] = technology;
        emit TechnologySet(home, technology);
    }

    /// @notice Uses up the attributes of what a home gave to the network in a time slot. ISSUER_ROLE only.
    /// @param home The home.
    /// @param slot The time slot.
    /// @return exported Wh, by the home's signed reading.
    /// @return technology What made them.
    function take(address home, uint256 slot)
        external
        onlyRole(ISSUER_ROLE)
        returns (uint256 exported, Technology technology)
    {
        technology = technologyOf[home];
        if (technology == Technology.Unknown) revert TechnologyUnknown(home);
        if (_taken[home].get(slot)) revert AttributesUsed(home, slot);
        _taken[home].set(slot);
        // Without a reading there is no energy either.
        // slither-disable-next-line unused-return
        (,, exported) = meters.readingOf(home, slot);
        if (exported == 0) revert NothingProduced(home, slot);
        emit AttributesTaken(home, slot, msg.sender, exported);
    }

    /// @notice Whether the attributes of a home's time slot are used up.
    /// @param home The home.
    /// @param slot The time slot.
    /// @return Whether they are.
    function isTaken(address home, uint256 slot) external view returns (bool) {
        return _taken[home].get(slot);
    }
}
