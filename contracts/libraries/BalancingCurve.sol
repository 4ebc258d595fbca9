// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @notice The price of a Wh against a slot's net demand. Prices in units of the currency per Wh, energy in Wh.
struct Curve {
    /// @dev The price when production and consumption match.
    uint56 base;
    /// @dev How far the price can move away from it; at most `base`.
    uint56 amplitude;
    /// @dev The imbalance at which it has moved that far; not zero.
    uint48 scale;
    /// @dev Net production from which on another Wh is worth nothing; not zero.
    uint48 surplusLimit;
}

/// @title A price that rises with net demand, and its integral, exact in integers.
/// @notice With net demand x (consumption sold less production bought, in Wh) the price is
///
///     p(x) = base + amplitude · clip(x / scale, −1, 1)     for x ≥ −surplusLimit
///     p(x) = 0                                             below
///
/// so cheaper than `base` when production exceeds consumption and dearer when consumption exceeds production. A trade that
/// takes the slot from x to y is charged C(y) − C(x), where C is the integral of p from 0, rounded up to a whole unit once:
/// payments telescope, so that splitting or undoing a trade changes nothing, to the unit.
/// @dev Why clipped and linear: the integral is a square. It needs no logarithm (as x / (k + |x|) does) and no exponential
/// (as the logistic curve does), hence no fixed-point error to bound, one division, and a price that reaches its bounds.
library BalancingCurve {
    /// @notice The integral of the price from 0 to `net`, rounded up.
    /// @dev For |net| < 2^63, where no term reaches 2^160. Nondecreasing in `net`, at most
    /// `base + amplitude` more for each Wh more, never below `-worstCaseLoss`.
    /// @param curve The curve.
    /// @param net Net demand, in Wh.
    /// @return What the market has taken in, less what it has promised, when a slot stands at `net`.
    function cost(Curve memory curve, int256 net) internal pure returns (int256) {
        int256 limit = -int256(uint256(curve.surplusLimit));
        if (net < limit) net = limit;
        // No term can overflow: 56 bits of price times 63 bits of energy, or 56 bits times twice 48 within the scale.
        unchecked {
            uint256 size = net < 0 ? uint256(-net) : uint256(net);
            return int256(uint256(curve.base)) * net + int256(_spread(curve, size));
        }
    }

    /// @notice The most that a slot can cost the market: all the production it pays for, and no consumption.
    /// @param curve The curve.
    /// @return Units of the currency.
    function worstCaseLoss(Curve memory curve) internal pure returns (uint256) {
        return uint256(-cost(curve, -int256(uint256(curve.surplusLimit))));
    }

    /// @notice The highest price there is.
    /// @param curve The curve.
    /// @return Units of the currency per Wh.
    function maxPrice(Curve memory curve) internal pure returns (uint256) {
        return uint256(curve.base) + curve.amplitude;
    }

    /// @notice The price of the next Wh, as a fraction.
    /// @param curve The curve.
    /// @param net Net demand, in Wh.
    /// @return numerator Units of the currency.
    /// @return denominator Wh; not zero.
    function marginalPrice(Curve memory curve, int256 net)
        internal
        pure
        returns (uint256 numerator, uint256 denominator)
    {
        if (net < -int256(uint256(curve.surplusLimit))) return (0, 1);
        int256 scale = int256(uint256(curve.scale));
        int256 clipped = net > scale ? scale : net < -scale ? -scale : net;
        numerator = uint256(int256(uint256(curve.base)) * scale + int256(uint256(curve.amplitude)) * clipped);
        denominator = curve.scale;
    }

    /// @notice The average price between two states of a slot, as a fraction; the marginal price where they are one.
    /// @param curve The curve.
    /// @param from Net demand, in Wh.
    /// @param to Net demand, in Wh.
    /// @return numerator Units of the currency.
    /// @return denominator Wh; not zero.
    function averagePrice(Curve memory curve, int256 from, int256 to)
        internal
        pure
        returns (uint256 numerator, uint256 denominator)
    {
        if (from == to) return marginalPrice(curve, from);
        if (from > to) (from, to) = (to, from);
        return (uint256(cost(curve, to) - cost(curve, from)), uint256(to - from));
    }

    /// @dev The integral of amplitude · min(x / scale, 1) from 0 to `size`, rounded up.
    function _spread(Curve memory curve, uint256 size) private pure returns (uint256) {
        uint256 amplitude = curve.amplitude;
        uint256 scale = curve.scale;
        unchecked {
            if (size > scale) return amplitude * size - (amplitude * scale) / 2;
            return (amplitude * size * size + 2 * scale - 1) / (2 * scale);
        }
    }
}
