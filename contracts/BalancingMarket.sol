// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {BalancingAccounts} from "./BalancingAccounts.sol";
import {IBalancingMarket} from "./interfaces/IBalancingMarket.sol";
import {BalancingCurve, Curve} from "./libraries/BalancingCurve.sol";
import {
    BalancingBook,
    BalancingMeters,
    BalancingOrder,
    BalancingOrderId,
    BalancingOrderState,
    BalancingReading,
    BalancingSide,
    BalancingTerms,
    CERTIFIER_ROLE,
    OPERATOR_ROLE
} from "./libraries/BalancingTypes.sol";

/// @title An automated market maker for the balance of a distribution network.
/// @dev A time slot's money is its pot. It starts with the worst case of the curve, out of the reserve; payments and bonds go
/// in, and only what `cancel` and `settle` compute comes out. Every payout is covered whatever the order of calls:
/// see "Why the pot suffices" in BalancingMarket.md.
contract BalancingMarket is IBalancingMarket, BalancingAccounts {
    using BalancingCurve for Curve;

    /// @dev What an order's field holds.
    uint256 private constant MAX_QUANTITY = type(uint32).max;

    uint56 private immutable _base;
    uint56 private immutable _amplitude;
    uint48 private immutable _scale;
    uint48 private immutable _surplusLimit;

    /// @notice Timestamp of the start of time slot 0.
    uint256 public immutable genesis;

    /// @notice Seconds in a time slot.
    uint256 public immutable slotLength;

    /// @notice Seconds before a time slot's start at which trade in it ends.
    uint256 public immutable gateClosure;

    /// @notice Seconds after a time slot's end in which meters report.
    uint256 public immutable certificationWindow;

    /// @notice How many time slots ahead are traded.
    uint256 public immutable horizon;

    /// @inheritdoc IBalancingMarket
    uint256 public immutable worstCaseLoss;

    mapping(uint256 slot => BalancingBook) private _books;
    mapping(uint256 slot => BalancingMeters) private _meters;
    mapping(uint256 orderId => BalancingOrder) private _orders;

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants the others.
    /// @param currency_ The currency.
    /// @param curve_ The price curve.
    /// @param terms The timing.
    constructor(address admin, IERC20 currency_, Curve memory curve_, BalancingTerms memory terms)
        BalancingAccounts(admin, currency_)
    {
        if (curve_.base == 0 || curve_.amplitude > curve_.base || curve_.scale == 0 || curve_.surplusLimit == 0) {
            revert InvalidTerms();
        }
        if (terms.certificationWindow == 0 || terms.gateClosure >= uint256(terms.horizon) * terms.slotLength) {
            revert InvalidTerms();
        }
        (_base, _amplitude, _scale, _surplusLimit) =
            (curve_.base, curve_.amplitude, curve_.scale, curve_.surplusLimit);
        genesis = block.timestamp;
        (slotLength, gateClosure, certificationWindow, horizon) =
            (terms.slotLength, terms.gateClosure, terms.certificationWindow, terms.horizon);
        worstCaseLoss = curve_.worstCaseLoss();
    }

    /// @inheritdoc IBalancingMarket
    function open() external onlyRole(OPERATOR_ROLE) {
        if (isOpen) revert MarketAlreadyOpen();
        uint256 needed = requiredReserve();
        if (reserve < needed) revert InsufficientReserve(needed, reserve);
        isOpen = true;
        emit MarketOpened(reserve);
    }

    // ------------------------------------------------------------------------------------------------ trade

    /// @inheritdoc IBalancingMarket
    function buy(uint256 slot, uint256 quantity, uint256 maxPayment)
        external
        whenNotPaused
        returns (uint256 orderId, uint256 payment)
    {
        (, bool consumer) = listed(msg.sender);
        if (!consumer) revert NotConsumer(msg.sender);
        BalancingBook memory book = _bookForTrade(slot, quantity);
        payment = _payment(book.net, quantity);
        if (payment > maxPayment) revert PaymentAboveLimit(payment, maxPayment);
        _debit(msg.sender, payment);
        book.net += int56(int256(quantity));
        orderId = _place(book, slot, BalancingSide.Consumption, quantity, payment, payment);
    }

    /// @inheritdoc IBalancingMarket
    function sell(uint256 slot, uint256 quantity, uint256 minPay)
        external
        whenNotPaused
        returns (uint256 orderId, uint256 pay)
    {
        (bool producer,) = listed(msg.sender);
        if (!producer) revert NotProducer(msg.sender);
        BalancingBook memory book = _bookForTrade(slot, quantity);
        book.net -= int56(int256(quantity));
        pay = _payment(book.net, quantity);
        if (pay < minPay) revert PayoutBelowLimit(pay, minPay);
        uint256 bond = quantity * maxPrice() - pay;
        _debit(msg.sender, bond);
        orderId = _place(book, slot, BalancingSide.Production, quantity, pay, bond);
    }

    /// @inheritdoc IBalancingMarket
    function cancel(uint256 orderId, uint256 minPayout) external returns (uint256 payout) {
        if (BalancingOrderId.ownerOf(orderId) != msg.sender) revert NotOrderOwner(orderId, msg.sender);
        BalancingOrder storage order = _orders[orderId];
        if (order.state != BalancingOrderState.Open) revert OrderNotOpen(orderId);
        uint256 slot = BalancingOrderId.slotOf(orderId);
        _requireGateOpen(slot);
        BalancingBook memory book = _books[slot];
        payout = _undo(book, BalancingOrderId.isProduction(orderId), order.quantity, order.value);
        if (payout < minPayout) revert PayoutBelowLimit(payout, minPayout);
        order.state = BalancingOrderState.Cancelled;
        book.pot -= uint112(payout);
        --book.live;
        _books[slot] = book;
        _credit(msg.sender, payout);
        emit OrderCancelled(orderId, payout);
    }

    // ------------------------------------------------------------------------------------------------ settlement

    /// @inheritdoc IBalancingMarket
    function certify(uint256 slot, BalancingReading[] calldata readings) external onlyRole(CERTIFIER_ROLE) {
        uint256 end = startOf(slot + 1);
        if (block.timestamp < end) revert SlotNotOver(slot, end);
        uint256 deadline = end + certificationWindow;
        if (block.timestamp >= deadline) revert CertificationOver(slot, deadline);
        BalancingMeters memory meters = _meters[slot];
        for (uint256 i = 0; i < readings.length; ++i) {
            _certify(slot, readings[i], meters);
        }
        _meters[slot] = meters;
    }

    /// @inheritdoc IBalancingMarket
    function settle(uint256 slot, uint256[] calldata orderIds) external {
        BalancingBook memory book = _books[slot];
        BalancingMeters memory meters = _meters[slot];
        _requireMetered(slot, book, meters);
        (uint256 numerator, uint256 denominator) = _imbalancePrice(book, meters);
        for (uint256 i = 0; i < orderIds.length; ++i) {
            _settle(slot, orderIds[i], book, numerator, denominator);
        }
        if (book.settled == book.live && book.pot != 0) {
            emit SlotClosed(slot, book.pot);
            _addToReserve(book.pot);
            book.pot = 0;
        }
        _books[slot] = book;
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IBalancingMarket
    function quoteBuy(uint256 slot, uint256 quantity) external view returns (uint256 payment) {
        return _payment(_books[slot].net, _checked(quantity));
    }

    /// @inheritdoc IBalancingMarket
    function quoteSell(uint256 slot, uint256 quantity) external view returns (uint256 pay, uint256 bond) {
        pay = _payment(_books[slot].net - int256(_checked(quantity)), quantity);
        bond = quantity * maxPrice() - pay;
    }

    /// @inheritdoc IBalancingMarket
    function priceAt(uint256 slot) external view returns (uint256) {
        (uint256 numerator, uint256 denominator) = curve().marginalPrice(_books[slot].net);
        return numerator / denominator;
    }

    /// @inheritdoc IBalancingMarket
    function imbalancePrice(uint256 slot) external view returns (uint256 numerator, uint256 denominator) {
        return _imbalancePrice(_books[slot], _meters[slot]);
    }

    /// @inheritdoc IBalancingMarket
    function orderOf(uint256 orderId) external view returns (BalancingOrder memory) {
        return _orders[orderId];
    }

    /// @inheritdoc IBalancingMarket
    function bookOf(uint256 slot) external view returns (BalancingBook memory) {
        return _books[slot];
    }

    /// @inheritdoc IBalancingMarket
    function metersOf(uint256 slot) external view returns (BalancingMeters memory) {
        return _meters[slot];
    }

    /// @notice The price curve.
    /// @return Its parameters.
    function curve() public view returns (Curve memory) {
        return Curve(_base, _amplitude, _scale, _surplusLimit);
    }

    /// @inheritdoc IBalancingMarket
    function maxPrice() public view returns (uint256) {
        return uint256(_base) + _amplitude;
    }

    /// @inheritdoc IBalancingMarket
    function requiredReserve() public view returns (uint256) {
        // The one running, those ahead, and those over whose meters may still report.
        return worstCaseLoss * (1 + horizon + Math.ceilDiv(certificationWindow, slotLength));
    }

    /// @inheritdoc IBalancingMarket
    function currentSlot() public view returns (uint256) {
        return (block.timestamp - genesis) / slotLength;
    }

    /// @inheritdoc IBalancingMarket
    function startOf(uint256 slot) public view returns (uint256) {
        return genesis + slot * slotLength;
    }

    // ------------------------------------------------------------------------------------------------ inside

    /// @dev The book that an order is about to change; sets the worst case aside where it is the first.
    function _bookForTrade(uint256 slot, uint256 quantity) private returns (BalancingBook memory book) {
        if (!isOpen) revert MarketNotOpen();
        if (quantity == 0) revert ZeroAmount();
        _checked(quantity);
        uint256 last = currentSlot() + horizon;
        if (slot > last) revert BeyondHorizon(slot, last);
        _requireGateOpen(slot);
        book = _books[slot];
        if (book.issued == 0) {
            _takeFromReserve(worstCaseLoss);
            book.pot = SafeCast.toUint112(worstCaseLoss);
            emit SlotOpened(slot);
        }
    }

    /// @dev Stores an order and the book with it.
    /// @param money What its owner has paid in: a payment or a bond.
    function _place(
        BalancingBook memory book,
        uint256 slot,
        BalancingSide side,
        uint256 quantity,
        uint256 value,
        uint256 money
    ) private returns (uint256 orderId) {
        orderId = BalancingOrderId.encode(msg.sender, slot, side, book.issued);
        book.pot = SafeCast.toUint112(book.pot + money);
        ++book.issued;
        ++book.live;
        _books[slot] = book;
        _orders[orderId] = BalancingOrder(uint32(quantity), 0, BalancingOrderState.Open, uint112(value));
        emit OrderPlaced(orderId, msg.sender, slot, side, quantity, value);
    }

    /// @dev Trades an order back at the present price; returns what its owner gets out of what was paid in.
    function _undo(BalancingBook memory book, bool production, uint256 quantity, uint256 value)
        private
        view
        returns (uint256 payout)
    {
        if (production) {
            uint256 replacement = _payment(book.net, quantity);
            book.net += int56(int256(quantity));
            return quantity * maxPrice() - Math.max(value, replacement);
        }
        book.net -= int56(int256(quantity));
        return Math.min(value, _payment(book.net, quantity));
    }

    /// @dev Adds one reading to the totals, which the caller stores.
    function _certify(uint256 slot, BalancingReading calldata reading, BalancingMeters memory meters) private {
        uint256 orderId = reading.orderId;
        if (BalancingOrderId.slotOf(orderId) != slot) revert WrongSlot(orderId, slot);
        BalancingOrder storage order = _orders[orderId];
        if (order.state != BalancingOrderState.Open) revert OrderNotOpen(orderId);
        uint32 quantity = order.quantity;
        uint32 metered = reading.metered < quantity ? reading.metered : quantity;
        (order.metered, order.state) = (metered, BalancingOrderState.Certified);
        if (BalancingOrderId.isProduction(orderId)) {
            meters.undelivered += quantity - metered;
        } else {
            meters.unconsumed += quantity - metered;
        }
        ++meters.certified;
        emit OrderCertified(orderId, metered);
    }

    /// @dev Pays one order out of the pot; passes over one that is done already.
    function _settle(
        uint256 slot,
        uint256 orderId,
        BalancingBook memory book,
        uint256 numerator,
        uint256 denominator
    ) private {
        if (BalancingOrderId.slotOf(orderId) != slot) revert WrongSlot(orderId, slot);
        BalancingOrder memory order = _orders[orderId];
        if (order.state == BalancingOrderState.Settled) return;
        if (order.state != BalancingOrderState.Open && order.state != BalancingOrderState.Certified) {
            revert OrderNotOpen(orderId);
        }
        uint256 payout = BalancingOrderId.isProduction(orderId)
            ? _producerPayout(order, numerator, denominator)
            : _consumerPayout(order, numerator, denominator);
        _orders[orderId].state = BalancingOrderState.Settled;
        ++book.settled;
        book.pot -= uint112(payout);
        _credit(BalancingOrderId.ownerOf(orderId), payout);
        emit OrderSettled(orderId, payout);
    }

    /// @dev Pay and bond, less what replacing the rest costs, which is no less than the rest's pay. Without a reading there is
    /// no pay, and the bond comes back.
    function _producerPayout(BalancingOrder memory order, uint256 numerator, uint256 denominator)
        private
        view
        returns (uint256)
    {
        uint256 held = order.quantity * maxPrice();
        if (order.state == BalancingOrderState.Open) return held - order.value;
        uint256 missing = order.quantity - order.metered;
        uint256 replacement = Math.ceilDiv(missing * numerator, denominator);
        uint256 unearned = Math.ceilDiv(order.value * missing, order.quantity);
        return held - Math.max(replacement, unearned);
    }

    /// @dev What the rest is worth, which is no more than what was paid for it. Without a reading all counts as consumed.
    function _consumerPayout(BalancingOrder memory order, uint256 numerator, uint256 denominator)
        private
        pure
        returns (uint256)
    {
        if (order.state == BalancingOrderState.Open) return 0;
        uint256 left = order.quantity - order.metered;
        return Math.min(left * numerator / denominator, order.value * left / order.quantity);
    }

    /// @dev What `quantity` more Wh of net demand cost, from `net` on.
    function _payment(int256 net, uint256 quantity) private view returns (uint256) {
        Curve memory curve_ = curve();
        return uint256(curve_.cost(net + int256(quantity)) - curve_.cost(net));
    }

    function _imbalancePrice(BalancingBook memory book, BalancingMeters memory meters)
        private
        view
        returns (uint256 numerator, uint256 denominator)
    {
        int256 traded = book.net;
        int256 metered = traded + int256(uint256(meters.undelivered)) - int256(uint256(meters.unconsumed));
        return curve().averagePrice(traded, metered);
    }

    function _requireGateOpen(uint256 slot) private view {
        uint256 start = startOf(slot);
        uint256 closedAt = start < gateClosure ? 0 : start - gateClosure;
        if (block.timestamp >= closedAt) revert GateClosed(slot, closedAt);
    }

    function _requireMetered(uint256 slot, BalancingBook memory book, BalancingMeters memory meters) private view {
        uint256 end = startOf(slot + 1);
        if (block.timestamp < end) revert SlotNotOver(slot, end);
        uint256 deadline = end + certificationWindow;
        if (meters.certified != book.live && block.timestamp < deadline) revert CertificationPending(slot, deadline);
    }

    function _checked(uint256 quantity) private pure returns (uint256) {
        if (quantity > MAX_QUANTITY) revert QuantityTooLarge(quantity, MAX_QUANTITY);
        return quantity;
    }
}
