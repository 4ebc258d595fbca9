// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IEnergyDoubleAuction} from "../interfaces/IEnergyDoubleAuction.sol";

/// @title A trader that does as it is told, for placing many orders in one transaction.
contract AuctionPuppet {
    /// @notice Places one order of this puppet's.
    /// @param market The market.
    /// @param isBid Whether it buys.
    /// @param price Limit.
    /// @param qty Wh.
    /// @param expiry Expiry, or 0.
    /// @return orderId The order.
    function place(IEnergyDoubleAuction market, bool isBid, uint256 price, uint256 qty, uint256 expiry)
        external
        payable
        returns (uint256 orderId)
    {
        return isBid
            ? market.placeBid{value: msg.value}(price, qty, expiry)
            : market.placeAsk{value: msg.value}(price, qty, expiry);
    }

    /// @notice Cancels an order of this puppet's.
    /// @param market The market.
    /// @param orderId The order.
    function cancel(IEnergyDoubleAuction market, uint256 orderId) external {
        market.cancelOrder(orderId);
    }
}
