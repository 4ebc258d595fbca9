// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEnergyDoubleAuction} from "../interfaces/IEnergyDoubleAuction.sol";
import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";
import {Parameters, PricingMode} from "../libraries/AuctionTypes.sol";
import {HoleTree} from "../libraries/HoleTree.sol";
import {OrderAccount, OrderAccounts} from "../libraries/OrderAccount.sol";
import {OrderIds} from "../libraries/OrderIds.sol";
import {QueuedOrder, QueuedOrders} from "../libraries/QueuedOrder.sol";
import {TickBitmap} from "../libraries/TickBitmap.sol";
import {TickState} from "../libraries/TickState.sol";

// What is compared with zero or for equality here are the contract's own counters and identifiers, which nobody can nudge
// by sending money or waiting.
// slither-disable-start incorrect-equality
// Dividing before multiplying is how prices and times are put on their grids; sets of keys start empty.
// slither-disable-start divide-before-multiply
// slither-disable-start uninitialized-state

/// @title The book: queues of orders by price, who may join, how they leave.
/// @dev An order's fill is nowhere written. Its queue knows how far it was filled; the order knows where it stands.
abstract contract AuctionBook is IEnergyDoubleAuction {
    using HoleTree for mapping(uint256 => uint256);
    using OrderIds for uint256;
    using TickBitmap for TickBitmap.Bitmap;

    /// @dev The market as a whole, in one slot. The last three belong to a round in progress.
    struct MarketState {
        bool paused;
        bool inProgress;
        uint24 round;
        uint64 quantity;
        uint24 lastBid;
        uint24 lastAsk;
    }

    /// @dev What is known of a trader, in one slot. A best tick counts while there are open orders on its side.
    struct TraderState {
        uint32 openBids;
        uint24 bestBid;
        uint32 openAsks;
        uint24 bestAsk;
        uint32 strikes;
    }

    /// @notice Expiries are rounded down to it, so that orders share them.
    uint256 public constant EXPIRY_STEP = 60;

    uint256 internal constant BASIS_POINTS = 10_000;

    /// @dev Largest tick size in wei: prices then fit 88 bits, and value and deposit of any order 136.
    uint256 private constant MAX_PRICE_TICK = type(uint64).max;

    /// @notice Least quantity of an order, in Wh.
    uint256 public immutable minQty;

    /// @notice Prices are multiples of it, in wei per Wh.
    uint256 public immutable priceTick;

    /// @notice Longest life of an order, in seconds.
    uint256 public immutable orderTTL;

    /// @notice Time for a proof after a round, in seconds.
    uint256 public immutable settlementTTL;

    /// @notice Deposit as a share of the order's value, in basis points.
    uint256 public immutable depositRate;

    /// @notice How far a round's price may leave the last round's, in basis points of it; 0 for no limit.
    uint256 public immutable maxSlippage;

    /// @notice Who pays what.
    PricingMode public immutable pricingMode;

    /// @notice Whose meters count.
    IMeterRegistry public immutable meters;

    /// @dev Key 0 of the set of expiries, in steps since 1970.
    uint256 private immutable _firstStep;

    /// @dev No order lives longer: the set of expiries has 24 bits, an order's word 32.
    uint256 private immutable _lastExpiry;

    MarketState internal _market;
    TickBitmap.Bitmap internal _bids;
    TickBitmap.Bitmap internal _asks;
    TickBitmap.Bitmap private _expiries;

    mapping(uint256 lane => TickState) internal _ticks;
    mapping(uint256 laneAndRound => TickState) internal _checkpoints;
    mapping(uint256 orderId => QueuedOrder) internal _queued;
    mapping(uint256 orderId => OrderAccount) internal _accounts;
    mapping(uint256 step => uint256 orderId) private _expiring;
    mapping(uint256 node => uint256 sums) private _holes;
    mapping(address trader => TraderState) internal _traders;

    constructor(Parameters memory parameters) {
        if (parameters.minQty == 0 || parameters.minQty > QueuedOrders.MAX_QUANTITY) {
            revert InvalidParameter("minQty", parameters.minQty);
        }
        if (parameters.priceTick == 0 || parameters.priceTick > MAX_PRICE_TICK) {
            revert InvalidParameter("priceTick", parameters.priceTick);
        }
        if (parameters.orderTTL < EXPIRY_STEP || parameters.orderTTL > 365 days) {
            revert InvalidParameter("orderTTL", parameters.orderTTL);
        }
        if (parameters.settlementTTL == 0 || parameters.settlementTTL > 365 days) {
            revert InvalidParameter("settlementTTL", parameters.settlementTTL);
        }
        if (parameters.depositRate > BASIS_POINTS) revert InvalidParameter("depositRate", parameters.depositRate);
        // Where every pair trades at its bid's price, there is nothing for the guard to move.
        uint256 widest = parameters.pricingMode == PricingMode.PayAsBid ? 0 : BASIS_POINTS;
        if (parameters.maxSlippage > widest) revert InvalidParameter("maxSlippage", parameters.maxSlippage);
        if (address(parameters.meters) == address(0)) revert InvalidParameter("meters", 0);
        minQty = parameters.minQty;
        priceTick = parameters.priceTick;
        orderTTL = parameters.orderTTL;
        settlementTTL = parameters.settlementTTL;
        depositRate = parameters.depositRate;
        maxSlippage = parameters.maxSlippage;
        pricingMode = parameters.pricingMode;
        meters = parameters.meters;
        _firstStep = block.timestamp / EXPIRY_STEP;
        _lastExpiry = Math.min((_firstStep + OrderIds.MAX_TICK) * EXPIRY_STEP, type(uint32).max);
    }

    // ------------------------------------------------------------------------------------------------ calls

    /// @inheritdoc IEnergyDoubleAuction
    function placeBid(uint256 price, uint256 qty, uint256 expiry) external payable returns (uint256) {
        return _place(true, price, qty, expiry);
    }

    /// @inheritdoc IEnergyDoubleAuction
    function placeAsk(uint256 price, uint256 qty, uint256 expiry) external payable returns (uint256) {
        return _place(false, price, qty, expiry);
    }

    /// @inheritdoc IEnergyDoubleAuction
    function cancelOrder(uint256 orderId) external {
        if (_traderOf(orderId) != msg.sender) revert NotTrader(orderId, msg.sender);
        _cancel(orderId);
    }

    /// @inheritdoc IEnergyDoubleAuction
    function removeExpired(uint256 maxOrders) external returns (uint256 removed) {
        if (maxOrders == 0) revert NoWork();
        return _removeExpired(maxOrders);
    }

    // ------------------------------------------------------------------------------------------------ coming

    function _place(bool isBid, uint256 price, uint256 qty, uint256 expiry) private returns (uint256 orderId) {
        if (_market.paused) revert MarketIsPaused();
        if (_market.inProgress) revert RoundInProgress(uint256(_market.round) + 1);
        if (qty < minQty || qty > QueuedOrders.MAX_QUANTITY) {
            revert InvalidQuantity(qty, minQty, QueuedOrders.MAX_QUANTITY);
        }
        uint256 tick = _tickOf(price);
        expiry = _expiryOf(expiry);
        uint256 escrow = qty * _escrowPerWh(isBid, price);
        if (msg.value != escrow) revert WrongValue(msg.value, escrow);
        if (_crossesOwn(msg.sender, isBid, tick)) {
            TraderState storage trader = _traders[msg.sender];
            revert SelfTrade(msg.sender, (isBid ? trader.bestAsk : trader.bestBid) * priceTick);
        }
        orderId = _enqueue(msg.sender, isBid, tick, qty, expiry);
        if (orderId == 0) revert QueueFull(price, isBid);
    }

    /// @dev Puts an order at the end of its queue; returns 0 and changes nothing where that has no room. No round may be
    /// in progress: it might come back to this queue and forget its own checkpoint.
    function _enqueue(address trader, bool isBid, uint256 tick, uint256 qty, uint256 expiry)
        internal
        returns (uint256 orderId)
    {
        uint256 lane = OrderIds.create(isBid, tick, 0).lane();
        TickState state = _ticks[lane];
        if (!state.hasRoomFor(qty)) return 0;
        orderId = OrderIds.create(isBid, tick, state.count());
        uint256 start;
        uint256 first;
        if (state.available() == 0) {
            state = _keepRound(lane, state);
            (start, first) = (state.filled(), state.count());
            _side(isBid).insert(OrderIds.bitmapKey(isBid, tick));
        } else {
            QueuedOrder previous = _queued[orderId - 1];
            (start, first) = (previous.end(), previous.first());
            // A queue that never empties comes this far by orders cancelled from between others.
            if (start + qty > QueuedOrders.MAX_END) return 0;
        }
        _ticks[lane] = state.withOrder(qty);
        _queued[orderId] = QueuedOrders.create(qty, start, expiry, _linkExpiry(orderId, expiry), first);
        _accounts[orderId] = OrderAccounts.create(trader);
        _countIn(trader, isBid, tick);
        emit OrderPlaced(orderId, trader, isBid, tick * priceTick, qty, expiry);
    }

    /// @dev Moves the latest round that took from a queue to its place in the archive, if there is one.
    function _keepRound(uint256 lane, TickState state) internal returns (TickState) {
        uint256 round = state.round();
        if (round == 0) return state;
        _checkpoints[_checkpointKey(lane, round)] = state;
        return state.forgetRound();
    }

    function _linkExpiry(uint256 orderId, uint256 expiry) private returns (uint256 next) {
        uint256 step = expiry / EXPIRY_STEP;
        next = _expiring[step];
        if (next == 0) _expiries.insert(step - _firstStep);
        _expiring[step] = orderId;
    }

    function _countIn(address trader, bool isBid, uint256 tick) private {
        TraderState storage state = _traders[trader];
        if (isBid) {
            uint32 open = state.openBids;
            if (open == 0 || tick > state.bestBid) state.bestBid = uint24(tick);
            state.openBids = open + 1;
        } else {
            uint32 open = state.openAsks;
            if (open == 0 || tick < state.bestAsk) state.bestAsk = uint24(tick);
            state.openAsks = open + 1;
        }
    }

    /// @dev Whether an order could meet another of its trader. Errs towards yes: a trader's best price is forgotten only
    /// with the last open order of its side.
    function _crossesOwn(address trader, bool isBid, uint256 tick) internal view returns (bool) {
        TraderState storage state = _traders[trader];
        return isBid
            ? state.openAsks != 0 && state.bestAsk <= tick
            : state.openBids != 0 && state.bestBid >= tick;
    }

    // ------------------------------------------------------------------------------------------------ leaving

    /// @dev Takes what an order has left off the book, for its trader or an admin.
    function _cancel(uint256 orderId) internal {
        if (_remove(orderId) == 0) revert NothingLeft(orderId);
        _accounts[orderId] = _closed(orderId, _accounts[orderId].asCancelled());
    }

    /// @dev Takes up to `maxOrders` orders that ran out off the book; returns how many list entries it went through.
    function _removeExpired(uint256 maxOrders) internal returns (uint256 visited) {
        while (visited < maxOrders) {
            (bool due, uint256 step) = _earliestDue();
            if (!due) break;
            uint256 orderId = _expiring[step];
            for (; orderId != 0 && visited < maxOrders; ++visited) {
                _remove(orderId);
                orderId = _queued[orderId].next();
            }
            _expiring[step] = orderId;
            if (orderId == 0) _expiries.remove(step - _firstStep);
        }
    }

    function _earliestDue() internal view returns (bool due, uint256 step) {
        uint256 key = _expiries.lowest();
        if (key == TickBitmap.NONE) return (false, 0);
        step = key + _firstStep;
        return (step * EXPIRY_STEP <= block.timestamp, step);
    }

    /// @dev Takes what an order has left out of its queue and credits what it locked. Those behind move up: at the end
    /// of the queue nobody does, elsewhere the hole is noted.
    function _remove(uint256 orderId) private returns (uint256 left) {
        QueuedOrder order = _queued[orderId];
        uint256 lane = orderId.lane();
        TickState state = _ticks[lane];
        uint256 filled = _filled(orderId, order, state);
        left = order.quantity() - filled;
        if (left == 0) return 0;
        _queued[orderId] = order.withQuantity(filled);
        state = state.without(left);
        if (orderId.ordinal() + 1 != state.count()) {
            _holes.add(_treeOf(lane, order.first()), orderId.ordinal() - order.first(), left);
            state = state.withHoles();
        }
        _ticks[lane] = state;
        bool isBid = orderId.isBid();
        uint256 tick = orderId.tick();
        if (state.available() == 0) _side(isBid).remove(OrderIds.bitmapKey(isBid, tick));
        uint256 refund = left * _escrowPerWh(isBid, tick * priceTick);
        _accounts[orderId] = _accounts[orderId].credited(refund);
        emit OrderCancelled(orderId, msg.sender, left, refund);
    }

    /// @dev The account of an order that no longer counts among its trader's open ones.
    function _closed(uint256 orderId, OrderAccount account) internal returns (OrderAccount) {
        if (account.isClosed()) return account;
        TraderState storage state = _traders[account.trader()];
        if (orderId.isBid()) --state.openBids;
        else --state.openAsks;
        return account.asClosed();
    }

    // ------------------------------------------------------------------------------------------------ places

    /// @dev Where an order begins on its queue's line of Wh; for one that has nothing on it, or never was, it does not matter.
    function _startOf(uint256 orderId, QueuedOrder order, TickState state) internal view returns (uint256) {
        uint256 start = order.start();
        if (!state.hasHoles() || order.quantity() == 0) return start;
        unchecked {
            // Places count from the queue's first order, and holes before one are part of what was placed before it.
            uint256 first = order.first();
            uint256 place = orderId.ordinal() - first;
            return place == 0 ? start : start - _holes.before(_treeOf(orderId.lane(), first), place);
        }
    }

    /// @dev Wh that an order got in all rounds.
    function _filled(uint256 orderId, QueuedOrder order, TickState state) internal view returns (uint256) {
        uint256 start = _startOf(orderId, order, state);
        uint256 reached = state.filled();
        if (reached <= start) return 0;
        uint256 quantity = order.quantity();
        return reached - start < quantity ? reached - start : quantity;
    }

    function _traderOf(uint256 orderId) internal view returns (address trader) {
        trader = _accounts[orderId].trader();
        if (trader == address(0)) revert UnknownOrder(orderId);
    }

    function _side(bool isBid) internal view returns (TickBitmap.Bitmap storage) {
        return isBid ? _bids : _asks;
    }

    /// @dev The best tick of a side; 0 for none.
    function _bestTick(bool isBid) internal view returns (uint256) {
        uint256 key = _side(isBid).lowest();
        return key == TickBitmap.NONE ? 0 : OrderIds.bitmapKey(isBid, key);
    }

    function _checkpointKey(uint256 lane, uint256 round) internal pure returns (uint256) {
        return (lane << 24) | round;
    }

    function _treeOf(uint256 lane, uint256 first) private pure returns (uint256) {
        return (lane << 31) | first;
    }

    // ------------------------------------------------------------------------------------------------ terms

    /// @dev Wei per Wh that perform or are lost; rounded up to whole wei, so that every payment is an exact product.
    function _depositPerWh(uint256 price) internal view returns (uint256) {
        unchecked {
            // Prices are below 2^88.
            return (price * depositRate + BASIS_POINTS - 1) / BASIS_POINTS;
        }
    }

    function _escrowPerWh(bool isBid, uint256 price) internal view returns (uint256) {
        return _depositPerWh(price) + (isBid ? price : 0);
    }

    function _tickOf(uint256 price) internal view returns (uint256 tick) {
        tick = price / priceTick;
        if (tick == 0 || tick > OrderIds.MAX_TICK || tick * priceTick != price) {
            revert InvalidPrice(price, priceTick, OrderIds.MAX_TICK * priceTick);
        }
    }

    function _expiryOf(uint256 expiry) private view returns (uint256) {
        uint256 latest = block.timestamp + orderTTL;
        uint256 rounded = ((expiry == 0 ? latest : expiry) / EXPIRY_STEP) * EXPIRY_STEP;
        if (rounded <= block.timestamp || rounded > latest || rounded > _lastExpiry) {
            revert InvalidExpiry(expiry, block.timestamp + EXPIRY_STEP, Math.min(latest, _lastExpiry));
        }
        return rounded;
    }
}
// slither-disable-end uninitialized-state
// slither-disable-end divide-before-multiply
// slither-disable-end incorrect-equality
