// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Metered, Result} from "./EnergyTypes.sol";

/// @title What the market knows of an interval, in one word that changes its meaning once.
/// @dev While the interval is open: promised supply 56 · promised demand 56 · supply 56 · demand 56, from the lowest bit.
/// Once it is closed: sell price 56 · buy price 56 · penalty 56 · price 56 · supply fill 15 · demand fill 15 · and the
/// highest bit set. Writing the result where the totals were costs 17,000 gas less than a slot of its own; the
/// totals stay in the event `IntervalClosed`.
type IntervalRecord is uint256;

using IntervalRecords for IntervalRecord global;

/// @title Fields of an interval's record.
library IntervalRecords {
    uint256 private constant SECOND = 56;
    uint256 private constant THIRD = 112;
    uint256 private constant FOURTH = 168;
    uint256 private constant SUPPLY_FILL = 224;
    uint256 private constant DEMAND_FILL = 239;
    uint256 private constant FILL_MASK = (1 << 15) - 1;
    uint256 private constant CLOSED = 1 << 255;

    /// @dev Whether the word holds a result.
    function isClosed(IntervalRecord self) internal pure returns (bool) {
        return IntervalRecord.unwrap(self) & CLOSED != 0;
    }

    /// @notice Adds to the totals of an open interval. A total that does not fit reverts.
    /// @param self The word; not of a closed interval.
    /// @param reported What to add.
    /// @return The word.
    function plus(IntervalRecord self, Metered memory reported) internal pure returns (IntervalRecord) {
        Metered memory total = self.metered();
        return IntervalRecord.wrap(
            (total.promisedSupply + reported.promisedSupply)
                | (uint256(total.promisedDemand + reported.promisedDemand) << SECOND)
                | (uint256(total.supply + reported.supply) << THIRD) | (uint256(total.demand + reported.demand) << FOURTH)
        );
    }

    /// @notice Packs the result of a closed interval.
    /// @param result The result. Prices are below 2^56, fills at most 10,000.
    /// @return The word.
    function close(Result memory result) internal pure returns (IntervalRecord) {
        return IntervalRecord.wrap(
            result.sellPrice | (result.buyPrice << SECOND) | (result.penalty << THIRD) | (result.price << FOURTH)
                | (result.supplyFill << SUPPLY_FILL) | (result.demandFill << DEMAND_FILL) | CLOSED
        );
    }

    /// @notice The totals of an open interval.
    /// @param self The word; not of a closed interval.
    /// @return The totals.
    function metered(IntervalRecord self) internal pure returns (Metered memory) {
        uint256 word = IntervalRecord.unwrap(self);
        return Metered(uint56(word), uint56(word >> SECOND), uint56(word >> THIRD), uint56(word >> FOURTH));
    }

    /// @dev What producers receive per Wh, in wei; of a closed interval.
    function sellPrice(IntervalRecord self) internal pure returns (uint256) {
        return uint56(IntervalRecord.unwrap(self));
    }

    /// @dev What consumers pay per Wh, in wei; of a closed interval.
    function buyPrice(IntervalRecord self) internal pure returns (uint256) {
        return uint56(IntervalRecord.unwrap(self) >> SECOND);
    }

    /// @dev What a Wh promised and missing costs, in wei; of a closed interval.
    function penalty(IntervalRecord self) internal pure returns (uint256) {
        return uint56(IntervalRecord.unwrap(self) >> THIRD);
    }

    /// @notice The result of a closed interval.
    /// @param self The word; not of an open interval.
    /// @return The result.
    function result(IntervalRecord self) internal pure returns (Result memory) {
        uint256 word = IntervalRecord.unwrap(self);
        return Result({
            price: uint56(word >> FOURTH),
            sellPrice: self.sellPrice(),
            buyPrice: self.buyPrice(),
            penalty: self.penalty(),
            supplyFill: (word >> SUPPLY_FILL) & FILL_MASK,
            demandFill: (word >> DEMAND_FILL) & FILL_MASK
        });
    }
}
