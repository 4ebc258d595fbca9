// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionBook} from "./AuctionBook.sol";
import {IEnergyDoubleAuction} from "../interfaces/IEnergyDoubleAuction.sol";
import {ClearingPrice, Margin} from "../libraries/ClearingPrice.sol";
import {OrderIds} from "../libraries/OrderIds.sol";
import {RoundRecord, RoundRecords} from "../libraries/RoundRecord.sol";
import {TickBitmap} from "../libraries/TickBitmap.sol";
import {TickState, TickStates} from "../libraries/TickState.sol";

// What is compared with zero or for equality here are the contract's own counters and identifiers, which nobody can nudge
// by sending money or waiting.
// slither-disable-start incorrect-equality

/// @title Rounds: both sides are walked from the best price inwards until they no longer cross.
/// @dev A price costs one read and one write, however many orders stand there.
abstract contract AuctionRounds is AuctionBook {
    using TickBitmap for TickBitmap.Bitmap;

    /// @dev One side of the walk: the queue it has come to.
    struct Cursor {
        bool isBid;
        bool opened;
        uint256 tick;
        uint256 lane;
        TickState state;
    }

    mapping(uint256 round => RoundRecord) internal _rounds;

    // ------------------------------------------------------------------------------------------------ on chain

    /// @inheritdoc IEnergyDoubleAuction
    function matchOrders(uint256 maxMatches) external returns (uint256 matched, uint256 mcp) {
        if (maxMatches == 0) revert NoWork();
        MarketState memory market = _market;
        if (market.paused && !market.inProgress) revert MarketIsPaused();
        maxMatches -= _removeExpired(maxMatches);
        if (maxMatches == 0) return (market.quantity, 0);
        bool finished = _walk(market, maxMatches);
        matched = market.quantity;
        if (matched == 0) return (0, 0);
        if (finished) return (matched, _finish(market));
        market.inProgress = true;
        _market = market;
        emit RoundUnfinished(uint256(market.round) + 1, matched);
    }

    /// @dev Matches up to `steps` pairs of prices and notes it in `market`. Returns whether nothing is left to match.
    function _walk(MarketState memory market, uint256 steps) private returns (bool finished) {
        uint256 round = _following(market);
        uint256 quantity = market.quantity;
        Cursor memory bid = _best(true);
        Cursor memory ask = _best(false);
        for (; steps != 0; --steps) {
            uint256 energy = _crossing(bid, ask, TickStates.MAX_ENERGY - quantity);
            if (energy == 0) {
                finished = true;
                break;
            }
            quantity += energy;
            (market.lastBid, market.lastAsk) = (uint24(bid.tick), uint24(ask.tick));
            bid = _take(bid, energy, round, quantity);
            ask = _take(ask, energy, round, quantity);
        }
        _leave(bid);
        _leave(ask);
        market.quantity = uint64(quantity);
    }

    function _following(MarketState memory market) private pure returns (uint256 round) {
        round = uint256(market.round) + 1;
        if (round > type(uint24).max) revert NoRoundsLeft();
    }

    /// @dev Wh that two queues trade with each other, at most `room`.
    function _crossing(Cursor memory bid, Cursor memory ask, uint256 room) private pure returns (uint256 energy) {
        if (bid.tick < ask.tick || ask.tick == 0) return 0;
        (uint256 demand, uint256 supply) = (bid.state.available(), ask.state.available());
        energy = demand < supply ? demand : supply;
        return energy < room ? energy : room;
    }

    function _best(bool isBid) private view returns (Cursor memory cursor) {
        cursor.isBid = isBid;
        cursor.tick = _bestTick(isBid);
        if (cursor.tick == 0) return cursor;
        cursor.lane = OrderIds.lane(OrderIds.create(isBid, cursor.tick, 0));
        cursor.state = _ticks[cursor.lane];
    }

    /// @dev Gives energy of a queue to a round and goes on to the next queue where this one is empty.
    function _take(Cursor memory cursor, uint256 energy, uint256 round, uint256 end)
        private
        returns (Cursor memory)
    {
        if (cursor.state.round() != round) cursor.state = _keepRound(cursor.lane, cursor.state);
        cursor.state = cursor.state.taken(energy, round, end);
        cursor.opened = true;
        if (cursor.state.available() != 0) return cursor;
        _leave(cursor);
        _side(cursor.isBid).remove(OrderIds.bitmapKey(cursor.isBid, cursor.tick));
        return _best(cursor.isBid);
    }

    function _leave(Cursor memory cursor) private {
        if (cursor.opened) _ticks[cursor.lane] = cursor.state;
    }

    // ------------------------------------------------------------------------------------------------ off chain

    /// @inheritdoc IEnergyDoubleAuction
    function matchWithWitness(
        uint256[] calldata bidPrices,
        uint256[] calldata askPrices,
        uint256 quantity,
        uint256 price
    ) external {
        MarketState memory market = _market;
        if (market.paused) revert MarketIsPaused();
        if (market.inProgress) revert RoundInProgress(uint256(market.round) + 1);
        (bool due, uint256 step) = _earliestDue();
        if (due) revert ExpiredOrdersLeft(step * EXPIRY_STEP);
        if (quantity == 0 || quantity > TickStates.MAX_ENERGY) revert InvalidWitness(quantity, quantity);
        market.quantity = uint64(quantity);
        market.lastBid = uint24(_takeWitnessed(true, bidPrices, quantity, _following(market)));
        market.lastAsk = uint24(_takeWitnessed(false, askPrices, quantity, _following(market)));
        if (market.lastBid < market.lastAsk) revert InvalidWitness(quantity, quantity);
        (uint256 bid, uint256 ask) = (_bestTick(true), _bestTick(false));
        if (ask != 0 && bid >= ask) revert CrossingOrdersLeft(bid * priceTick, ask * priceTick);
        uint256 mcp = _finish(market);
        if (price != mcp) revert WrongPrice(price, mcp);
    }

    /// @dev Gives `quantity` of one side to a round. Each price must be the best there is and give something, so none can
    /// be left out. Returns the last tick.
    function _takeWitnessed(bool isBid, uint256[] calldata prices, uint256 quantity, uint256 round)
        private
        returns (uint256 lastTick)
    {
        uint256 left = quantity;
        Cursor memory cursor = _best(isBid);
        for (uint256 i = 0; i < prices.length; ++i) {
            if (cursor.tick == 0 || prices[i] != cursor.tick * priceTick) {
                revert IncompleteWitness(isBid, i, cursor.tick * priceTick, prices[i]);
            }
            if (left == 0) revert InvalidWitness(quantity, 0);
            lastTick = cursor.tick;
            uint256 available = cursor.state.available();
            uint256 energy = available < left ? available : left;
            left -= energy;
            cursor = _take(cursor, energy, round, quantity - left);
        }
        if (left != 0) revert InvalidWitness(quantity, left);
        _leave(cursor);
    }

    // ------------------------------------------------------------------------------------------------ price

    /// @dev Fixes the price of a round and ends it.
    function _finish(MarketState memory market) private returns (uint256 mcp) {
        uint256 last = market.round;
        uint256 round = last + 1;
        (uint256 nextBid, uint256 nextAsk) = (_bestTick(true), _bestTick(false));
        Margin memory margin = Margin({
            lastBid: market.lastBid * priceTick,
            lastAsk: market.lastAsk * priceTick,
            nextBid: nextBid * priceTick,
            nextAsk: nextAsk == 0 ? type(uint256).max : nextAsk * priceTick
        });
        mcp = ClearingPrice.price(margin, pricingMode);
        if (maxSlippage != 0 && last != 0) {
            mcp = ClearingPrice.guarded(mcp, _rounds[last].price(), maxSlippage, margin);
        }
        _rounds[round] = RoundRecords.create(mcp, market.quantity);
        emit TradeMatched(round, market.quantity, mcp);
        _market = MarketState(market.paused, false, uint24(round), 0, 0, 0);
    }
}
// slither-disable-end incorrect-equality
