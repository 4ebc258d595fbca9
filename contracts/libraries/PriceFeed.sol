// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @title Reads a Chainlink feed and doubts it.
/// @dev Never reverts: what a feed may do wrong, a revert or a malformed answer included, comes back as unhealthy, for
/// the caller to decide what stops and what goes on.
library PriceFeed {
    /// @dev wei per kWh → wei per Wh.
    uint256 private constant WH_PER_KWH = 1000;

    /// @dev The chain's currency has 18 decimals.
    uint256 private constant WEI = 1e18;

    /// @dev What a feed may use up in one call, ten times what Chainlink's need. The caller keeps the rest, and copying the
    /// longest answer that this pays for takes no more once again.
    uint256 private constant CALL_GAS = 300_000;

    /// @notice What a feed says.
    /// @param healthy Whether every check passed.
    /// @param price Wei per Wh, rounded down; 0 where unhealthy.
    /// @param validUntil Timestamp after which it is stale; 0 where unhealthy.
    struct Quote {
        bool healthy;
        uint56 price;
        uint40 validUntil;
    }

    /// @notice The feed's latest price, if it can be relied on.
    /// @param feed Answers in the chain's currency per kWh.
    /// @param decimals The decimals it must have.
    /// @param maxAge The age from which it is stale, in seconds.
    /// @return quote The price, or that there is none.
    function read(AggregatorV3Interface feed, uint8 decimals, uint256 maxAge)
        internal
        view
        returns (Quote memory quote)
    {
        (bool answered, bytes memory data) =
            address(feed).staticcall{gas: CALL_GAS}(abi.encodeCall(feed.latestRoundData, ()));
        if (!answered || data.length < 160 || !_hasDecimals(feed, decimals)) return quote;
        // As whole words: decoding narrower types would revert on a malformed answer.
        (uint256 roundId, int256 answer,, uint256 updatedAt, uint256 answeredInRound) =
            abi.decode(data, (uint256, int256, uint256, uint256, uint256));
        if (answer <= 0 || updatedAt == 0 || roundId == 0 || answeredInRound < roundId) return quote;
        if (updatedAt > block.timestamp || block.timestamp - updatedAt > maxAge) return quote;
        uint256 whole = uint256(answer);
        if (whole > type(uint128).max) return quote;
        whole = whole * WEI / (WH_PER_KWH * 10 ** decimals);
        if (whole > type(uint56).max) return quote;
        return Quote(true, uint56(whole), uint40(updatedAt + maxAge));
    }

    /// @dev Whether the feed still has the decimals it is converted with.
    function _hasDecimals(AggregatorV3Interface feed, uint8 decimals) private view returns (bool) {
        (bool answered, bytes memory data) = address(feed).staticcall{gas: CALL_GAS}(abi.encodeCall(feed.decimals, ()));
        return answered && data.length >= 32 && abi.decode(data, (uint256)) == decimals;
    }
}
