// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EnergyDoubleAuction} from "../EnergyDoubleAuction.sol";
import {Parameters} from "../libraries/AuctionTypes.sol";
import {QueuedOrder, QueuedOrders} from "../libraries/QueuedOrder.sol";

/// @title A double auction whose queues can be made old: sixteen million orders would have to come and go for it.
contract AuctionAgedQueueMock is EnergyDoubleAuction {
    constructor(address admin, Parameters memory parameters) EnergyDoubleAuction(admin, parameters) {}

    /// @notice Puts a queue's only order where it would stand had others been placed before it and cancelled since.
    /// @param orderId The order.
    /// @param start Wh placed before it.
    function age(uint256 orderId, uint256 start) external {
        QueuedOrder order = _queued[orderId];
        _queued[orderId] = QueuedOrders.create(order.quantity(), start, order.expiry(), order.next(), order.first());
    }
}
