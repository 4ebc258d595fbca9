// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IMeterRegistry} from "../interfaces/IMeterRegistry.sol";

/// @notice Who pays what in a round.
/// @dev PairMidpoint: everyone the midpoint of the worst bid and the worst ask that trade. EquilibriumMidpoint: everyone
/// the midpoint of the prices that clear the market. PayAsBid: every pair the price of its bid.
enum PricingMode {
    PairMidpoint,
    EquilibriumMidpoint,
    PayAsBid
}

/// @notice What a market is deployed with, for good.
/// @param minQty Least quantity of an order, in Wh.
/// @param priceTick Prices are multiples of it, in wei per Wh.
/// @param orderTTL Longest life of an order, in seconds.
/// @param settlementTTL Time for a proof after a round, in seconds.
/// @param depositRate Deposit as a share of the order's value, in basis points.
/// @param maxSlippage How far a round's price may leave the last round's, in basis points of it; 0 for no limit.
/// @param pricingMode Who pays what.
/// @param meters Whose meters count.
struct Parameters {
    uint256 minQty;
    uint256 priceTick;
    uint256 orderTTL;
    uint256 settlementTTL;
    uint256 depositRate;
    uint256 maxSlippage;
    PricingMode pricingMode;
    IMeterRegistry meters;
}

/// @notice An order, as the world sees it.
/// @param id Its identifier: side, price and place in the queue of that price.
/// @param trader Whose it is.
/// @param isBid Whether it buys.
/// @param price Limit, in wei per Wh.
/// @param qty Wh in the book and filled; what was cancelled or ran out is gone from it.
/// @param qtyFilled Wh filled so far.
/// @param expiry From when it no longer takes part, in seconds since 1970.
/// @param deposit Wei of deposit for `qty`.
/// @param createdAt When it was placed.
struct Order {
    uint256 id;
    address trader;
    bool isBid;
    uint256 price;
    uint256 qty;
    uint256 qtyFilled;
    uint256 expiry;
    uint256 deposit;
    uint256 createdAt;
}

/// @notice A bid and an ask that met in a round.
/// @param bidId The bid.
/// @param askId The ask.
/// @param round The round.
/// @param quantity Wh.
/// @param price Wei per Wh.
/// @param deadline Last second for a proof.
/// @param resolved Whether it was settled, expired or voided.
struct Trade {
    uint256 bidId;
    uint256 askId;
    uint256 round;
    uint256 quantity;
    uint256 price;
    uint256 deadline;
    bool resolved;
}

/// @notice The result of a round.
/// @param price Wei per Wh; in pay-as-bid markets the lowest bid that trades.
/// @param quantity Wh traded.
/// @param clearedAt When it was finished.
struct Round {
    uint256 price;
    uint256 quantity;
    uint256 clearedAt;
}
