// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Administered} from "./Administered.sol";
import {FACTOR_ROLE} from "./libraries/TrustRoles.sol";

/// @notice What a factor is a factor of.
/// @dev Average: what the network's mix emits for a Wh taken from it (an inventory). Marginal: what the plants that react emit less for a Wh
/// more (what is avoided). Neither stands for the other.
enum FactorKind {
    Average,
    Marginal
}

/// @title Emission factors of one kind from one source, one for each time slot, in gCO2e/kWh.
/// @dev Sixteen factors share a word, each as factor + 1, so that 0 says there is none. What is published stays.
contract EmissionFactors is Administered {
    uint256 private constant PER_WORD = 16;

    /// @notice The largest factor there is room for, in gCO2e/kWh.
    uint256 public constant MAX_FACTOR = type(uint16).max - 1;

    /// @notice What the factors are factors of.
    FactorKind public immutable kind;

    /// @notice Where they come from, and of what year they are.
    string public source;

    mapping(uint256 key => uint256 word) private _factors;

    /// @notice Factors were published.
    /// @param firstSlot The time slot of the first.
    /// @param count Of how many time slots in a row.
    event FactorsPublished(uint256 indexed firstSlot, uint256 count);

    /// @notice A factor for which there is no room.
    /// @param factor In gCO2e/kWh.
    error FactorTooLarge(uint256 factor);

    /// @notice The time slot has a factor, and what is published stays.
    /// @param slot The time slot.
    error FactorKnown(uint256 slot);

    /// @notice The time slot has no factor.
    /// @param slot The time slot.
    error FactorUnknown(uint256 slot);

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants FACTOR_ROLE.
    /// @param kind_ What the factors are factors of.
    /// @param source_ Where they come from, and of what year they are.
    constructor(address admin, FactorKind kind_, string memory source_) Administered(admin) {
        (kind, source) = (kind_, source_);
    }

    /// @notice Publishes factors of time slots in a row. FACTOR_ROLE only.
    /// @param firstSlot The time slot of the first.
    /// @param factors In gCO2e/kWh.
    function publish(uint256 firstSlot, uint16[] calldata factors) external onlyRole(FACTOR_ROLE) {
        for (uint256 i = 0; i < factors.length; ++i) {
            uint256 slot = firstSlot + i;
            if (factors[i] > MAX_FACTOR) revert FactorTooLarge(factors[i]);
            if (isKnown(slot)) revert FactorKnown(slot);
            _factors[slot / PER_WORD] |= (uint256(factors[i]) + 1) << _shift(slot);
        }
        emit FactorsPublished(firstSlot, factors.length);
    }

    /// @notice A time slot's factor; refused where there is none.
    /// @param slot The time slot.
    /// @return In gCO2e/kWh.
    function factorOf(uint256 slot) external view returns (uint256) {
        uint256 kept = _at(slot);
        if (kept == 0) revert FactorUnknown(slot);
        return kept - 1;
    }

    /// @notice Whether a time slot has a factor.
    /// @param slot The time slot.
    /// @return Whether it has.
    function isKnown(uint256 slot) public view returns (bool) {
        return _at(slot) != 0;
    }

    function _at(uint256 slot) private view returns (uint256) {
        return uint16(_factors[slot / PER_WORD] >> _shift(slot));
    }

    function _shift(uint256 slot) private pure returns (uint256) {
        return (slot % PER_WORD) * 16;
    }
}
