// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BalancingBook, BalancingMeters, BalancingOrder, BalancingReading} from "../libraries/BalancingTypes.sol";
import {BalancingSide} from "../libraries/BalancingTypes.sol";

/// @title The distribution network as everybody's counterparty, at a price that follows each time slot's imbalance.
interface IBalancingMarket {
    /// @notice Trade was opened.
    /// @param reserve The reserve at that moment.
    event MarketOpened(uint256 reserve);

    /// @notice A time slot saw its first order; the loss it could bring was set aside.
    /// @param slot The time slot.
    event SlotOpened(uint256 indexed slot);

    /// @notice An order was placed.
    /// @param orderId Its id.
    /// @param owner Whose it is.
    /// @param slot The time slot.
    /// @param side Consumption or production.
    /// @param quantity Wh.
    /// @param value What the consumer paid, or what the producer is to be paid.
    event OrderPlaced(
        uint256 indexed orderId,
        address indexed owner,
        uint256 indexed slot,
        BalancingSide side,
        uint256 quantity,
        uint256 value
    );

    /// @notice An order was taken back.
    /// @param orderId Its id.
    /// @param payout What its owner got back.
    event OrderCancelled(uint256 indexed orderId, uint256 payout);

    /// @notice A reading was certified.
    /// @param orderId The order it is of.
    /// @param metered Wh, counted up to the order's quantity.
    event OrderCertified(uint256 indexed orderId, uint256 metered);

    /// @notice An order is done.
    /// @param orderId Its id.
    /// @param payout What its owner got: refund, or pay and bond.
    event OrderSettled(uint256 indexed orderId, uint256 payout);

    /// @notice All orders of a time slot are done, and what is left belongs to the reserve.
    /// @param slot The time slot.
    /// @param released What went back to the reserve.
    event SlotClosed(uint256 indexed slot, uint256 released);

    /// @notice Terms that do not make a market.
    error InvalidTerms();

    /// @notice Trade has not been opened.
    error MarketNotOpen();

    /// @notice Trade has been opened before.
    error MarketAlreadyOpen();

    /// @notice The account is not on the list of consumers.
    /// @param account Who.
    error NotConsumer(address account);

    /// @notice The account is not on the list of producers.
    /// @param account Who.
    error NotProducer(address account);

    /// @notice The time slot takes no more orders, and gives none back.
    /// @param slot The time slot.
    /// @param closedAt When its gate closed.
    error GateClosed(uint256 slot, uint256 closedAt);

    /// @notice The time slot is too far ahead.
    /// @param slot The time slot asked for.
    /// @param last The last that is traded.
    error BeyondHorizon(uint256 slot, uint256 last);

    /// @notice More than one order can hold.
    /// @param quantity Wh asked for.
    /// @param limit The most there can be.
    error QuantityTooLarge(uint256 quantity, uint256 limit);

    /// @notice It costs more than the caller allowed.
    /// @param payment What it costs.
    /// @param limit What the caller allowed.
    error PaymentAboveLimit(uint256 payment, uint256 limit);

    /// @notice It brings less than the caller asked for.
    /// @param payout What it brings.
    /// @param limit What the caller asked for.
    error PayoutBelowLimit(uint256 payout, uint256 limit);

    /// @notice The order is not the caller's.
    /// @param orderId The order.
    /// @param caller Who called.
    error NotOrderOwner(uint256 orderId, address caller);

    /// @notice The order is not open: there is none, or it was cancelled, certified or settled.
    /// @param orderId The order.
    error OrderNotOpen(uint256 orderId);

    /// @notice The order belongs to another time slot.
    /// @param orderId The order.
    /// @param slot The time slot asked for.
    error WrongSlot(uint256 orderId, uint256 slot);

    /// @notice The time slot is not over.
    /// @param slot The time slot.
    /// @param end When it is.
    error SlotNotOver(uint256 slot, uint256 end);

    /// @notice Meters may no longer report.
    /// @param slot The time slot.
    /// @param deadline Until when they could.
    error CertificationOver(uint256 slot, uint256 deadline);

    /// @notice Not every order is certified, and meters may still report.
    /// @param slot The time slot.
    /// @param deadline Until when.
    error CertificationPending(uint256 slot, uint256 deadline);

    /// @notice Opens trade, once. OPERATOR_ROLE only. Refuses with less reserve than `requiredReserve`.
    function open() external;

    /// @notice Buys energy for a time slot. The payment is the integral of the price over the change of net demand.
    /// @param slot A future time slot, before its gate closes.
    /// @param quantity Wh.
    /// @param maxPayment The most the caller will pay.
    /// @return orderId The order.
    /// @return payment What was paid, out of the caller's balance.
    function buy(uint256 slot, uint256 quantity, uint256 maxPayment) external returns (uint256 orderId, uint256 payment);

    /// @notice Sells energy of a time slot. The pay waits until delivery is certified; a bond fills it up to the highest price.
    /// @param slot A future time slot, before its gate closes.
    /// @param quantity Wh.
    /// @param minPay The least the caller will deliver for.
    /// @return orderId The order.
    /// @return pay What delivery brings. The bond is `quantity · maxPrice − pay`, out of the caller's balance.
    function sell(uint256 slot, uint256 quantity, uint256 minPay) external returns (uint256 orderId, uint256 pay);

    /// @notice Takes an order back before its gate closes, at the present price: exactly undone where nobody traded since, and
    /// never to its owner's gain. Works while the market is paused.
    /// @param orderId The order.
    /// @param minPayout The least to get back.
    /// @return payout What came back: a refund, or a bond.
    function cancel(uint256 orderId, uint256 minPayout) external returns (uint256 payout);

    /// @notice Certifies what meters measured in a time slot. CERTIFIER_ROLE only; once an order, after the time slot's end.
    /// @param slot The time slot.
    /// @param readings Wh by order.
    function certify(uint256 slot, BalancingReading[] calldata readings) external;

    /// @notice Pays orders out to their owners' balances. Anyone may, once all are certified or the time for it is over.
    /// Orders already settled are passed over. The last one returns what is left to the reserve.
    /// @param slot The time slot.
    /// @param orderIds Orders of this time slot; may be none, where all were cancelled.
    function settle(uint256 slot, uint256[] calldata orderIds) external;

    /// @notice What buying would cost now.
    /// @param slot The time slot.
    /// @param quantity Wh.
    /// @return payment Units of the currency.
    function quoteBuy(uint256 slot, uint256 quantity) external view returns (uint256 payment);

    /// @notice What selling would bring now.
    /// @param slot The time slot.
    /// @param quantity Wh.
    /// @return pay Units of the currency, on delivery.
    /// @return bond Units of the currency, to be held meanwhile.
    function quoteSell(uint256 slot, uint256 quantity) external view returns (uint256 pay, uint256 bond);

    /// @notice The price of the next Wh of a time slot, rounded down.
    /// @param slot The time slot.
    /// @return Units of the currency per Wh.
    function priceAt(uint256 slot) external view returns (uint256);

    /// @notice The price at which a time slot's deviations settle, as certified so far: the average of the curve between the net
    /// demand that was traded and the one that was metered.
    /// @param slot The time slot.
    /// @return numerator Units of the currency.
    /// @return denominator Wh.
    function imbalancePrice(uint256 slot) external view returns (uint256 numerator, uint256 denominator);

    /// @notice An order.
    /// @param orderId Its id.
    /// @return The order; all zero where there is none.
    function orderOf(uint256 orderId) external view returns (BalancingOrder memory);

    /// @notice A time slot's trade.
    /// @param slot The time slot.
    /// @return The book.
    function bookOf(uint256 slot) external view returns (BalancingBook memory);

    /// @notice What was certified of a time slot.
    /// @param slot The time slot.
    /// @return The totals.
    function metersOf(uint256 slot) external view returns (BalancingMeters memory);

    /// @notice The most that one time slot can cost the reserve.
    /// @return Units of the currency.
    function worstCaseLoss() external view returns (uint256);

    /// @notice The reserve without which the market does not open: the worst case of all time slots that can be pending.
    /// @return Units of the currency.
    function requiredReserve() external view returns (uint256);

    /// @notice The highest price there is.
    /// @return Units of the currency per Wh.
    function maxPrice() external view returns (uint256);

    /// @notice The time slot running now.
    /// @return Its number.
    function currentSlot() external view returns (uint256);

    /// @notice When a time slot starts.
    /// @param slot The time slot.
    /// @return Timestamp.
    function startOf(uint256 slot) external view returns (uint256);
}
