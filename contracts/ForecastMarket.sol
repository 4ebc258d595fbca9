// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {Administered} from "./Administered.sol";
import {Day, Forecast, ForecastState, ForecastTerms, IForecastMarket} from "./interfaces/IForecastMarket.sol";
import {IMeterBooks} from "./interfaces/IMeterBooks.sol";
import {ForecastScore} from "./libraries/ForecastScore.sol";
import {PAUSER_ROLE} from "./libraries/Roles.sol";

/// @title Forecasts at stake: committed, revealed, scored against signed readings, and paid by how they compare.
/// @dev The contract's money is the sum of all balances and of what is left of all days' stakes. It leaves by `withdraw` only, after
/// the books have been changed.
contract ForecastMarket is IForecastMarket, Administered, Pausable {
    /// @inheritdoc IForecastMarket
    IMeterBooks public immutable meters;

    /// @notice Who is credited with the stakes of a day on which nobody has a score.
    address public immutable treasury;

    /// @notice Time slots in a day.
    uint256 public immutable slotsPerDay;

    /// @notice Seconds before a day in which forecasts are revealed.
    uint256 public immutable gate;

    /// @notice Seconds after a day in which they are scored.
    uint256 public immutable scoringWindow;

    /// @notice The most Wh of a time slot that count, either way.
    uint256 public immutable capacity;

    /// @notice The least stake, in wei.
    uint256 public immutable minStake;

    uint256 private immutable _dayLength;

    mapping(uint256 day => Day) private _days;
    mapping(uint256 day => mapping(address home => Forecast)) private _forecasts;
    mapping(address account => uint256) private _balances;

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants PAUSER_ROLE.
    /// @param meters_ The register of meters.
    /// @param terms The terms.
    constructor(address admin, IMeterBooks meters_, ForecastTerms memory terms) Administered(admin) {
        if (terms.treasury == address(0) || terms.slotsPerDay == 0 || terms.gate == 0 || terms.scoringWindow == 0) {
            revert InvalidTerms();
        }
        if (address(meters_) == address(0) || terms.capacity == 0 || terms.minStake == 0) revert InvalidTerms();
        meters = meters_;
        (treasury, slotsPerDay, gate, scoringWindow, capacity, minStake) = (
            terms.treasury, terms.slotsPerDay, terms.gate, terms.scoringWindow, terms.capacity, terms.minStake
        );
        _dayLength = terms.slotsPerDay * meters_.slotLength();
    }

    // ------------------------------------------------------------------------------------------------ forecasts

    /// @inheritdoc IForecastMarket
    function commit(uint256 day, bytes32 commitment) external payable whenNotPaused {
        if (commitment == 0) revert EmptyCommitment();
        if (msg.value < minStake || msg.value > type(uint88).max) revert InvalidStake(msg.value);
        if (meters.meterOf(msg.sender) == address(0)) revert NoMeter(msg.sender);
        _requireBefore(day, startOf(day) - gate);
        _forecastIn(msg.sender, day, ForecastState.None);
        _forecasts[day][msg.sender] = Forecast(commitment, uint88(msg.value), 0, ForecastState.Committed);
        _days[day].staked += uint96(msg.value);
        _days[day].left += uint96(msg.value);
        emit ForecastCommitted(msg.sender, day, msg.value);
    }

    /// @inheritdoc IForecastMarket
    function reveal(uint256 day, int32[] calldata forecasts, bytes32 salt) external {
        uint256 start = startOf(day);
        _requireFrom(day, start - gate);
        _requireBefore(day, start);
        Forecast storage forecast = _forecastIn(msg.sender, day, ForecastState.Committed);
        _requireCommitted(msg.sender, day, forecasts, salt);
        forecast.state = ForecastState.Revealed;
        emit ForecastRevealed(msg.sender, day, forecasts);
    }

    /// @inheritdoc IForecastMarket
    function score(address home, uint256 day, int32[] calldata forecasts, bytes32 salt) external {
        uint256 end = startOf(day + 1);
        _requireFrom(day, end);
        _requireBefore(day, end + scoringWindow);
        Forecast storage forecast = _forecastIn(home, day, ForecastState.Revealed);
        _requireCommitted(home, day, forecasts, salt);
        uint256 errors = _squaredErrors(home, day * slotsPerDay, forecasts);
        uint256 points = ForecastScore.score(errors, slotsPerDay, capacity);
        (forecast.score, forecast.state) = (uint32(points), ForecastState.Scored);
        Day storage all = _days[day];
        all.scored += forecast.stake;
        all.unpaid += forecast.stake;
        all.weighted += uint128(forecast.stake * points);
        emit ForecastScored(home, day, points);
    }

    // ------------------------------------------------------------------------------------------------ money

    /// @inheritdoc IForecastMarket
    function claim(address home, uint256 day) external {
        _requireFrom(day, startOf(day + 1) + scoringWindow);
        Forecast storage forecast = _forecastIn(home, day, ForecastState.Scored);
        Day memory all = _days[day];
        uint96 stake = forecast.stake;
        // The last one gets what rounding left over, so that nothing stays.
        uint256 amount = stake == all.unpaid
            ? all.left
            : ForecastScore.payout(stake, forecast.score, all.scored, all.weighted, all.staked - all.scored);
        forecast.state = ForecastState.Paid;
        all.unpaid -= stake;
        all.left -= uint96(amount);
        _days[day] = all;
        _balances[home] += amount;
        emit ForecastPaid(home, day, amount);
    }

    /// @inheritdoc IForecastMarket
    function forfeit(uint256 day) external {
        _requireFrom(day, startOf(day + 1) + scoringWindow);
        uint256 amount = _days[day].left;
        // The books' own totals, which nobody can nudge by sending money.
        // slither-disable-next-line incorrect-equality
        if (_days[day].scored != 0 || amount == 0) revert NothingForfeited(day);
        _days[day].left = 0;
        _balances[treasury] += amount;
        emit DayForfeited(day, amount);
    }

    /// @inheritdoc IForecastMarket
    function withdraw(address payable to) external {
        uint256 amount = _balances[msg.sender];
        // Refuses an empty withdrawal; balances come from the books, never from the ether that the contract holds.
        // slither-disable-next-line incorrect-equality
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        _balances[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        (bool done,) = to.call{value: amount}("");
        if (!done) revert PaymentRefused(to);
    }

    // ------------------------------------------------------------------------------------------------ roles

    /// @inheritdoc IForecastMarket
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IForecastMarket
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IForecastMarket
    function forecastOf(address home, uint256 day) external view returns (Forecast memory) {
        return _forecasts[day][home];
    }

    /// @inheritdoc IForecastMarket
    function dayOf(uint256 day) external view returns (Day memory) {
        return _days[day];
    }

    /// @inheritdoc IForecastMarket
    function balanceOf(address account) external view returns (uint256) {
        return _balances[account];
    }

    /// @inheritdoc IForecastMarket
    function startOf(uint256 day) public view returns (uint256) {
        return day * _dayLength;
    }

    /// @inheritdoc IForecastMarket
    function commitmentOf(address home, uint256 day, int32[] calldata forecasts, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), home, day, forecasts, salt));
    }

    // ------------------------------------------------------------------------------------------------ inside

    function _forecastIn(address home, uint256 day, ForecastState state)
        private
        view
        returns (Forecast storage forecast)
    {
        forecast = _forecasts[day][home];
        if (forecast.state != state) revert WrongState(home, day, forecast.state);
    }

    function _requireCommitted(address home, uint256 day, int32[] calldata forecasts, bytes32 salt) private view {
        if (forecasts.length != slotsPerDay) revert WrongLength(forecasts.length);
        if (commitmentOf(home, day, forecasts, salt) != _forecasts[day][home].commitment) {
            revert CommitmentMismatch(home, day);
        }
    }

    function _squaredErrors(address home, uint256 firstSlot, int32[] calldata forecasts)
        private
        view
        returns (uint256 errors)
    {
        for (uint256 i = 0; i < forecasts.length; ++i) {
            // slither-disable-next-line calls-loop
            (bool reported, uint256 imported, uint256 exported) = meters.readingOf(home, firstSlot + i);
            if (!reported) revert NotReported(home, firstSlot + i);
            errors +=
                ForecastScore.squaredError(forecasts[i], int256(imported) - int256(exported), int256(capacity));
        }
    }

    function _requireFrom(uint256 day, uint256 from) private view {
        if (block.timestamp < from) revert TooEarly(day, from);
    }

    function _requireBefore(uint256 day, uint256 deadline) private view {
        if (block.timestamp >= deadline) revert TooLate(day, deadline);
    }
}
