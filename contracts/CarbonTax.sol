// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

import {ZeroAddress} from "./Administered.sol";
import {CarbonCredits} from "./CarbonCredits.sol";
import {EmissionFactors, FactorKind} from "./EmissionFactors.sol";
import {IMeterBooks} from "./interfaces/IMeterBooks.sol";

/// @title A tax on the emissions of metered energy: Wh times the network's average factor, paid in money or by retiring credits.
/// @dev Emissions are counted in mgCO2e: Wh times gCO2e/kWh, exactly. assessed = owed + paid + offset, for every home. Nobody has a role
/// here, and no money stays: it goes to the treasury at once.
contract CarbonTax {
    using BitMaps for BitMaps.BitMap;
    using SafeERC20 for IERC20;

    /// @notice A home's emissions in mgCO2e.
    /// @param owed Neither paid for nor offset.
    /// @param paid Paid for in money.
    /// @param offset Made up for by retired credits.
    struct Emissions {
        uint80 owed;
        uint80 paid;
        uint80 offset;
    }

    /// @dev mgCO2e in a tonne.
    uint256 private constant MG_PER_TONNE = 1e9;

    /// @notice The register whose readings count.
    IMeterBooks public immutable meters;

    /// @notice What the network's mix emits for a Wh taken from it.
    EmissionFactors public immutable factors;

    /// @notice What can be retired instead of paying.
    CarbonCredits public immutable credits;

    /// @notice What is paid in.
    IERC20 public immutable currency;

    /// @notice Units of the currency for a tonne of CO2e.
    uint256 public immutable rate;

    /// @notice Who receives the money.
    address public immutable treasury;

    mapping(address home => Emissions) private _emissions;
    mapping(address home => BitMaps.BitMap) private _assessed;

    /// @notice A home's emissions were assessed.
    /// @param home The home.
    /// @param firstSlot The first time slot.
    /// @param count Of how many time slots in a row.
    /// @param emissions What was new, in mgCO2e.
    event EmissionsAssessed(address indexed home, uint256 indexed firstSlot, uint256 count, uint256 emissions);

    /// @notice Emissions were paid for.
    /// @param home Whose.
    /// @param emissions In mgCO2e.
    /// @param amount Units of the currency.
    event TaxPaid(address indexed home, uint256 emissions, uint256 amount);

    /// @notice Emissions were made up for by retired credits.
    /// @param home Whose.
    /// @param emissions In mgCO2e.
    event EmissionsOffset(address indexed home, uint256 emissions);

    /// @notice Marginal factors say what is avoided, not what is emitted.
    error FactorsNotAverage();

    /// @notice A tax without a treasury.
    error InvalidTreasury();

    /// @notice A tax of nothing.
    error InvalidRate();

    /// @notice The register has no reading.
    /// @param home The home.
    /// @param slot The time slot.
    error NotReported(address home, uint256 slot);

    /// @notice More than the home owes, or nothing.
    /// @param emissions In mgCO2e.
    /// @param owed In mgCO2e.
    error NotOwed(uint256 emissions, uint256 owed);

    /// @param meters_ The register of meters.
    /// @param factors_ What a Wh from the network emits; average factors.
    /// @param credits_ What can be retired instead of paying.
    /// @param currency_ What is paid in.
    /// @param rate_ Units of the currency for a tonne of CO2e.
    /// @param treasury_ Who receives the money.
    constructor(
        IMeterBooks meters_,
        EmissionFactors factors_,
        CarbonCredits credits_,
        IERC20 currency_,
        uint256 rate_,
        address treasury_
    ) {
        if (address(meters_) == address(0) || address(factors_) == address(0)) revert ZeroAddress();
        if (address(credits_) == address(0) || address(currency_) == address(0)) revert ZeroAddress();
        if (factors_.kind() != FactorKind.Average) revert FactorsNotAverage();
        if (treasury_ == address(0)) revert InvalidTreasury();
        if (rate_ == 0) revert InvalidRate();
        (meters, factors, credits, currency) = (meters_, factors_, credits_, currency_);
        (rate, treasury) = (rate_, treasury_);
    }

    /// @notice Assesses what a home took from the network in some time slots. Anyone may; what is assessed already is passed over.
    /// @param home The home.
    /// @param firstSlot The first time slot.
    /// @param count How many in a row; each with a reading and a factor.
    /// @return added What was new, in mgCO2e.
    function assess(address home, uint256 firstSlot, uint256 count) external returns (uint256 added) {
        for (uint256 slot = firstSlot; slot < firstSlot + count; ++slot) {
            if (_assessed[home].get(slot)) continue;
            _assessed[home].set(slot);
            // The register and the factors are the deployment's, and call nobody.
            // slither-disable-next-line unused-return,calls-loop
            (bool reported, uint256 imported,) = meters.readingOf(home, slot);
            if (!reported) revert NotReported(home, slot);
            added += imported * factors.factorOf(slot);
        }
        _emissions[home].owed += SafeCast.toUint80(added);
        emit EmissionsAssessed(home, firstSlot, count, added);
    }

    /// @notice Pays for emissions of a home with the caller's money, straight to the treasury. The caller approves it before.
    /// @param home Whose.
    /// @param emissions In mgCO2e, up to what is owed.
    /// @return amount Units of the currency, rounded up.
    function pay(address home, uint256 emissions) external returns (uint256 amount) {
        _discharge(home, emissions);
        _emissions[home].paid += uint80(emissions);
        amount = dueFor(emissions);
        emit TaxPaid(home, emissions, amount);
        currency.safeTransferFrom(msg.sender, treasury, amount);
    }

    /// @notice Makes up for emissions of a home by retiring credits of the caller. The caller approves them before.
    /// @param home Whose.
    /// @param emissions In mgCO2e, up to what is owed.
    function offset(address home, uint256 emissions) external {
        _discharge(home, emissions);
        _emissions[home].offset += uint80(emissions);
        uint256 amount = emissions * credits.UNITS_PER_MG();
        emit EmissionsOffset(home, emissions);
        IERC20(address(credits)).safeTransferFrom(msg.sender, address(this), amount);
        credits.retire(amount, home, "carbon tax");
    }

    /// @notice A home's emissions.
    /// @param home The home.
    /// @return In mgCO2e: owed, paid for, made up for.
    function emissionsOf(address home) external view returns (Emissions memory) {
        return _emissions[home];
    }

    /// @notice Whether a home's time slot is assessed.
    /// @param home The home.
    /// @param slot The time slot.
    /// @return Whether it is.
    function isAssessed(address home, uint256 slot) external view returns (bool) {
        return _assessed[home].get(slot);
    }

    /// @notice What emissions cost.
    /// @param emissions In mgCO2e.
    /// @return Units of the currency, rounded up.
    function dueFor(uint256 emissions) public view returns (uint256) {
        return Math.ceilDiv(emissions * rate, MG_PER_TONNE);
    }

    function _discharge(address home, uint256 emissions) private {
        uint256 owed = _emissions[home].owed;
        if (emissions == 0 || emissions > owed) revert NotOwed(emissions, owed);
        _emissions[home].owed = uint80(owed - emissions);
    }
}
