// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {Administered, ZeroAddress} from "./Administered.sol";
import {EmissionFactors, FactorKind} from "./EmissionFactors.sol";
import {EnergyAttributes, Technology} from "./EnergyAttributes.sol";
import {PAUSER_ROLE} from "./libraries/Roles.sol";

/// @title Carbon credits: emissions avoided, in tCO2e with 18 decimals.
/// @dev issued = totalSupply + retired. One Wh times one gCO2e/kWh is one mgCO2e, and that is 1e9 units: nothing is rounded.
contract CarbonCredits is ERC20, Administered, Pausable {
    /// @notice Units of one mgCO2e.
    uint256 public constant UNITS_PER_MG = 1e9;

    /// @notice Where signed production becomes attributes, once.
    EnergyAttributes public immutable attributes;

    /// @notice What a Wh avoids.
    EmissionFactors public immutable factors;

    /// @notice Units ever issued.
    uint256 public issued;

    /// @notice Units retired for good.
    uint256 public retired;

    /// @notice Units retired in favour of an account.
    mapping(address beneficiary => uint256) public retiredFor;

    /// @notice Units issued, by vintage and source: the time slot and what made the energy.
    mapping(uint256 slot => mapping(Technology => uint256)) public issuedOf;

    /// @notice Credits were issued.
    /// @param home Who produced.
    /// @param slot Their vintage.
    /// @param technology Their source.
    /// @param exported Wh produced.
    /// @param amount Units.
    event CreditsIssued(
        address indexed home, uint256 indexed slot, Technology technology, uint256 exported, uint256 amount
    );

    /// @notice Credits were retired for good.
    /// @param holder Who gave them up.
    /// @param amount Units.
    /// @param beneficiary Whose emissions they make up for.
    /// @param message What the holder says about it.
    event CreditsRetired(address indexed holder, uint256 amount, address indexed beneficiary, string message);

    /// @notice Average factors say what is emitted, not what is avoided.
    error FactorsNotMarginal();

    /// @notice An amount of zero.
    error ZeroAmount();

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants PAUSER_ROLE.
    /// @param attributes_ Where attributes are used up; this contract needs ISSUER_ROLE there.
    /// @param factors_ What a Wh avoids; marginal factors.
    constructor(address admin, EnergyAttributes attributes_, EmissionFactors factors_)
        ERC20("Carbon Credit", "TCO2E")
        Administered(admin)
    {
        if (address(attributes_) == address(0) || address(factors_) == address(0)) revert ZeroAddress();
        if (factors_.kind() != FactorKind.Marginal) revert FactorsNotMarginal();
        (attributes, factors) = (attributes_, factors_);
    }

    /// @notice Issues credits for what the caller gave to the network in some time slots, by its signed readings.
    /// @param slots The time slots; each once, ever, and not those whose energy is certified.
    // The attributes and the factors are contracts of the deployment that call nobody but the register.
    // slither-disable-next-line reentrancy-no-eth
    function issue(uint256[] calldata slots) external whenNotPaused {
        uint256 total = 0;
        for (uint256 i = 0; i < slots.length; ++i) {
            (uint256 exported, Technology technology) = attributes.take(msg.sender, slots[i]);
            uint256 amount = exported * factors.factorOf(slots[i]) * UNITS_PER_MG;
            total += amount;
            issuedOf[slots[i]][technology] += amount;
            emit CreditsIssued(msg.sender, slots[i], technology, exported, amount);
        }
        issued += total;
        _mint(msg.sender, total);
    }

    /// @notice Retires credits of the caller for good.
    /// @param amount Units.
    /// @param beneficiary Whose emissions they make up for.
    /// @param message What to say about it.
    function retire(uint256 amount, address beneficiary, string calldata message) external {
        if (amount == 0) revert ZeroAmount();
        retired += amount;
        retiredFor[beneficiary] += amount;
        emit CreditsRetired(msg.sender, amount, beneficiary, message);
        _burn(msg.sender, amount);
    }

    /// @notice Stops issues; transfers and retirement go on. PAUSER_ROLE only.
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @notice Ends the pause. PAUSER_ROLE only.
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }
}
