// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The vocabulary the marketplace's contracts share.
/// @dev Energy is in whole Wh, money in wei, prices in whole wei per Wh, time in intervals counted from the market's
/// genesis. Everything stored fits one 256-bit slot; the bit widths are part of the design:
/// - `uint32` Wh: up to 4.29 GWh a commitment and interval; `uint56` Wh: 72 PWh an interval, unreachable;
/// - `uint56` wei per Wh: up to 72 tokens per kWh for a token of 18 decimals;
/// - `uint80` wei: up to 1.2 million tokens of collateral a home;
/// - `uint24` interval: 1,900 years of hours.

/// @notice Whether a commitment gives energy to the pool or takes it.
enum Side {
    Production,
    Consumption
}

/// @notice The life of a commitment: created, then deposited and settled, or cancelled before the deposit.
enum CommitmentState {
    None,
    Created,
    Deposited,
    Settled,
    Cancelled
}

/// @notice What a home produces energy with.
enum EnergyType {
    None,
    Solar,
    Wind,
    Hydro,
    Biomass,
    Storage
}

/// @notice A home, as read from outside; stored as a `ProfileRecord` of one slot.
/// @param collateral Money of the home held by the contract, in wei.
/// @param reserved The part of it that open commitments could still cost, in wei. Never more than `collateral`.
/// @param commitmentCount How many commitments the home has made.
/// @param active Deposited commitments with an interval unclaimed. The profile is locked while it is not zero.
/// @param energyType What the home produces energy with.
/// @param location A geohash of six characters: a cell of about 1.2 km by 0.6 km. Coarse on purpose, for the ledger
/// is public and a home is not.
struct Profile {
    uint256 collateral;
    uint256 reserved;
    uint256 commitmentCount;
    uint256 active;
    EnergyType energyType;
    bytes6 location;
}

/// @notice A promise to deliver or to take energy, as read from outside; stored as a `Commitment` of one slot.
/// @param amount Energy promised in each interval, in Wh.
/// @param price The feed's quote when the promise was made, within the tariff, in wei per Wh.
/// @param rate What the promise reserves per Wh and interval: the most it can cost, in wei per Wh.
/// @param start First interval.
/// @param duration Number of intervals, 1 to 24.
/// @param side Production or consumption.
/// @param state Where the promise is in its life.
/// @param claimed Bit i is set once interval `start + i` has been claimed.
struct CommitmentInfo {
    uint256 amount;
    uint256 price;
    uint256 rate;
    uint256 start;
    uint256 duration;
    Side side;
    CommitmentState state;
    uint256 claimed;
}

/// @notice What the grid charges and pays: one slot.
/// @param retail What a Wh from the grid costs, in wei.
/// @param feedIn What the grid pays for a Wh, in wei. Never more than `retail`.
/// @param from First interval it holds for.
struct Tariff {
    uint56 retail;
    uint56 feedIn;
    uint24 from;
}

/// @notice The promises of an interval: one slot.
/// @param supply Production promised, in Wh.
/// @param demand Consumption promised, in Wh.
/// @param tariffId The tariff in force.
struct Book {
    uint56 supply;
    uint56 demand;
    uint16 tariffId;
}

/// @notice What the meters said about an open interval.
/// @param promisedSupply Production promised by the commitments that have been reported, in Wh.
/// @param promisedDemand Consumption promised by the commitments that have been reported, in Wh.
/// @param supply Production delivered, each commitment's up to its promise, in Wh.
/// @param demand Consumption taken, each commitment's up to its promise, in Wh.
struct Metered {
    uint56 promisedSupply;
    uint56 promisedDemand;
    uint56 supply;
    uint56 demand;
}

/// @notice What closing an interval fixed. Kept for good, so that a claim never expires.
/// @param price The price between neighbours, in wei per Wh.
/// @param sellPrice What a producer receives per Wh delivered, in wei.
/// @param buyPrice What a consumer pays per Wh taken, in wei.
/// @param penalty What a Wh promised and not delivered (or not taken) costs, in wei.
/// @param supplyFill Part of the production that neighbours bought, in 1/10,000, rounded down; 0 where there was none.
/// @param demandFill Part of the consumption that neighbours met, likewise.
struct Result {
    uint256 price;
    uint256 sellPrice;
    uint256 buyPrice;
    uint256 penalty;
    uint256 supplyFill;
    uint256 demandFill;
}

/// @notice A meter's statement about one commitment in one interval.
/// @param commitmentId The commitment.
/// @param delivered Energy delivered or taken, in Wh. What exceeds the promise is not this market's business.
struct Reading {
    uint256 commitmentId;
    uint256 delivered;
}

/// @dev The window of open intervals, and the longest commitment: a day of hours.
uint24 constant WINDOW = 24;
