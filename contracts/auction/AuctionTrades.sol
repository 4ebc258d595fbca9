// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AuctionRounds} from "./AuctionRounds.sol";
import {IEnergyDoubleAuction} from "../interfaces/IEnergyDoubleAuction.sol";
import {PricingMode} from "../libraries/AuctionTypes.sol";
import {MeterReading, MeterReadings} from "../libraries/MeterReadings.sol";
import {OrderAccount} from "../libraries/OrderAccount.sol";
import {OrderIds} from "../libraries/OrderIds.sol";
import {QueuedOrder} from "../libraries/QueuedOrder.sol";
import {RoundRecord} from "../libraries/RoundRecord.sol";
import {TickState} from "../libraries/TickState.sol";

// What is compared with zero or for equality here are the contract's own counters and identifiers, which nobody can nudge
// by sending money or waiting.
// slither-disable-start incorrect-equality

/// @title Trades: a bid and an ask whose stretches of a round overlap; paid on proof, expired without.
/// @dev No trade is written when it comes about. A trade begins where its bid's or its ask's stretch begins, so every
/// stretch begins at most one trade, and the order that it belongs to remembers whether that one is resolved.
abstract contract AuctionTrades is AuctionRounds, EIP712 {
    using OrderIds for uint256;

    /// @dev A trade and what it takes to resolve it. All prices in wei per Wh.
    struct Deal {
        uint256 bidId;
        uint256 askId;
        uint256 quantity;
        uint256 price;
        uint256 bidPrice;
        uint256 askPrice;
        uint256 clearedAt;
        bool begunByAsk;
        bool beginsOrder;
    }

    /// @dev Trades that begin where a later stretch of an order begins. At most two a round.
    mapping(uint256 tradeId => bool) private _resolvedLater;

    constructor() EIP712("EnergyDoubleAuction", "1") {}

    // ------------------------------------------------------------------------------------------------ calls

    /// @inheritdoc IEnergyDoubleAuction
    function settle(uint256 tradeId, bytes calldata proof) external {
        Deal memory deal = _dealOf(tradeId);
        OrderAccount seller = _accounts[deal.askId];
        (uint256 delivered, uint256 refused) = _proven(tradeId, deal, seller.trader(), proof);
        OrderAccount buyer = _accounts[deal.bidId];
        (buyer, seller) = _resolved(tradeId, deal, buyer, seller);

        unchecked {
            // Energy is below 2^50, prices below 2^89; what is paid is part of what the bid locked.
            uint256 paid = delivered * deal.price;
            uint256 kept = deal.quantity;
            if (refused != 0) {
                uint256 penalty = refused * _least(deal.price, _depositPerWh(deal.bidPrice));
                paid += penalty;
                kept -= _rematch(tradeId, deal.askId, refused, seller);
                _strike(buyer.trader(), tradeId, penalty);
            }
            _accounts[deal.bidId] = buyer.credited(deal.quantity * (deal.bidPrice + _depositPerWh(deal.bidPrice)) - paid);
            _accounts[deal.askId] = seller.credited(paid + kept * _depositPerWh(deal.askPrice));
            emit TradeSettled(tradeId, delivered, paid);
        }
    }

    /// @inheritdoc IEnergyDoubleAuction
    function expire(uint256 tradeId) external {
        Deal memory deal = _dealOf(tradeId);
        uint256 deadline = deal.clearedAt + settlementTTL;
        if (block.timestamp <= deadline) revert SettlementOpen(tradeId, deadline);
        (OrderAccount buyer, OrderAccount seller) =
            _resolved(tradeId, deal, _accounts[deal.bidId], _accounts[deal.askId]);

        uint256 compensation = deal.quantity * _depositPerWh(deal.askPrice);
        uint256 requeued = _rematch(tradeId, deal.bidId, deal.quantity, buyer);
        uint256 back = (deal.quantity - requeued) * _escrowPerWh(true, deal.bidPrice);
        _accounts[deal.bidId] = buyer.credited(back + compensation);
        _accounts[deal.askId] = seller;
        emit TradeExpired(tradeId, compensation);
        _strike(seller.trader(), tradeId, compensation);
    }

    /// @inheritdoc IEnergyDoubleAuction
    function withdraw(uint256[] calldata orderIds, address payable to) external returns (uint256 amount) {
        for (uint256 i = 0; i < orderIds.length; ++i) {
            uint256 orderId = orderIds[i];
            if (_traderOf(orderId) != msg.sender) revert NotTrader(orderId, msg.sender);
            OrderAccount account = _accounts[orderId];
            amount += account.proceeds();
            if (!account.isClosed() && _hasNothingLeft(orderId)) account = _closed(orderId, account);
            _accounts[orderId] = account.emptied();
        }
        if (to == address(0)) revert PaymentRefused(to, amount);
        emit Withdrawn(msg.sender, to, amount);
        // Everything is written before this call, so there is nothing a receiver could gain by calling back.
        (bool accepted,) = to.call{value: amount}("");
        if (!accepted) revert PaymentRefused(to, amount);
    }

    // ------------------------------------------------------------------------------------------------ resolving

    /// @dev Undoes an open trade: both sides get back what they locked.
    function _void(uint256 tradeId) internal {
        Deal memory deal = _dealOf(tradeId);
        (OrderAccount buyer, OrderAccount seller) =
            _resolved(tradeId, deal, _accounts[deal.bidId], _accounts[deal.askId]);
        _accounts[deal.bidId] = buyer.credited(deal.quantity * _escrowPerWh(true, deal.bidPrice));
        _accounts[deal.askId] = seller.credited(deal.quantity * _escrowPerWh(false, deal.askPrice));
        emit TradeVoided(tradeId);
    }

    /// @dev Marks an open trade as resolved; returns both accounts, one of them with the mark, to be written by the caller.
    function _resolved(uint256 tradeId, Deal memory deal, OrderAccount buyer, OrderAccount seller)
        private
        returns (OrderAccount, OrderAccount)
    {
        if (_isResolved(tradeId, deal, buyer, seller)) revert TradeResolved(tradeId);
        if (!deal.beginsOrder) _resolvedLater[tradeId] = true;
        else if (deal.begunByAsk) seller = seller.asResolved();
        else buyer = buyer.asResolved();
        return (buyer, seller);
    }

    function _isResolved(uint256 tradeId, Deal memory deal, OrderAccount buyer, OrderAccount seller)
        internal
        view
        returns (bool)
    {
        if (!deal.beginsOrder) return _resolvedLater[tradeId];
        return deal.begunByAsk ? seller.isResolved() : buyer.isResolved();
    }

    /// @dev Puts the order that survived a failed trade back into the book, at the end of its queue, where it can be
    /// matched again. Not one that its trader or an admin cancelled, that ran out, or that would meet its trader's own
    /// orders or be below the least quantity; not while the market takes no orders. Returns the Wh put back.
    function _rematch(uint256 tradeId, uint256 orderId, uint256 quantity, OrderAccount account)
        private
        returns (uint256)
    {
        uint256 expiry = _queued[orderId].expiry();
        if (_market.paused || _market.inProgress || account.isCancelled()) return 0;
        if (expiry <= block.timestamp || quantity < minQty) return 0;
        if (_crossesOwn(account.trader(), orderId.isBid(), orderId.tick())) return 0;
        uint256 newId = _enqueue(account.trader(), orderId.isBid(), orderId.tick(), quantity, expiry);
        if (newId == 0) return 0;
        emit OrderRematched(tradeId, orderId, newId);
        return quantity;
    }

    function _strike(address trader, uint256 tradeId, uint256 penalty) private {
        uint32 strikes = ++_traders[trader].strikes;
        emit PenaltyApplied(trader, tradeId, penalty, strikes);
    }

    // ------------------------------------------------------------------------------------------------ proof

    /// @dev Wh of a trade that a proof shows as delivered and as refused, together the trade's quantity.
    function _proven(uint256 tradeId, Deal memory deal, address seller, bytes calldata proof)
        private
        view
        returns (uint256 delivered, uint256 refused)
    {
        uint256 clearedAt = deal.clearedAt;
        if (block.timestamp > clearedAt + settlementTTL) revert SettlementClosed(tradeId, clearedAt + settlementTTL);
        if (proof.length != MeterReadings.PROOF_LENGTH) revert MalformedProof(proof.length);
        MeterReading memory reading = MeterReadings.unpack(proof);
        if (reading.readAt < clearedAt || reading.readAt > block.timestamp) {
            revert ReadingOutsideWindow(reading.readAt, clearedAt, block.timestamp);
        }
        _checkMeter(MeterReadings.structHash(reading, tradeId), proof, seller);
        (delivered, refused) = (reading.delivered, reading.refused);
        unchecked {
            // A proof has 64 bits for each.
            uint256 quantity = deal.quantity;
            if (delivered + refused < quantity) revert NotPerformed(delivered, refused, quantity);
            if (delivered > quantity) delivered = quantity;
            refused = quantity - delivered;
        }
    }

    function _checkMeter(bytes32 message, bytes calldata proof, address seller) private view {
        (bytes32 r, bytes32 vs) = MeterReadings.signature(proof);
        // Where recovery fails, the address is zero.
        // slither-disable-next-line unused-return
        (address meter,,) = ECDSA.tryRecover(_hashTypedDataV4(message), r, vs);
        if (meter == address(0) || meters.traderOf(meter) != seller) revert WrongMeter(meter, seller);
    }

    // ------------------------------------------------------------------------------------------------ finding

    /// @dev The trade with this identifier, out of the book.
    function _dealOf(uint256 tradeId) internal view returns (Deal memory deal) {
        (uint256 bidId, uint256 askId, uint256 roundId) = tradeId.splitTrade();
        RoundRecord round = _rounds[roundId];
        deal.clearedAt = round.clearedAt();
        if (deal.clearedAt == 0 || !bidId.isBid() || askId.isBid()) revert UnknownTrade(tradeId);
        (deal.quantity, deal.begunByAsk, deal.beginsOrder) = _overlap(bidId, askId, roundId);
        if (deal.quantity == 0) revert UnknownTrade(tradeId);
        (deal.bidId, deal.askId) = (bidId, askId);
        unchecked {
            // Ticks are below 2^24, the tick size below 2^64.
            deal.bidPrice = bidId.tick() * priceTick;
            deal.askPrice = askId.tick() * priceTick;
        }
        deal.price = pricingMode == PricingMode.PayAsBid ? deal.bidPrice : round.price();
    }

    /// @dev Wh that a bid and an ask trade in a round; whether the ask's stretch begins the trade, and whether the order
    /// that begins the trade begins there itself.
    function _overlap(uint256 bidId, uint256 askId, uint256 round)
        private
        view
        returns (uint256 quantity, bool begunByAsk, bool beginsOrder)
    {
        (uint256 bidBegin, uint256 bidEnd, bool wholeBid) = _stretchOf(bidId, round);
        (uint256 begin, uint256 end, bool wholeAsk) = _stretchOf(askId, round);
        begunByAsk = begin >= bidBegin;
        beginsOrder = begunByAsk ? wholeAsk : wholeBid;
        if (!begunByAsk) begin = bidBegin;
        if (bidEnd < end) end = bidEnd;
        if (end > begin) quantity = end - begin;
    }

    /// @dev What an order fills of a round, in Wh of that round; empty where it has no part in it. `whole` says whether
    /// the order begins there, and not in a round before.
    function _stretchOf(uint256 orderId, uint256 round)
        internal
        view
        returns (uint256 begin, uint256 end, bool whole)
    {
        QueuedOrder order = _queued[orderId];
        uint256 lane = orderId.lane();
        TickState state = _ticks[lane];
        uint256 start = _startOf(orderId, order, state);
        if (state.round() != round) state = _checkpoints[_checkpointKey(lane, round)];
        unchecked {
            // A round's amount is part of what the queue gave in all, and ends where that ends.
            uint256 reached = state.filled();
            uint256 begun = reached - state.roundAmount();
            begin = start > begun ? start : begun;
            end = start + order.quantity();
            if (reached < end) end = reached;
            if (end <= begin) return (0, 0, false);
            uint256 offset = state.roundEnd() - reached;
            return (begin + offset, end + offset, begin == start);
        }
    }

    function _hasNothingLeft(uint256 orderId) private view returns (bool) {
        QueuedOrder order = _queued[orderId];
        return _filled(orderId, order, _ticks[orderId.lane()]) == order.quantity();
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
// slither-disable-end incorrect-equality
