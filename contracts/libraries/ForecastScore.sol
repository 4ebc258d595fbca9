// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title What a forecast scores, and what the score pays.
/// @dev The score is quadratic, which is proper: the forecast that maximises the expected score is the expected energy. Stakes are shared out
/// by the weighted-score wagering mechanism (Lambert et al., "Self-financed wagering mechanisms for forecasting", 2008): each payment
/// grows with one's own score and falls with the others', and together they are the stakes.
library ForecastScore {
    /// @dev The best score.
    uint256 internal constant ONE = 1e9;

    /// @notice The score of a day's forecasts: one less the mean squared error as a share of the largest there can be.
    /// @param squaredErrors Sum over all time slots, in Wh².
    /// @param slots How many time slots.
    /// @param capacity The most Wh in a time slot, either way.
    /// @return From 0 to `ONE`, rounded down.
    function score(uint256 squaredErrors, uint256 slots, uint256 capacity) internal pure returns (uint256) {
        uint256 worst = slots * (2 * capacity) * (2 * capacity);
        return ONE * (worst - squaredErrors) / worst;
    }

    /// @notice The squared error of one forecast, both numbers moved into the capacity.
    /// @param forecast Wh taken from the network less Wh given to it.
    /// @param actual The same, as metered.
    /// @param capacity The most Wh, either way.
    /// @return Wh².
    function squaredError(int256 forecast, int256 actual, int256 capacity) internal pure returns (uint256) {
        int256 difference = clamp(forecast, capacity) - clamp(actual, capacity);
        return uint256(difference * difference);
    }

    /// @notice What a stake brings: itself, more or less by how its score compares with the mean, and its share of what others forfeited.
    /// @param stake The stake.
    /// @param ownScore Its score.
    /// @param scored All stakes with a score.
    /// @param weighted The sum of stake times score over them.
    /// @param forfeited All stakes without.
    /// @return Rounded down; never negative, as no mean is above `ONE`.
    function payout(uint256 stake, uint256 ownScore, uint256 scored, uint256 weighted, uint256 forfeited)
        internal
        pure
        returns (uint256)
    {
        return stake * (scored * (ONE + ownScore) + forfeited * ONE - weighted) / (scored * ONE);
    }

    /// @notice A number moved into a range around zero.
    function clamp(int256 value, int256 limit) internal pure returns (int256) {
        if (value > limit) return limit;
        return value < -limit ? -limit : value;
    }
}
