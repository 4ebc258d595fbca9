// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Order, Round, Trade} from "../libraries/AuctionTypes.sol";

/// @title A call double auction for energy: orders, rounds, trades, settlement by meter.
/// @dev Energy in Wh, prices in wei per Wh, time in seconds since 1970.
interface IEnergyDoubleAuction {
    // ------------------------------------------------------------------------------------------------ events

    /// @notice An order entered the book.
    /// @param orderId The order.
    /// @param trader Whose it is.
    /// @param isBid Whether it buys.
    /// @param price Limit, in wei per Wh.
    /// @param qty Wh.
    /// @param expiry From when it no longer takes part.
    event OrderPlaced(
        uint256 indexed orderId, address indexed trader, bool isBid, uint256 price, uint256 qty, uint256 expiry
    );

    /// @notice What an order had left was taken off the book.
    /// @param orderId The order.
    /// @param by Who took it off: its trader, an admin, or whoever removed it after it ran out.
    /// @param qty Wh taken off.
    /// @param refund Wei credited to the order.
    event OrderCancelled(uint256 indexed orderId, address indexed by, uint256 qty, uint256 refund);

    /// @notice A round was finished. Its trades follow from the orders; `tradeOf` gives each.
    /// @param round The round.
    /// @param quantity Wh traded.
    /// @param mcp The market clearing price, in wei per Wh; in pay-as-bid markets the lowest bid that trades.
    event TradeMatched(uint256 indexed round, uint256 quantity, uint256 mcp);

    /// @notice A round came so far and is not finished. Until it is, orders may leave but not come.
    /// @param round The round.
    /// @param quantity Wh traded so far.
    event RoundUnfinished(uint256 indexed round, uint256 quantity);

    /// @notice A trade was proven and paid.
    /// @param tradeId The trade.
    /// @param delivered Wh delivered; the rest of the trade is what the buyer's side did not take.
    /// @param paid Wei the seller got for both.
    event TradeSettled(uint256 indexed tradeId, uint256 delivered, uint256 paid);

    /// @notice A trade was not proven in time.
    /// @param tradeId The trade.
    /// @param compensation Wei of the seller's deposit that went to the buyer.
    event TradeExpired(uint256 indexed tradeId, uint256 compensation);

    /// @notice A trade was undone by an admin; both sides got everything back.
    /// @param tradeId The trade.
    event TradeVoided(uint256 indexed tradeId);

    /// @notice The order that survived a failed trade is back in the book, under a new identifier.
    /// @param tradeId The trade that failed.
    /// @param orderId The surviving order.
    /// @param newOrderId What stands in the book for it.
    event OrderRematched(uint256 indexed tradeId, uint256 indexed orderId, uint256 newOrderId);

    /// @notice A side did not perform.
    /// @param trader Whose deposit was slashed.
    /// @param tradeId The trade.
    /// @param amount Wei slashed.
    /// @param strikes The trader's strikes, this one included.
    event PenaltyApplied(address indexed trader, uint256 indexed tradeId, uint256 amount, uint256 strikes);

    /// @notice Proceeds were paid out.
    /// @param trader Whose they were.
    /// @param to Where they went.
    /// @param amount Wei.
    event Withdrawn(address indexed trader, address indexed to, uint256 amount);

    /// @notice No new orders and no new rounds from now on.
    /// @param by Who paused.
    event MarketPaused(address indexed by);

    /// @notice The market goes on.
    /// @param by Who unpaused.
    event MarketUnpaused(address indexed by);

    // ------------------------------------------------------------------------------------------------ errors

    /// @notice A parameter of the deployment makes no sense.
    error InvalidParameter(string name, uint256 value);

    /// @notice The market takes no new orders and starts no rounds.
    error MarketIsPaused();

    /// @notice The market is not paused.
    error MarketIsNotPaused();

    /// @notice A round is being worked through; `matchOrders` finishes it.
    error RoundInProgress(uint256 round);

    /// @notice The price is no multiple of the tick, zero, or too high.
    error InvalidPrice(uint256 price, uint256 priceTick, uint256 highest);

    /// @notice The quantity is below the least or above the most an order may have.
    error InvalidQuantity(uint256 qty, uint256 least, uint256 most);

    /// @notice The expiry has passed or is too far away.
    error InvalidExpiry(uint256 expiry, uint256 earliest, uint256 latest);

    /// @notice The value sent is not what the order has to lock.
    error WrongValue(uint256 sent, uint256 needed);

    /// @notice The order could trade with another one of its trader. `price` is the trader's best on the other side.
    error SelfTrade(address trader, uint256 price);

    /// @notice The queue of this price takes no more.
    error QueueFull(uint256 price, bool isBid);

    /// @notice There is no such order.
    error UnknownOrder(uint256 orderId);

    /// @notice The order is somebody else's.
    error NotTrader(uint256 orderId, address caller);

    /// @notice The order has nothing left in the book.
    error NothingLeft(uint256 orderId);

    /// @notice A call that shall do no work.
    error NoWork();

    /// @notice The market has had all the rounds it can.
    error NoRoundsLeft();

    /// @notice Orders that ran out are still in the book; `removeExpired` takes them off.
    error ExpiredOrdersLeft(uint256 expiry);

    /// @notice The witness leaves out an order that goes first, or names a price without orders.
    error IncompleteWitness(bool isBid, uint256 index, uint256 expectedPrice, uint256 givenPrice);

    /// @notice The witness trades less than crosses.
    error CrossingOrdersLeft(uint256 bestBid, uint256 bestAsk);

    /// @notice The witness trades nothing, orders that do not cross, or a quantity that its prices do not give.
    error InvalidWitness(uint256 quantity, uint256 unmatched);

    /// @notice The witness has another price than the market's rule.
    error WrongPrice(uint256 given, uint256 price);

    /// @notice There is no such trade.
    error UnknownTrade(uint256 tradeId);

    /// @notice The trade was settled, expired or voided.
    error TradeResolved(uint256 tradeId);

    /// @notice The time for a proof is over.
    error SettlementClosed(uint256 tradeId, uint256 deadline);

    /// @notice The time for a proof is not over.
    error SettlementOpen(uint256 tradeId, uint256 deadline);

    /// @notice The proof is not made as a proof is.
    error MalformedProof(uint256 length);

    /// @notice The reading was taken outside the time for it.
    error ReadingOutsideWindow(uint256 readAt, uint256 earliest, uint256 latest);

    /// @notice The signer is no meter accredited for the seller.
    error WrongMeter(address signer, address seller);

    /// @notice The reading does not account for the trade's quantity.
    error NotPerformed(uint256 delivered, uint256 refused, uint256 quantity);

    /// @notice The receiver did not take the money.
    error PaymentRefused(address to, uint256 amount);

    // ------------------------------------------------------------------------------------------------ the book

    /// @notice Offers to buy. Locks the value and the deposit: `escrowFor(true, price, qty)`, to be sent along.
    /// @param price Limit, in wei per Wh; a multiple of the tick.
    /// @param qty Wh.
    /// @param expiry From when it no longer takes part, rounded down to a minute; 0 for the longest life.
    /// @return orderId The order.
    function placeBid(uint256 price, uint256 qty, uint256 expiry) external payable returns (uint256 orderId);

    /// @notice Offers to sell. Locks the deposit: `escrowFor(false, price, qty)`, to be sent along.
    /// @param price Limit, in wei per Wh; a multiple of the tick.
    /// @param qty Wh.
    /// @param expiry From when it no longer takes part, rounded down to a minute; 0 for the longest life.
    /// @return orderId The order.
    function placeAsk(uint256 price, uint256 qty, uint256 expiry) external payable returns (uint256 orderId);

    /// @notice Takes off the book what the caller's order has left, and credits what it locked. Always possible.
    /// @param orderId The order.
    function cancelOrder(uint256 orderId) external;

    /// @notice Takes orders that ran out off the book and credits what they locked. Anyone may.
    /// @param maxOrders How many at most.
    /// @return removed How many.
    function removeExpired(uint256 maxOrders) external returns (uint256 removed);

    // ------------------------------------------------------------------------------------------------ rounds

    /// @notice Clears the book: removes orders that ran out, then matches price by price. Anyone may. What does not fit
    /// one call goes on in the next; an order that runs out meanwhile takes no further part.
    /// @param maxMatches How many steps at most: an expired order removed, or a pair of prices matched.
    /// @return matched Wh of the round so far.
    /// @return mcp The round's price once it is finished, else 0.
    function matchOrders(uint256 maxMatches) external returns (uint256 matched, uint256 mcp);

    /// @notice Clears the book as worked out off chain, or refuses: any order left out, and any other quantity or price
    /// than the rules give.
    /// @param bidPrices All prices that bids trade at, best first.
    /// @param askPrices All prices that asks trade at, best first.
    /// @param quantity Wh that trade.
    /// @param price The round's price.
    function matchWithWitness(
        uint256[] calldata bidPrices,
        uint256[] calldata askPrices,
        uint256 quantity,
        uint256 price
    ) external;

    // ------------------------------------------------------------------------------------------------ trades

    /// @notice Pays a trade that a meter proves. Anyone may bring the proof.
    /// @param tradeId The trade.
    /// @param proof delivered, refused, readAt (8 bytes each) and the signature (r, vs: EIP-2098) of the EIP-712 message
    /// `MeterReading(uint256 tradeId,uint256 delivered,uint256 refused,uint256 readAt)`.
    function settle(uint256 tradeId, bytes calldata proof) external;

    /// @notice Ends a trade that was not proven in time: the seller's deposit goes to the buyer, and the buyer's order
    /// back into the book. Anyone may.
    /// @param tradeId The trade.
    function expire(uint256 tradeId) external;

    /// @notice Pays out what the caller's orders have to their credit. Always possible.
    /// @param orderIds The orders.
    /// @param to Where to.
    /// @return amount Wei.
    function withdraw(uint256[] calldata orderIds, address payable to) external returns (uint256 amount);

    // ------------------------------------------------------------------------------------------------ roles

    /// @notice Stops new orders and new rounds.
    function pause() external;

    /// @notice Lets the market go on.
    function unpause() external;

    /// @notice Takes anyone's order off the book and refunds what it has left in full.
    /// @param orderId The order.
    function adminCancelOrder(uint256 orderId) external;

    /// @notice Undoes a trade that is still open: both sides get everything back.
    /// @param tradeId The trade.
    function adminCancelTrade(uint256 tradeId) external;

    // ------------------------------------------------------------------------------------------------ views

    /// @notice What an order has to lock.
    /// @param isBid Whether it buys.
    /// @param price Limit, in wei per Wh.
    /// @param qty Wh.
    /// @return Wei.
    function escrowFor(bool isBid, uint256 price, uint256 qty) external view returns (uint256);

    /// @notice An order.
    /// @param orderId The order.
    /// @return The order.
    function orderOf(uint256 orderId) external view returns (Order memory);

    /// @notice What an order has to its credit.
    /// @param orderId The order.
    /// @return Wei.
    function proceedsOf(uint256 orderId) external view returns (uint256);

    /// @notice The stretch of a round that an order fills. A bid and an ask whose stretches overlap trade the overlap.
    /// @param orderId The order.
    /// @param round The round.
    /// @return begin Wh of the round that go before it.
    /// @return end The same and its fill; equal to `begin` where it has none.
    function fillOf(uint256 orderId, uint256 round) external view returns (uint256 begin, uint256 end);

    /// @notice The identifier of the trade between two orders in a round.
    /// @param bidId The bid.
    /// @param askId The ask.
    /// @param round The round.
    /// @return The identifier.
    function tradeIdOf(uint256 bidId, uint256 askId, uint256 round) external pure returns (uint256);

    /// @notice A trade.
    /// @param tradeId The trade.
    /// @return The trade.
    function tradeOf(uint256 tradeId) external view returns (Trade memory);

    /// @notice A round.
    /// @param round The round, from 1.
    /// @return Its result; zero where it is not finished.
    function roundOf(uint256 round) external view returns (Round memory);

    /// @notice The market.
    /// @return paused Whether it is paused.
    /// @return inProgress Whether a round is being worked through.
    /// @return round The last round that was finished; 0 for none.
    /// @return bestBid Best price of the bids in the book; 0 for none.
    /// @return bestAsk Best price of the asks in the book; 0 for none.
    function status()
        external
        view
        returns (bool paused, bool inProgress, uint256 round, uint256 bestBid, uint256 bestAsk);

    /// @notice Wh waiting at a price.
    /// @param isBid Whether of bids.
    /// @param price The price.
    /// @return Wh.
    function depthAt(bool isBid, uint256 price) external view returns (uint256);

    /// @notice How often a trader did not perform.
    /// @param trader The trader.
    /// @return Strikes.
    function strikesOf(address trader) external view returns (uint256);

    /// @notice The EIP-712 domain separator that meters sign under.
    /// @return The separator.
    function domainSeparator() external view returns (bytes32);
}
