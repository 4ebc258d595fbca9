// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {AuctionBook} from "./auction/AuctionBook.sol";
import {AuctionTrades} from "./auction/AuctionTrades.sol";
import {IEnergyDoubleAuction} from "./interfaces/IEnergyDoubleAuction.sol";
import {Order, Parameters, Round, Trade} from "./libraries/AuctionTypes.sol";
import {OrderIds} from "./libraries/OrderIds.sol";
import {QueuedOrder} from "./libraries/QueuedOrder.sol";
import {TickState} from "./libraries/TickState.sol";

/// @title A call double auction for energy between homes.
/// @notice Bids and asks wait in queues by price. A round matches all that cross, at one price or each pair at its
/// bid's, and a trade is paid when the seller's meter proves it. `EnergyDoubleAuction.md` is the specification.
contract EnergyDoubleAuction is AuctionTrades, AccessControl {
    using OrderIds for uint256;

    /// @notice May pause and unpause.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    /// @notice May cancel orders and open trades, with full refund.
    bytes32 public constant CANCELLER_ROLE = keccak256("CANCELLER_ROLE");

    /// @param admin Who grants the roles.
    /// @param parameters The market's terms, for good.
    constructor(address admin, Parameters memory parameters) AuctionBook(parameters) {
        if (admin == address(0)) revert InvalidParameter("admin", 0);
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    // ------------------------------------------------------------------------------------------------ roles

    /// @inheritdoc IEnergyDoubleAuction
    function pause() external onlyRole(PAUSER_ROLE) {
        if (_market.paused) revert MarketIsPaused();
        _market.paused = true;
        emit MarketPaused(msg.sender);
    }

    /// @inheritdoc IEnergyDoubleAuction
    function unpause() external onlyRole(PAUSER_ROLE) {
        if (!_market.paused) revert MarketIsNotPaused();
        _market.paused = false;
        emit MarketUnpaused(msg.sender);
    }

    /// @inheritdoc IEnergyDoubleAuction
    function adminCancelOrder(uint256 orderId) external onlyRole(CANCELLER_ROLE) {
        _traderOf(orderId);
        _cancel(orderId);
    }

    /// @inheritdoc IEnergyDoubleAuction
    function adminCancelTrade(uint256 tradeId) external onlyRole(CANCELLER_ROLE) {
        _void(tradeId);
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IEnergyDoubleAuction
    function escrowFor(bool isBid, uint256 price, uint256 qty) external view returns (uint256) {
        _tickOf(price);
        return qty * _escrowPerWh(isBid, price);
    }

    /// @inheritdoc IEnergyDoubleAuction
    function orderOf(uint256 orderId) external view returns (Order memory) {
        QueuedOrder order = _queued[orderId];
        uint256 price = orderId.tick() * priceTick;
        return Order({
            id: orderId,
            trader: _traderOf(orderId),
            isBid: orderId.isBid(),
            price: price,
            qty: order.quantity(),
            qtyFilled: _filled(orderId, order, _ticks[orderId.lane()]),
            expiry: order.expiry(),
            deposit: order.quantity() * _depositPerWh(price),
            createdAt: order.createdAt()
        });
    }

    /// @inheritdoc IEnergyDoubleAuction
    function proceedsOf(uint256 orderId) external view returns (uint256) {
        _traderOf(orderId);
        return _accounts[orderId].proceeds();
    }

    /// @inheritdoc IEnergyDoubleAuction
    function fillOf(uint256 orderId, uint256 round) external view returns (uint256 begin, uint256 end) {
        _traderOf(orderId);
        if (_rounds[round].clearedAt() == 0) return (0, 0);
        (begin, end,) = _stretchOf(orderId, round);
    }

    /// @inheritdoc IEnergyDoubleAuction
    function tradeIdOf(uint256 bidId, uint256 askId, uint256 round) external pure returns (uint256) {
        return OrderIds.createTrade(bidId, askId, round);
    }

    /// @inheritdoc IEnergyDoubleAuction
    function tradeOf(uint256 tradeId) external view returns (Trade memory) {
        Deal memory deal = _dealOf(tradeId);
        // The deal has the other two.
        // slither-disable-next-line unused-return
        (,, uint256 round) = tradeId.splitTrade();
        return Trade({
            bidId: deal.bidId,
            askId: deal.askId,
            round: round,
            quantity: deal.quantity,
            price: deal.price,
            deadline: deal.clearedAt + settlementTTL,
            resolved: _isResolved(tradeId, deal, _accounts[deal.bidId], _accounts[deal.askId])
        });
    }

    /// @inheritdoc IEnergyDoubleAuction
    function roundOf(uint256 round) external view returns (Round memory) {
        return _rounds[round].unpack();
    }

    /// @inheritdoc IEnergyDoubleAuction
    function status()
        external
        view
        returns (bool paused, bool inProgress, uint256 round, uint256 bestBid, uint256 bestAsk)
    {
        MarketState memory market = _market;
        return
            (market.paused, market.inProgress, market.round, _bestTick(true) * priceTick, _bestTick(false) * priceTick);
    }

    /// @inheritdoc IEnergyDoubleAuction
    function depthAt(bool isBid, uint256 price) external view returns (uint256) {
        TickState state = _ticks[OrderIds.create(isBid, _tickOf(price), 0).lane()];
        return state.available();
    }

    /// @inheritdoc IEnergyDoubleAuction
    function strikesOf(address trader) external view returns (uint256) {
        return _traders[trader].strikes;
    }

    /// @inheritdoc IEnergyDoubleAuction
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }
}
