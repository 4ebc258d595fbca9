// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CommitmentInfo, CommitmentState, Side} from "./EnergyTypes.sol";

/// @title A commitment in one word, so that it costs one storage access and one word between contracts.
/// @dev From the lowest bit: amount 32 · price 56 · rate 56 · start 24 · duration 8 · side 8 · state 8 · claimed 24 ·
/// first reading 32, which is Wh + 1 counted in the first interval, or 0 for none.
/// `CommitmentInfo` says what each field means. Setters take values that fit; callers check them first.
type Commitment is uint256;

using CommitmentBits for Commitment global;

/// @title Fields of a packed commitment.
library CommitmentBits {
    uint256 private constant PRICE = 32;
    uint256 private constant RATE = 88;
    uint256 private constant START = 144;
    uint256 private constant DURATION = 168;
    uint256 private constant SIDE = 176;
    uint256 private constant STATE = 184;
    uint256 private constant CLAIMED = 192;
    uint256 private constant FIRST_READING = 216;

    /// @notice Packs a new commitment, in state Created.
    /// @param amount Wh in each interval, below 2^32.
    /// @param price Wei per Wh, below 2^56.
    /// @param rate Wei per Wh, below 2^56.
    /// @param start First interval, below 2^24.
    /// @param duration Number of intervals, at most 24.
    /// @param side Production or consumption.
    /// @return The word.
    function create(uint256 amount, uint256 price, uint256 rate, uint256 start, uint256 duration, Side side)
        internal
        pure
        returns (Commitment)
    {
        return Commitment.wrap(
            amount | (price << PRICE) | (rate << RATE) | (start << START) | (duration << DURATION)
                | (uint256(side) << SIDE) | (uint256(CommitmentState.Created) << STATE)
        );
    }

    /// @dev Wh in each interval.
    function amount(Commitment self) internal pure returns (uint256) {
        return uint32(Commitment.unwrap(self));
    }

    /// @dev What is reserved per Wh and interval, in wei.
    function rate(Commitment self) internal pure returns (uint256) {
        return uint56(Commitment.unwrap(self) >> RATE);
    }

    /// @dev First interval.
    function start(Commitment self) internal pure returns (uint256) {
        return uint24(Commitment.unwrap(self) >> START);
    }

    /// @dev Number of intervals.
    function duration(Commitment self) internal pure returns (uint256) {
        return uint8(Commitment.unwrap(self) >> DURATION);
    }

    /// @dev Whether it gives energy rather than takes it.
    function isProduction(Commitment self) internal pure returns (bool) {
        return uint8(Commitment.unwrap(self) >> SIDE) == uint8(Side.Production);
    }

    /// @dev Where it is in its life.
    function state(Commitment self) internal pure returns (CommitmentState) {
        return CommitmentState(uint8(Commitment.unwrap(self) >> STATE));
    }

    /// @dev Bit i is set once interval `start + i` has been claimed.
    function claimed(Commitment self) internal pure returns (uint256) {
        return uint24(Commitment.unwrap(self) >> CLAIMED);
    }

    /// @dev Wh + 1 counted in the first interval; 0 for no reading.
    function firstReading(Commitment self) internal pure returns (uint256) {
        return uint32(Commitment.unwrap(self) >> FIRST_READING);
    }

    /// @dev Whether an interval is one of its own.
    function covers(Commitment self, uint256 interval) internal pure returns (bool) {
        return interval >= self.start() && interval - self.start() < self.duration();
    }

    /// @dev Whether every interval has been claimed.
    function allClaimed(Commitment self) internal pure returns (bool) {
        return self.claimed() == (1 << self.duration()) - 1;
    }

    /// @dev The same in another state.
    function withState(Commitment self, CommitmentState state_) internal pure returns (Commitment) {
        uint256 others = Commitment.unwrap(self) & ~(uint256(type(uint8).max) << STATE);
        return Commitment.wrap(others | (uint256(state_) << STATE));
    }

    /// @dev The same with more intervals claimed.
    function withClaimed(Commitment self, uint24 intervals) internal pure returns (Commitment) {
        return Commitment.wrap(Commitment.unwrap(self) | (uint256(intervals) << CLAIMED));
    }

    /// @dev The same with its first reading, which must not be there yet.
    function withFirstReading(Commitment self, uint256 reading) internal pure returns (Commitment) {
        return Commitment.wrap(Commitment.unwrap(self) | (reading << FIRST_READING));
    }

    /// @notice The commitment for people and programs outside.
    /// @param self The word.
    /// @return The fields.
    function unpack(Commitment self) internal pure returns (CommitmentInfo memory) {
        return CommitmentInfo({
            amount: self.amount(),
            price: uint56(Commitment.unwrap(self) >> PRICE),
            rate: self.rate(),
            start: self.start(),
            duration: self.duration(),
            side: self.isProduction() ? Side.Production : Side.Consumption,
            state: self.state(),
            claimed: self.claimed()
        });
    }
}
