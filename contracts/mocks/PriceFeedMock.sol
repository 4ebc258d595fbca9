// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MockV3Aggregator} from "@chainlink/contracts/src/v0.8/tests/MockV3Aggregator.sol";

/// @title Chainlink's own mock of a price feed, for the test chain: anyone sets the price.
contract PriceFeedMock is MockV3Aggregator {
    /// @param decimals_ Decimals of the answers.
    /// @param answer The first answer: the chain's currency per kWh.
    constructor(uint8 decimals_, int256 answer) MockV3Aggregator(decimals_, answer) {}
}
