// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IMarketTerms} from "./interfaces/IMarketTerms.sol";
import {Tariff, WINDOW} from "./libraries/EnergyTypes.sol";
import {PAUSER_ROLE, TARIFF_ROLE} from "./libraries/Roles.sol";
import {Settlement} from "./libraries/Settlement.sol";

/// @title The terms on which homes make promises: the clock, the grid's tariff, the feed's last good quote, the pause.
/// @dev The variables share the slot of OpenZeppelin's pause flag, so one storage access answers every question a
/// commitment has: 8 + 56 + 40 + 56 + 56 + 24 + 16 bits. Keep their order.
abstract contract MarketTerms is IMarketTerms, Pausable {
    uint56 private _quote;
    uint40 private _quoteValidUntil;
    uint56 private _retail;
    uint56 private _feedIn;
    uint24 private _tariffFrom;
    uint16 private _tariffId;

    mapping(uint256 tariffId => Tariff) private _tariffs;

    /// @inheritdoc IMarketTerms
    uint256 public immutable genesis;

    /// @inheritdoc IMarketTerms
    uint256 public immutable intervalLength;

    /// @notice The market. It is also the register of roles, so that there is one and not two.
    address public immutable market;

    /// @dev Reverts with OpenZeppelin's own error unless the caller holds the role.
    modifier onlyRole(bytes32 role) {
        _requireRole(role);
        _;
    }

    /// @dev Reverts unless the market calls.
    modifier onlyMarket() {
        if (msg.sender != market) revert CallerNotMarket(msg.sender);
        _;
    }

    /// @param market_ The market.
    /// @param length Seconds in an interval.
    /// @param retail What a Wh from the grid costs at first, in wei.
    /// @param feedIn What the grid pays for a Wh at first, in wei.
    constructor(address market_, uint256 length, uint56 retail, uint56 feedIn) {
        if (length == 0) revert InvalidIntervalLength();
        genesis = block.timestamp;
        intervalLength = length;
        market = market_;
        _setTariff(0, retail, feedIn, 0);
    }

    // ------------------------------------------------------------------------------------------------ changes

    /// @inheritdoc IMarketTerms
    function setTariff(uint56 retail, uint56 feedIn, uint24 from) external onlyRole(TARIFF_ROLE) {
        uint256 current = currentInterval();
        if (_tariffFrom > current) revert TariffPending(_tariffFrom);
        uint256 earliest = current + WINDOW + 1;
        if (from < earliest) revert TariffTooSoon(from, earliest);
        _setTariff(_tariffId + 1, retail, feedIn, from);
    }

    /// @inheritdoc IMarketTerms
    function setQuote(uint56 price, uint40 validUntil) external onlyMarket {
        _quote = price;
        _quoteValidUntil = validUntil;
        emit QuoteUpdated(price, validUntil);
    }

    /// @inheritdoc IMarketTerms
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IMarketTerms
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IMarketTerms
    function termsFor(uint256 start, uint256 duration)
        public
        view
        whenNotPaused
        returns (uint56 price, uint56 retail, uint56 feedIn)
    {
        if (block.timestamp > _quoteValidUntil) revert QuoteExpired(_quoteValidUntil);
        uint256 current = _requireNotStarted(start);
        // Interval numbers are stored in 24 bits. The checks are in such an order that only small numbers are added.
        uint256 last = Math.min(current + WINDOW, type(uint24).max);
        if (duration == 0 || duration > WINDOW || start > last || start + duration - 1 > last) {
            revert OutsideWindow(start, duration, last);
        }
        (, retail, feedIn) = _tariffAt(start, duration);
        price = uint56(Settlement.clamp(_quote, feedIn, retail));
    }

    /// @inheritdoc IMarketTerms
    function latestTariff() external view returns (uint256 tariffId, Tariff memory tariff) {
        return (_tariffId, Tariff(_retail, _feedIn, _tariffFrom));
    }

    /// @inheritdoc IMarketTerms
    function tariffOf(uint256 tariffId) external view returns (Tariff memory) {
        return _tariffs[tariffId];
    }

    /// @inheritdoc IMarketTerms
    function quote() external view returns (uint256 price, uint256 validUntil) {
        return (_quote, _quoteValidUntil);
    }

    /// @inheritdoc IMarketTerms
    function currentInterval() public view returns (uint256) {
        return (block.timestamp - genesis) / intervalLength;
    }

    /// @inheritdoc IMarketTerms
    function endOf(uint256 interval) external view returns (uint256) {
        return genesis + (interval + 1) * intervalLength;
    }

    // ------------------------------------------------------------------------------------------------ inside

    /// @dev Reverts once the interval has begun.
    function _requireNotStarted(uint256 start) internal view returns (uint256 current) {
        current = currentInterval();
        if (start <= current) revert IntervalStarted(start, current);
    }

    /// @dev Keeps the latest tariff at hand and every one by number.
    function _setTariff(uint16 tariffId, uint56 retail, uint56 feedIn, uint24 from) private {
        if (retail == 0 || feedIn > retail) revert InvalidTariff(retail, feedIn);
        _retail = retail;
        _feedIn = feedIn;
        _tariffFrom = from;
        _tariffId = tariffId;
        _tariffs[tariffId] = Tariff(retail, feedIn, from);
        emit TariffSet(tariffId, retail, feedIn, from);
    }

    /// @dev The tariff of open intervals: the latest, or the one before it up to where the latest begins. There is
    /// none older to ask for, because a tariff is announced only once the one before is in force.
    function _tariffAt(uint256 start, uint256 duration)
        internal
        view
        returns (uint16 tariffId, uint56 retail, uint56 feedIn)
    {
        uint256 from = _tariffFrom;
        if (start >= from) return (_tariffId, _retail, _feedIn);
        if (start + duration > from) revert CrossesTariff(start, duration, from);
        tariffId = _tariffId - 1;
        Tariff memory tariff = _tariffs[tariffId];
        return (tariffId, tariff.retail, tariff.feedIn);
    }

    /// @dev Asks the market's register.
    function _requireRole(bytes32 role) private view {
        if (!IAccessControl(market).hasRole(role, msg.sender)) {
            revert IAccessControl.AccessControlUnauthorizedAccount(msg.sender, role);
        }
    }
}
