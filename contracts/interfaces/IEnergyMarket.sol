// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IEnergyPool} from "./IEnergyPool.sol";
import {IEnergyProfile} from "./IEnergyProfile.sol";
import {Metered, Reading, Result} from "../libraries/EnergyTypes.sol";

/// @title The market: takes the meters' readings, closes intervals, pays claims.
interface IEnergyMarket {
    /// @notice An interval was closed.
    /// @param interval The interval.
    /// @param supply Wh delivered.
    /// @param demand Wh taken. The smaller of the two was traded between neighbours.
    /// @param price The price between neighbours, in wei per Wh.
    /// @param sellPrice What producers receive per Wh, in wei.
    /// @param buyPrice What consumers pay per Wh, in wei.
    /// @param gridChange What the grid's account gained, in wei; negative where it paid.
    event IntervalClosed(
        uint256 indexed interval,
        uint256 supply,
        uint256 demand,
        uint256 price,
        uint256 sellPrice,
        uint256 buyPrice,
        int256 gridChange
    );

    /// @notice The interval has not ended.
    /// @param interval The interval.
    /// @param end Timestamp of its end.
    error IntervalNotOver(uint256 interval, uint256 end);

    /// @notice The interval is closed already.
    /// @param interval The interval.
    error IntervalAlreadyClosed(uint256 interval);

    /// @notice The interval is still open.
    /// @param interval The interval.
    error IntervalStillOpen(uint256 interval);

    /// @notice Nothing was deposited for the interval, so there is nothing to close.
    /// @param interval The interval.
    error NothingDeposited(uint256 interval);

    /// @notice Meters may still report.
    /// @param interval The interval.
    /// @param until Timestamp it can be closed from, whoever has not reported by then.
    error ReportsMissing(uint256 interval, uint256 until);

    /// @notice The market is paused, and the interval is not old enough to be closed regardless.
    /// @param interval The interval.
    /// @param until Timestamp it can be closed from.
    error SettlementPaused(uint256 interval, uint256 until);

    /// @notice The price feed failed its checks, and the interval is not old enough to be closed without it.
    /// @param interval The interval.
    /// @param until Timestamp it can be closed from.
    error FeedUnhealthy(uint256 interval, uint256 until);

    /// @notice The commitment has no closed interval left to claim.
    /// @param commitmentId The commitment.
    error NothingToClaim(uint256 commitmentId);

    /// @notice A feed whose every answer is stale.
    error InvalidFeedMaxAge();

    /// @notice The feed counts in more decimals than can be converted.
    /// @param decimals The feed's decimals.
    error UnsupportedFeedDecimals(uint8 decimals);

    /// @notice Meters need some time to report, and less than the window.
    /// @param reportingWindow What was given, in seconds.
    error InvalidReportingWindow(uint256 reportingWindow);

    /// @notice Records what meters measured in an interval that is over and not closed. METER_ROLE only.
    /// @param interval The interval.
    /// @param readings What each commitment delivered or took. A commitment is reported once.
    function reportDeliveries(uint256 interval, Reading[] calldata readings) external;

    /// @notice Closes an interval: fixes its prices from the meters' totals. Anyone may, once it is over and every
    /// commitment is reported or the reporting window has passed.
    /// @param interval The interval.
    function closeInterval(uint256 interval) external;

    /// @notice Settles all closed and unclaimed intervals of a commitment into its home's collateral. Anyone may.
    /// @param commitmentId The commitment. Reverts where there is nothing to claim.
    function claim(uint256 commitmentId) external;

    /// @notice The same for several commitments; those with nothing to claim are passed over, so that nobody can
    /// spoil the call by claiming one of them first.
    /// @param commitmentIds The commitments.
    function claimMany(uint256[] calldata commitmentIds) external;

    /// @notice Reads the feed and takes over its price, or pauses new commitments where it fails its checks. Anyone may.
    function refreshQuote() external;

    /// @notice The price between neighbours if the interval were closed now. Reverts with the reason where it cannot be.
    /// @param interval The interval.
    /// @return Wei per Wh, within the interval's tariff.
    function settlementPrice(uint256 interval) external view returns (uint256);

    /// @notice Whether an interval can be closed now.
    /// @param interval The interval.
    /// @return True where `closeInterval` would succeed.
    function closable(uint256 interval) external view returns (bool);

    /// @notice Whether an interval is closed.
    /// @param interval The interval.
    /// @return True once it is.
    function isClosed(uint256 interval) external view returns (bool);

    /// @notice What closing an interval fixed. Reverts while it is open.
    /// @param interval The interval.
    /// @return Its result.
    function resultOf(uint256 interval) external view returns (Result memory);

    /// @notice What the meters have reported about an open interval. Reverts once it is closed; the totals are then in
    /// `IntervalClosed`.
    /// @param interval The interval.
    /// @return The totals.
    function meteredOf(uint256 interval) external view returns (Metered memory);

    /// @notice What a claim would do now.
    /// @param commitmentId The commitment.
    /// @return intervals Bit i for each interval `start + i` it would claim.
    /// @return credit Wei the home would receive.
    /// @return debit Wei the home would pay.
    function claimable(uint256 commitmentId) external view returns (uint24 intervals, uint256 credit, uint256 debit);

    /// @notice The book of intervals.
    /// @return The contract.
    function pool() external view returns (IEnergyPool);

    /// @notice The homes.
    /// @return The contract.
    function profile() external view returns (IEnergyProfile);
}
