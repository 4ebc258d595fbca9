// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AutomationCompatibleInterface} from
    "@chainlink/contracts/src/v0.8/automation/interfaces/AutomationCompatibleInterface.sol";
import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {Administered, ZeroAddress} from "./Administered.sol";
import {EnergyPool} from "./EnergyPool.sol";
import {IEnergyMarket} from "./interfaces/IEnergyMarket.sol";
import {IEnergyPool} from "./interfaces/IEnergyPool.sol";
import {IEnergyProfile} from "./interfaces/IEnergyProfile.sol";
import {Commitment} from "./libraries/Commitment.sol";
import {CommitmentState, Metered, Reading, Result, Tariff, WINDOW} from "./libraries/EnergyTypes.sol";
import {IntervalRecord, IntervalRecords} from "./libraries/IntervalRecord.sol";
import {PriceFeed} from "./libraries/PriceFeed.sol";
import {METER_ROLE} from "./libraries/Roles.sol";
import {Readings} from "./libraries/Readings.sol";
import {Settlement} from "./libraries/Settlement.sol";

/// @title The market: takes the meters' readings, closes intervals, pays claims.
/// @dev Deploying it deploys the whole marketplace. It is the register of roles for the pool and the profiles too.
contract EnergyMarket is IEnergyMarket, Administered, AutomationCompatibleInterface {
    /// @dev How many past intervals `checkUpkeep` looks at. Older ones can be closed by anyone who names them.
    uint256 private constant LOOK_BACK = 2 * uint256(WINDOW);

    /// @dev The most decimals a feed may have; Chainlink's have 8 or 18.
    uint8 private constant MAX_FEED_DECIMALS = 18;

    /// @inheritdoc IEnergyMarket
    IEnergyPool public immutable pool;

    /// @inheritdoc IEnergyMarket
    IEnergyProfile public immutable profile;

    /// @notice The price feed: the chain's currency per kWh.
    AggregatorV3Interface public immutable feed;

    /// @notice The feed's decimals at deployment; should they change, it is not relied on.
    uint8 public immutable feedDecimals;

    /// @notice The age at which the feed's answer is stale, in seconds.
    uint256 public immutable feedMaxAge;

    /// @notice How long meters have to report after an interval, in seconds.
    uint256 public immutable reportingWindow;

    uint256 private immutable _genesis;
    uint256 private immutable _intervalLength;

    mapping(uint256 interval => IntervalRecord) private _intervals;

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants the others.
    /// @param feed_ The price feed: the chain's currency per kWh.
    /// @param feedMaxAge_ The age at which its answer is stale, in seconds.
    /// @param intervalLength Seconds in an interval.
    /// @param reportingWindow_ Seconds meters have to report, at most 24 intervals.
    /// @param retail What a Wh from the grid costs at first, in wei.
    /// @param feedIn What the grid pays for a Wh at first, in wei.
    constructor(
        address admin,
        AggregatorV3Interface feed_,
        uint32 feedMaxAge_,
        uint32 intervalLength,
        uint32 reportingWindow_,
        uint56 retail,
        uint56 feedIn
    ) Administered(admin) {
        if (address(feed_) == address(0)) revert ZeroAddress();
        if (feedMaxAge_ == 0) revert InvalidFeedMaxAge();
        uint8 decimals = feed_.decimals();
        if (decimals > MAX_FEED_DECIMALS) revert UnsupportedFeedDecimals(decimals);
        if (reportingWindow_ == 0 || reportingWindow_ > uint256(WINDOW) * intervalLength) {
            revert InvalidReportingWindow(reportingWindow_);
        }
        feed = feed_;
        feedDecimals = decimals;
        feedMaxAge = feedMaxAge_;
        reportingWindow = reportingWindow_;
        _genesis = block.timestamp;
        _intervalLength = intervalLength;
        pool = new EnergyPool(intervalLength, retail, feedIn);
        profile = pool.profile();
        refreshQuote();
    }

    // ------------------------------------------------------------------------------------------------ meters

    /// @inheritdoc IEnergyMarket
    function reportDeliveries(uint256 interval, Reading[] calldata readings) external onlyRole(METER_ROLE) {
        IntervalRecord record = _intervals[interval];
        _requireOpenAndOver(interval, record);
        // The profiles are this marketplace's own contract and call nobody, so nothing can come in between.
        // slither-disable-next-line reentrancy-no-eth
        Metered memory reported = profile.recordDeliveries(interval, readings, msg.sender);
        _intervals[interval] = record.plus(reported);
    }

    // ------------------------------------------------------------------------------------------------ settlement

    /// @inheritdoc IEnergyMarket
    function closeInterval(uint256 interval) public {
        IntervalRecord record = _intervals[interval];
        Metered memory metered = record.metered();
        (uint256 price, uint256 supply, uint256 retail, uint256 feedIn) = _termsOfClosing(interval, record);
        (Result memory result, int256 gridChange) = Settlement.clear(metered, retail, feedIn, price);
        _intervals[interval] = IntervalRecords.close(result);
        emit IntervalClosed(
            interval, metered.supply, metered.demand, price, result.sellPrice, result.buyPrice, gridChange
        );
        profile.settleGrid(gridChange, supply * feedIn);
    }

    /// @inheritdoc IEnergyMarket
    function claim(uint256 commitmentId) external {
        if (!_claim(commitmentId)) revert NothingToClaim(commitmentId);
    }

    /// @inheritdoc IEnergyMarket
    function claimMany(uint256[] calldata commitmentIds) external {
        for (uint256 i = 0; i < commitmentIds.length; ++i) {
            _claim(commitmentIds[i]);
        }
    }

    // ------------------------------------------------------------------------------------------------ price and upkeep

    /// @inheritdoc IEnergyMarket
    function refreshQuote() public {
        PriceFeed.Quote memory quote = PriceFeed.read(feed, feedDecimals, feedMaxAge);
        profile.setQuote(quote.price, quote.validUntil);
    }

    /// @notice What Chainlink Automation should do now: close the oldest closable interval, else refresh the quote.
    /// @return upkeepNeeded Whether there is something to do.
    /// @return performData What: `(true, interval)` to close, `(false, 0)` to refresh.
    function checkUpkeep(bytes calldata) external view returns (bool upkeepNeeded, bytes memory performData) {
        uint256 current = profile.currentInterval();
        for (uint256 interval = current - Math.min(current, LOOK_BACK); interval < current; ++interval) {
            if (closable(interval)) return (true, abi.encode(true, interval));
        }
        return (_quoteOutdated(), abi.encode(false, 0));
    }

    /// @notice Does what `checkUpkeep` found. Anyone may: both calls check for themselves.
    /// @param performData What `checkUpkeep` returned.
    function performUpkeep(bytes calldata performData) external {
        (bool close, uint256 interval) = abi.decode(performData, (bool, uint256));
        if (close) {
            closeInterval(interval);
        } else {
            refreshQuote();
        }
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IEnergyMarket
    function settlementPrice(uint256 interval) external view returns (uint256 price) {
        (price,,,) = _termsOfClosing(interval, _intervals[interval]);
    }

    /// @inheritdoc IEnergyMarket
    function closable(uint256 interval) public view returns (bool) {
        // Only whether there is a price matters here.
        // slither-disable-next-line unused-return
        try this.settlementPrice(interval) returns (uint256) {
            return true;
        } catch {
            return false;
        }
    }

    /// @inheritdoc IEnergyMarket
    function isClosed(uint256 interval) external view returns (bool) {
        return _intervals[interval].isClosed();
    }

    /// @inheritdoc IEnergyMarket
    function resultOf(uint256 interval) external view returns (Result memory) {
        IntervalRecord record = _intervals[interval];
        if (!record.isClosed()) revert IntervalStillOpen(interval);
        return record.result();
    }

    /// @inheritdoc IEnergyMarket
    function meteredOf(uint256 interval) external view returns (Metered memory) {
        IntervalRecord record = _intervals[interval];
        if (record.isClosed()) revert IntervalAlreadyClosed(interval);
        return record.metered();
    }

    /// @inheritdoc IEnergyMarket
    function claimable(uint256 commitmentId) external view returns (uint24 intervals, uint256 credit, uint256 debit) {
        return _due(commitmentId);
    }

    // ------------------------------------------------------------------------------------------------ inside

    /// @dev Claims what there is; false where there is nothing.
    function _claim(uint256 commitmentId) private returns (bool) {
        (uint24 intervals, uint256 credit, uint256 debit) = _due(commitmentId);
        if (intervals == 0) return false;
        profile.settle(commitmentId, intervals, credit, debit);
        return true;
    }

    /// @dev What the closed and unclaimed intervals of a commitment come to. At most 24.
    function _due(uint256 commitmentId)
        private
        view
        returns (uint24 intervals, uint256 credit, uint256 debit)
    {
        Commitment commitment = profile.packedCommitmentOf(commitmentId);
        if (commitment.state() != CommitmentState.Deposited) return (0, 0, 0);
        uint256 duration = commitment.duration();
        uint256 readings = 0;
        for (uint256 offset = 0; offset < duration; ++offset) {
            if (Readings.startsGroup(offset)) {
                readings = profile.packedReadingsOf(commitmentId, Readings.group(offset));
            }
            if ((commitment.claimed() >> offset) & 1 != 0) continue;
            IntervalRecord record = _intervals[commitment.start() + offset];
            if (!record.isClosed()) continue;
            intervals |= uint24(1 << offset);
            uint256 reading = offset == 0 ? commitment.firstReading() : Readings.at(readings, offset);
            if (reading == 0) continue;
            (uint256 received, uint256 paid) =
                Settlement.payment(commitment.isProduction(), commitment.amount(), reading - 1, record);
            credit += received;
            debit += paid;
        }
    }

    /// @dev What the interval is closed on, or the reason why it cannot be.
    function _termsOfClosing(uint256 interval, IntervalRecord record)
        private
        view
        returns (uint256 price, uint256 supply, uint256 retail, uint256 feedIn)
    {
        uint256 end = _requireOpenAndOver(interval, record);
        uint256 demand;
        uint256 tariffId;
        (supply, demand, tariffId) = pool.bookOf(interval);
        if (supply == 0 && demand == 0) revert NothingDeposited(interval);
        if (block.timestamp < end + reportingWindow) _requireAllReported(interval, record, supply, demand, end);
        Tariff memory tariff = profile.tariffOf(tariffId);
        (retail, feedIn) = (tariff.retail, tariff.feedIn);
        price = _settlementPrice(interval, end + WINDOW * _intervalLength, retail, feedIn);
    }

    /// @dev From `overdue` on an interval is closed whatever is paused or broken, so that reserves come free.
    function _settlementPrice(uint256 interval, uint256 overdue, uint256 retail, uint256 feedIn)
        private
        view
        returns (uint256)
    {
        bool waiting = block.timestamp < overdue;
        if (waiting && Pausable(address(profile)).paused()) revert SettlementPaused(interval, overdue);
        PriceFeed.Quote memory quote = PriceFeed.read(feed, feedDecimals, feedMaxAge);
        if (quote.healthy) return Settlement.clamp(quote.price, feedIn, retail);
        if (waiting) revert FeedUnhealthy(interval, overdue);
        return (feedIn + retail) / 2;
    }

    /// @dev Returns when the interval ended; reverts where it has not, or is closed.
    function _requireOpenAndOver(uint256 interval, IntervalRecord record) private view returns (uint256 end) {
        end = _genesis + (interval + 1) * _intervalLength;
        if (block.timestamp < end) revert IntervalNotOver(interval, end);
        if (record.isClosed()) revert IntervalAlreadyClosed(interval);
    }

    /// @dev Reverts while a deposited Wh is unreported.
    function _requireAllReported(
        uint256 interval,
        IntervalRecord record,
        uint256 supply,
        uint256 demand,
        uint256 end
    ) private view {
        Metered memory metered = record.metered();
        if (metered.promisedSupply != supply || metered.promisedDemand != demand) {
            revert ReportsMissing(interval, end + reportingWindow);
        }
    }

    /// @dev Whether the pool's quote disagrees with the feed about the price or about being any good.
    function _quoteOutdated() private view returns (bool) {
        PriceFeed.Quote memory quote = PriceFeed.read(feed, feedDecimals, feedMaxAge);
        (uint256 price, uint256 validUntil) = profile.quote();
        bool valid = block.timestamp <= validUntil;
        return quote.healthy != valid || (quote.healthy && quote.price != price);
    }
}
