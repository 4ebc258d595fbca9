// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Tariff} from "../libraries/EnergyTypes.sol";

/// @title The terms on which homes make promises: the clock, the grid's tariff, the feed's last good quote, the pause.
interface IMarketTerms {
    /// @notice A tariff was announced.
    /// @param tariffId Its number.
    /// @param retail What a Wh from the grid costs, in wei.
    /// @param feedIn What the grid pays for a Wh, in wei.
    /// @param from First interval it holds for.
    event TariffSet(uint256 indexed tariffId, uint256 retail, uint256 feedIn, uint256 from);

    /// @notice The feed's quote was taken over.
    /// @param price Wei per Wh.
    /// @param validUntil Timestamp it holds until; 0 where the feed failed its checks and new commitments pause.
    event QuoteUpdated(uint256 price, uint256 validUntil);

    /// @notice An interval that has begun takes no promises.
    /// @param start The interval asked for.
    /// @param current The current interval.
    error IntervalStarted(uint256 start, uint256 current);

    /// @notice The commitment lasts no interval, or beyond the window.
    /// @param start First interval asked for.
    /// @param duration Number of intervals asked for.
    /// @param last The last interval of the window.
    error OutsideWindow(uint256 start, uint256 duration, uint256 last);

    /// @notice The commitment would reach across a change of tariff; make two.
    /// @param start First interval asked for.
    /// @param duration Number of intervals asked for.
    /// @param from First interval of the new tariff.
    error CrossesTariff(uint256 start, uint256 duration, uint256 from);

    /// @notice The price feed is not healthy, so there are no new commitments.
    /// @param validUntil Timestamp the last good quote held until; 0 after a failed check.
    error QuoteExpired(uint256 validUntil);

    /// @notice A tariff pays more than it charges, or charges nothing.
    /// @param retail What was given.
    /// @param feedIn What was given.
    error InvalidTariff(uint256 retail, uint256 feedIn);

    /// @notice A tariff may change only what lies beyond the window.
    /// @param from First interval asked for.
    /// @param earliest The first it may be.
    error TariffTooSoon(uint256 from, uint256 earliest);

    /// @notice The announced tariff has to come into force before another is announced.
    /// @param from First interval of the announced tariff.
    error TariffPending(uint256 from);

    /// @notice An interval of no length.
    error InvalidIntervalLength();

    /// @notice The caller is not the market.
    /// @param caller Who called.
    error CallerNotMarket(address caller);

    /// @notice Announces a tariff for intervals beyond the window. TARIFF_ROLE only.
    /// @param retail What a Wh from the grid costs, in wei.
    /// @param feedIn What the grid pays for a Wh, in wei.
    /// @param from First interval it holds for.
    function setTariff(uint56 retail, uint56 feedIn, uint24 from) external;

    /// @notice Stops registrations, commitments, deposits and settlement. Meters go on reporting, so that nobody is left
    /// unreported when it ends; and withdrawals, cancellations and claims go on. PAUSER_ROLE only.
    function pause() external;

    /// @notice Ends the pause. PAUSER_ROLE only.
    function unpause() external;

    /// @notice Takes over a quote. The market only.
    /// @param price Wei per Wh.
    /// @param validUntil Timestamp it holds until; 0 where the feed failed.
    function setQuote(uint56 price, uint40 validUntil) external;

    /// @notice The terms of a commitment made now. Reverts where none can be made.
    /// @param start First interval.
    /// @param duration Number of intervals.
    /// @return quote The feed's price within the tariff, in wei per Wh.
    /// @return retail What a Wh from the grid costs, in wei.
    /// @return feedIn What the grid pays for a Wh, in wei.
    function termsFor(uint256 start, uint256 duration)
        external
        view
        returns (uint56 quote, uint56 retail, uint56 feedIn);

    /// @notice The latest tariff announced.
    /// @return tariffId Its number.
    /// @return tariff The tariff; those before it hold up to its first interval.
    function latestTariff() external view returns (uint256 tariffId, Tariff memory tariff);

    /// @notice A tariff by number.
    /// @param tariffId Its number, from 0.
    /// @return The tariff.
    function tariffOf(uint256 tariffId) external view returns (Tariff memory);

    /// @notice The quote taken over last.
    /// @return price Wei per Wh.
    /// @return validUntil Timestamp it holds until; 0 after a failed check.
    function quote() external view returns (uint256 price, uint256 validUntil);

    /// @notice The interval running now.
    /// @return Its number.
    function currentInterval() external view returns (uint256);

    /// @notice When an interval is over.
    /// @param interval The interval.
    /// @return Timestamp of its end.
    function endOf(uint256 interval) external view returns (uint256);

    /// @notice Timestamp of the start of interval 0.
    /// @return The timestamp.
    function genesis() external view returns (uint256);

    /// @notice Length of an interval.
    /// @return Seconds.
    function intervalLength() external view returns (uint256);
}
