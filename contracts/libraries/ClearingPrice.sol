// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {PricingMode} from "./AuctionTypes.sol";

/// @notice Prices next to a crossing, in wei per Wh.
/// @param lastBid The worst bid that trades.
/// @param lastAsk The worst ask that trades.
/// @param nextBid The best bid with something left; `lastBid` itself where it is filled in part; 0 for none.
/// @param nextAsk The best ask with something left; the largest number for none.
struct Margin {
    uint256 lastBid;
    uint256 lastAsk;
    uint256 nextBid;
    uint256 nextAsk;
}

/// @title The price of a round. Midpoints are rounded down, as off chain.
library ClearingPrice {
    uint256 private constant BASIS_POINTS = 10_000;

    /// @notice The price before the slippage guard.
    /// @param margin Prices next to the crossing.
    /// @param mode Who pays what.
    /// @return Wei per Wh; for pay-as-bid the lowest bid that trades.
    function price(Margin memory margin, PricingMode mode) internal pure returns (uint256) {
        if (mode == PricingMode.PayAsBid) return margin.lastBid;
        if (mode == PricingMode.PairMidpoint) return Math.average(margin.lastAsk, margin.lastBid);
        return Math.average(Math.max(margin.lastAsk, margin.nextBid), Math.min(margin.lastBid, margin.nextAsk));
    }

    /// @notice Moves a price towards the last one until it is within the guard, but not past the limits of the orders.
    /// @param price_ The price.
    /// @param last The last round's price.
    /// @param maxSlippage The guard, in basis points of the last price.
    /// @param margin Prices next to the crossing.
    /// @return Wei per Wh, between the worst ask and the worst bid that trade.
    function guarded(uint256 price_, uint256 last, uint256 maxSlippage, Margin memory margin)
        internal
        pure
        returns (uint256)
    {
        uint256 width = (last * maxSlippage) / BASIS_POINTS;
        uint256 low = width < last ? last - width : 0;
        uint256 inside = Math.min(Math.max(price_, low), last + width);
        return Math.min(Math.max(inside, margin.lastAsk), margin.lastBid);
    }
}
