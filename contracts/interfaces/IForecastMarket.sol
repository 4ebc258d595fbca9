// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IMeterBooks} from "./IMeterBooks.sol";

/// @notice What a forecast market is deployed with, for good.
/// @param treasury Who is credited with the stakes of a day on which nobody has a score.
/// @param slotsPerDay Time slots in a day.
/// @param gate Seconds before a day in which forecasts are revealed.
/// @param scoringWindow Seconds after a day in which they are scored.
/// @param capacity The most Wh of a time slot that count, either way.
/// @param minStake The least stake, in wei.
struct ForecastTerms {
    address treasury;
    uint16 slotsPerDay;
    uint32 gate;
    uint32 scoringWindow;
    uint32 capacity;
    uint88 minStake;
}

/// @notice Where a forecast stands.
enum ForecastState {
    None,
    Committed,
    Revealed,
    Scored,
    Paid
}

/// @notice A home's forecast of a day. Two slots of storage.
struct Forecast {
    bytes32 commitment;
    uint88 stake;
    /// @dev From 0 to 1e9.
    uint32 score;
    ForecastState state;
}

/// @notice All forecasts of a day. Three slots of storage.
struct Day {
    /// @dev Wei staked.
    uint96 staked;
    /// @dev Wei of it with a score.
    uint96 scored;
    /// @dev Sum of stake times score.
    uint128 weighted;
    /// @dev Wei of it with a score and not paid out.
    uint96 unpaid;
    /// @dev Wei that are left of all stakes.
    uint96 left;
}

/// @title Forecasts at stake: committed, revealed, scored against signed readings, and paid by how they compare.
interface IForecastMarket {
    /// @notice A forecast was committed.
    /// @param home Whose.
    /// @param day Of which day.
    /// @param stake Wei.
    event ForecastCommitted(address indexed home, uint256 indexed day, uint256 stake);

    /// @notice A forecast was revealed, in time to be of use.
    /// @param home Whose.
    /// @param day Of which day.
    /// @param forecasts Wh taken from the network less Wh given to it, by time slot.
    event ForecastRevealed(address indexed home, uint256 indexed day, int32[] forecasts);

    /// @notice A forecast was scored.
    /// @param home Whose.
    /// @param day Of which day.
    /// @param score From 0 to 1e9.
    event ForecastScored(address indexed home, uint256 indexed day, uint256 score);

    /// @notice A stake came back, more or less of it.
    /// @param home Whose.
    /// @param day Of which day.
    /// @param amount Wei.
    event ForecastPaid(address indexed home, uint256 indexed day, uint256 amount);

    /// @notice Nobody had a score, so the stakes went to the treasury.
    /// @param day Of which day.
    /// @param amount Wei.
    event DayForfeited(uint256 indexed day, uint256 amount);

    /// @notice Money went out.
    /// @param account Whose.
    /// @param to Who received it.
    /// @param amount Wei.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice Terms that make no market.
    error InvalidTerms();

    /// @notice The caller has no accredited meter, so nothing could be scored.
    /// @param home Who.
    error NoMeter(address home);

    /// @notice The stake is too small, or too large to be counted.
    /// @param stake Wei.
    error InvalidStake(uint256 stake);

    /// @notice Nothing is committed by an empty hash.
    error EmptyCommitment();

    /// @notice It is too early for this.
    /// @param day The day.
    /// @param from Timestamp from which it goes.
    error TooEarly(uint256 day, uint256 from);

    /// @notice It is too late for this.
    /// @param day The day.
    /// @param deadline Timestamp at which it ended.
    error TooLate(uint256 day, uint256 deadline);

    /// @notice The forecast is not where it would have to be for this.
    /// @param home Whose.
    /// @param day Of which day.
    /// @param state Where it stands.
    error WrongState(address home, uint256 day, ForecastState state);

    /// @notice This is not what was committed.
    /// @param home Whose.
    /// @param day Of which day.
    error CommitmentMismatch(address home, uint256 day);

    /// @notice A day has another number of time slots.
    /// @param given Forecasts given.
    error WrongLength(uint256 given);

    /// @notice The register has no reading.
    /// @param home The home.
    /// @param slot The time slot.
    error NotReported(address home, uint256 slot);

    /// @notice The day has scores, or nothing at stake.
    /// @param day The day.
    error NothingForfeited(uint256 day);

    /// @notice The account has nothing to withdraw.
    /// @param account Whose.
    error NothingToWithdraw(address account);

    /// @notice The receiver refused the money.
    /// @param to Who.
    error PaymentRefused(address to);

    /// @notice Commits to a forecast of a day, and stakes the money sent. One for each home and day, until `gate` seconds before it.
    /// @param day The day: its first time slot divided by the slots of a day.
    /// @param commitment What `commitmentOf` says of it.
    function commit(uint256 day, bytes32 commitment) external payable;

    /// @notice Reveals the caller's forecast of a day, in the `gate` seconds before it.
    /// @param day The day.
    /// @param forecasts Wh taken from the network less Wh given to it, by time slot.
    /// @param salt Of the commitment.
    function reveal(uint256 day, int32[] calldata forecasts, bytes32 salt) external;

    /// @notice Scores a revealed forecast against the readings in the register, in the `scoringWindow` seconds after the day. Anyone may.
    /// @param home Whose.
    /// @param day The day.
    /// @param forecasts As revealed.
    /// @param salt Of the commitment.
    function score(address home, uint256 day, int32[] calldata forecasts, bytes32 salt) external;

    /// @notice Credits a home with what its scored forecast brings, once all scores are known. Anyone may.
    /// @param home Whose.
    /// @param day The day.
    function claim(address home, uint256 day) external;

    /// @notice Credits the treasury with the stakes of a day on which nobody has a score. Anyone may.
    /// @param day The day.
    function forfeit(uint256 day) external;

    /// @notice Takes the caller's money out. Works while the market is paused.
    /// @param to Who receives it.
    function withdraw(address payable to) external;

    /// @notice Stops commitments. PAUSER_ROLE only.
    function pause() external;

    /// @notice Ends the pause. PAUSER_ROLE only.
    function unpause() external;

    /// @notice A home's forecast of a day.
    /// @param home Whose.
    /// @param day The day.
    /// @return The forecast.
    function forecastOf(address home, uint256 day) external view returns (Forecast memory);

    /// @notice All forecasts of a day.
    /// @param day The day.
    /// @return Their totals.
    function dayOf(uint256 day) external view returns (Day memory);

    /// @notice Money an account can withdraw.
    /// @param account Whose.
    /// @return Wei.
    function balanceOf(address account) external view returns (uint256);

    /// @notice When a day begins.
    /// @param day The day.
    /// @return Timestamp.
    function startOf(uint256 day) external view returns (uint256);

    /// @notice What a forecast is committed by. It names its home, so that nobody commits to another's and waits for it to be revealed.
    /// @param home Whose.
    /// @param day The day.
    /// @param forecasts Wh taken from the network less Wh given to it, by time slot.
    /// @param salt Something secret.
    /// @return The hash.
    function commitmentOf(address home, uint256 day, int32[] calldata forecasts, bytes32 salt)
        external
        view
        returns (bytes32);

    /// @notice The register whose readings count.
    /// @return The contract.
    function meters() external view returns (IMeterBooks);
}
