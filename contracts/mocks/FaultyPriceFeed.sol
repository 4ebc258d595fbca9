// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @title A price feed that can fail in every way a feed can.
contract FaultyPriceFeed is AggregatorV3Interface {
    /// @notice How it answers.
    enum Mode {
        Answer,
        Revert,
        Truncate,
        Garbage,
        Flood
    }

    /// @dev Bytes of the longest answer, and a little more gas than their memory takes.
    uint256 private constant FLOOD_SIZE = 500_000;
    uint256 private constant FLOOD_GAS = 550_000;

    /// @dev A round as Chainlink reports it.
    struct Round {
        uint80 roundId;
        int256 answer;
        uint256 startedAt;
        uint256 updatedAt;
        uint80 answeredInRound;
    }

    /// @inheritdoc AggregatorV3Interface
    uint8 public decimals;

    /// @notice How it answers now.
    Mode public mode;

    Round private _round;

    /// @param decimals_ Decimals at first.
    /// @param answer The first answer, as of now.
    constructor(uint8 decimals_, int256 answer) {
        decimals = decimals_;
        _round = Round(1, answer, block.timestamp, block.timestamp, 1);
    }

    /// @notice Changes the decimals.
    /// @param decimals_ The new ones.
    function setDecimals(uint8 decimals_) external {
        decimals = decimals_;
    }

    /// @notice Changes how it answers.
    /// @param mode_ The new way.
    function setMode(Mode mode_) external {
        mode = mode_;
    }

    /// @notice Sets the latest round.
    /// @param roundId Its number.
    /// @param answer Its answer.
    /// @param updatedAt When it was answered.
    /// @param answeredInRound The round the answer is from.
    function setRound(uint80 roundId, int256 answer, uint256 updatedAt, uint80 answeredInRound) external {
        _round = Round(roundId, answer, updatedAt, updatedAt, answeredInRound);
    }

    /// @inheritdoc AggregatorV3Interface
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        if (mode == Mode.Revert) revert("feed down");
        if (mode == Mode.Truncate) _answer(32, 1);
        if (mode == Mode.Garbage) _answer(160, type(uint256).max);
        if (mode == Mode.Flood) _flood();
        return (_round.roundId, _round.answer, _round.startedAt, _round.updatedAt, _round.answeredInRound);
    }

    /// @inheritdoc AggregatorV3Interface
    function getRoundData(uint80) external view returns (uint80, int256, uint256, uint256, uint80) {
        return (_round.roundId, _round.answer, _round.startedAt, _round.updatedAt, _round.answeredInRound);
    }

    /// @inheritdoc AggregatorV3Interface
    function description() external pure returns (string memory) {
        return "a feed that fails";
    }

    /// @inheritdoc AggregatorV3Interface
    function version() external pure returns (uint256) {
        return 1;
    }

    /// @dev Uses up almost all gas, by a curve point (1, 1) that is none, and the rest for an answer so long that who
    /// copies it needs as much again.
    function _flood() private view {
        assembly ("memory-safe") {
            mstore(0, 1)
            mstore(32, 1)
            pop(staticcall(sub(gas(), FLOOD_GAS), 6, 0, 64, 0, 0))
            return(0, FLOOD_SIZE)
        }
    }

    /// @dev Ends the call with `size` bytes of words that all hold `word`.
    function _answer(uint256 size, uint256 word) private pure {
        assembly ("memory-safe") {
            let start := mload(0x40)
            for { let i := 0 } lt(i, size) { i := add(i, 32) } { mstore(add(start, i), word) }
            return(start, size)
        }
    }
}
