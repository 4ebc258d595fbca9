// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IntervalRecord} from "./IntervalRecord.sol";
import {Metered, Result} from "./EnergyTypes.sol";

/// @title The arithmetic of settlement, without state.
/// @dev Prices are rounded to whole wei per Wh, down for producers and up for consumers. All payments are then exact
/// products, so their sum is known when the interval is closed, whoever claims when; what the rounding leaves over is
/// the grid's. Products stay below 2^113.
library Settlement {
    /// @dev A fill ratio of one.
    uint256 private constant WHOLE = 10_000;

    /// @notice The prices of an interval from the meters' totals.
    /// @param metered The totals.
    /// @param retail What a Wh from the grid costs, in wei.
    /// @param feedIn What the grid pays for a Wh, in wei.
    /// @param price The price between neighbours, within the two, in wei per Wh.
    /// @return result The prices and fill ratios: `feedIn ≤ sellPrice ≤ price ≤ buyPrice ≤ retail`.
    /// @return gridChange What the grid gains, in wei; negative where it pays, then at most `supply × feedIn`.
    function clear(Metered memory metered, uint256 retail, uint256 feedIn, uint256 price)
        internal
        pure
        returns (Result memory result, int256 gridChange)
    {
        uint256 supply = metered.supply;
        uint256 demand = metered.demand;
        uint256 failed = (metered.promisedSupply - supply) + (metered.promisedDemand - demand);
        // Each side is settled as if the other had kept its promises.
        uint256 sold = Math.min(supply, metered.promisedDemand);
        uint256 bought = Math.min(demand, metered.promisedSupply);
        uint256 revenue = sold * price + (supply - sold) * feedIn;
        uint256 cost = bought * price + (demand - bought) * retail;
        uint256 matched = Math.min(supply, demand);

        result.price = price;
        result.penalty = retail - feedIn;
        result.sellPrice = supply == 0 ? price : revenue / supply;
        result.buyPrice = demand == 0 ? price : Math.ceilDiv(cost, demand);
        result.supplyFill = supply == 0 ? 0 : matched * WHOLE / supply;
        result.demandFill = demand == 0 ? 0 : matched * WHOLE / demand;

        // Multiplying the rounded prices back is the point: it gives what will really be paid.
        // slither-disable-next-line divide-before-multiply
        uint256 received = demand * result.buyPrice + failed * result.penalty;
        // slither-disable-next-line divide-before-multiply
        uint256 paid = supply * result.sellPrice;
        gridChange = int256(received) - int256(paid);
    }

    /// @notice What one commitment receives and pays for a closed interval.
    /// @param production Whether it produces or consumes.
    /// @param amount Wh promised.
    /// @param delivered Wh delivered or taken, at most `amount`.
    /// @param record The closed interval.
    /// @return credit Wei received.
    /// @return debit Wei paid.
    function payment(bool production, uint256 amount, uint256 delivered, IntervalRecord record)
        internal
        pure
        returns (uint256 credit, uint256 debit)
    {
        debit = (amount - delivered) * record.penalty();
        if (production) {
            credit = delivered * record.sellPrice();
        } else {
            debit += delivered * record.buyPrice();
        }
    }

    /// @notice A price moved into the tariff's range.
    /// @param price Wei per Wh.
    /// @param feedIn The least it may be.
    /// @param retail The most it may be.
    /// @return The price, or the nearer end.
    function clamp(uint256 price, uint256 feedIn, uint256 retail) internal pure returns (uint256) {
        return Math.max(feedIn, Math.min(price, retail));
    }
}
