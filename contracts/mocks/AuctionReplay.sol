// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IEnergyDoubleAuction} from "../interfaces/IEnergyDoubleAuction.sol";
import {Round} from "../libraries/AuctionTypes.sol";
import {AuctionPuppet} from "./AuctionPuppet.sol";

/// @title Plays a whole session of a market in one call, for comparing it with the engine off chain.
/// @dev Bids and asks come from two traders: one would be refused for trading with itself.
contract AuctionReplay {
    /// @notice What to do.
    enum Kind {
        Bid,
        Ask,
        Cancel,
        Match
    }

    /// @notice One thing to do.
    /// @param kind What.
    /// @param first The price; the number of the order to cancel, in order of placing; or the steps of a match.
    /// @param second Wh.
    struct Action {
        Kind kind;
        uint256 first;
        uint256 second;
    }

    AuctionPuppet private immutable _buyer = new AuctionPuppet();
    AuctionPuppet private immutable _seller = new AuctionPuppet();

    /// @notice Plays actions and reports on the orders placed.
    /// @param market The market.
    /// @param actions What to do.
    /// @return orderIds The orders placed, in order of placing.
    /// @return rounds The rounds finished, from the market's first.
    /// @return stretches Of each round, of each order: from, to.
    function play(IEnergyDoubleAuction market, Action[] calldata actions)
        external
        payable
        returns (uint256[] memory orderIds, Round[] memory rounds, uint256[] memory stretches)
    {
        orderIds = act(market, actions);
        (,, uint256 last,,) = market.status();
        rounds = new Round[](last);
        stretches = new uint256[](last * orderIds.length * 2);
        uint256 next;
        for (uint256 i = 0; i < last; ++i) {
            rounds[i] = market.roundOf(i + 1);
            for (uint256 j = 0; j < orderIds.length; ++j) {
                (stretches[next], stretches[next + 1]) = market.fillOf(orderIds[j], i + 1);
                next += 2;
            }
        }
    }

    /// @notice Plays actions.
    /// @param market The market.
    /// @param actions What to do.
    /// @return orderIds The orders placed, in order of placing.
    function act(IEnergyDoubleAuction market, Action[] calldata actions)
        public
        payable
        returns (uint256[] memory orderIds)
    {
        orderIds = new uint256[](actions.length);
        uint256 placed;
        for (uint256 i = 0; i < actions.length; ++i) {
            Action calldata action = actions[i];
            if (action.kind == Kind.Match) market.matchOrders(action.first);
            else if (action.kind == Kind.Cancel) _cancel(market, orderIds[action.first]);
            else orderIds[placed++] = _place(market, action);
        }
        assembly ("memory-safe") {
            mstore(orderIds, placed)
        }
    }

    function _place(IEnergyDoubleAuction market, Action calldata action) private returns (uint256) {
        bool isBid = action.kind == Kind.Bid;
        uint256 escrow = market.escrowFor(isBid, action.first, action.second);
        return (isBid ? _buyer : _seller).place{value: escrow}(market, isBid, action.first, action.second, 0);
    }

    /// @dev An order with nothing left is refused, which is as good.
    function _cancel(IEnergyDoubleAuction market, uint256 orderId) private {
        AuctionPuppet owner = market.orderOf(orderId).isBid ? _buyer : _seller;
        try owner.cancel(market, orderId) {} catch {}
    }
}
