// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title A network of two hidden layers with ReLU in whole numbers: y = W3·relu(W2·relu(W1·x + b1) + b2) + b3.
/// @dev Nothing is rounded between layers: ReLU lets a positive factor through, so the factors by which weights were made
/// whole numbers are divided out once, at the end, by whoever uses the output.
///
/// Eight numbers of 32 bits share a word, the first one lowest, as the sum of number · 2^(32·lane), carries and borrows
/// included. Such a word times a whole number is the word of the eight products, so that one MUL and one ADD make eight
/// steps of a dot product. No sum may leave its 32 bits; `dem.proofs.integer` refuses networks whose could.
///
/// Layout, in words: inputs; hidden (a multiple of eight); unit; W1, a row of hidden/8 words for each input; b1, one such row;
/// W2, a row for each hidden unit; b2; W3, one row; b3, a word.
library IntegerNetwork {
    uint256 private constant WORD = 32;
    uint256 private constant LANES = 8;
    uint256 private constant LANE_BYTES = 4;
    uint256 private constant HEADER = 3;

    /// @notice A network in memory.
    /// @param inputs Numbers of a state that it reads.
    /// @param hidden Units in each hidden layer.
    /// @param unit The output that stands for full power.
    /// @param words Where its weights begin in memory.
    struct Network {
        uint256 inputs;
        uint256 hidden;
        int64 unit;
        uint256 words;
    }

    /// @notice The code is not that of a network.
    /// @param weights Whose code.
    error NotANetwork(address weights);

    /// @notice Brings a network from a contract's code into memory.
    /// @param weights A `PolicyWeights`.
    /// @return network It.
    function load(address weights) internal view returns (Network memory network) {
        bytes memory code = weights.code;
        if (code.length <= HEADER * WORD || code[0] != 0) revert NotANetwork(weights);
        uint256 start;
        // Past the length and the STOP.
        assembly ("memory-safe") {
            start := add(code, 33)
        }
        network.inputs = _at(start);
        network.hidden = _at(start + WORD);
        network.unit = int64(int256(_at(start + 2 * WORD)));
        network.words = start + HEADER * WORD;
        bool shaped = network.inputs != 0 && network.inputs <= WORD && network.hidden != 0
            && network.hidden <= type(uint8).max && network.hidden % LANES == 0 && network.unit > 0;
        if (!shaped || code.length != 1 + WORD * _size(network)) revert NotANetwork(weights);
    }

    /// @notice The number that is added to every answer.
    /// @param network It.
    /// @return Its last word.
    function bias(Network memory network) internal pure returns (int256) {
        return int256(_at(network.words + WORD * (_size(network) - HEADER - 1)));
    }

    /// @notice What a network answers.
    /// @param network It.
    /// @param state What it sees.
    /// @return output The answer.
    function run(Network memory network, bytes32 state) internal pure returns (int256 output) {
        uint256[] memory values = _unpacked(state, network.inputs);
        uint256 words = network.words;
        (values, words) = _layer(values, network.inputs, network.hidden, words);
        (values, words) = _layer(values, network.hidden, network.hidden, words);
        for (uint256 first = 0; first < network.hidden; first += LANES) {
            output += _dot(values, first, _at(words));
            words += WORD;
        }
        output += int256(_at(words));
    }

    /// @dev One hidden layer, and where the next one's words begin.
    function _layer(uint256[] memory values, uint256 inputs, uint256 hidden, uint256 words)
        private
        pure
        returns (uint256[] memory next, uint256 end)
    {
        next = new uint256[](hidden);
        uint256 row = hidden * LANE_BYTES;
        end = words + row * inputs;
        for (uint256 column = 0; column < row; column += WORD) {
            _rectify(next, column / LANE_BYTES, _sums(values, words + column, row, _at(end + column)));
        }
        end += row;
    }

    /// @dev Values times words that are `row` bytes apart, added to `sums`. The only loop that matters for gas: four steps at a
    /// time, for which arrays of values end in zeros; the words that these are multiplied with do not matter. Words wrap
    /// around, as lanes below zero borrow.
    function _sums(uint256[] memory values, uint256 words, uint256 row, uint256 sums) private pure returns (uint256) {
        assembly ("memory-safe") {
            let value := add(values, 32)
            let last := add(value, mul(32, mload(values)))
            for {} lt(value, last) { value := add(value, 128) } {
                sums := add(sums, mul(mload(value), mload(words)))
                words := add(words, row)
                sums := add(sums, mul(mload(add(value, 32)), mload(words)))
                words := add(words, row)
                sums := add(sums, mul(mload(add(value, 64)), mload(words)))
                words := add(words, row)
                sums := add(sums, mul(mload(add(value, 96)), mload(words)))
                words := add(words, row)
            }
        }
        return sums;
    }

    /// @dev Takes eight numbers out of a word, negative ones as zero.
    function _rectify(uint256[] memory values, uint256 first, uint256 word) private pure {
        assembly ("memory-safe") {
            let place := add(add(values, 32), mul(32, first))
            for { let last := add(place, 256) } lt(place, last) { place := add(place, 32) } {
                let lane := signextend(3, word)
                mstore(place, mul(lane, sgt(lane, 0)))
                word := sar(32, sub(word, lane))
            }
        }
    }

    /// @dev Eight steps of the last layer's dot product.
    function _dot(uint256[] memory values, uint256 first, uint256 word) private pure returns (int256 sum) {
        assembly ("memory-safe") {
            let place := add(add(values, 32), mul(32, first))
            for { let last := add(place, 256) } lt(place, last) { place := add(place, 32) } {
                let lane := signextend(3, word)
                sum := add(sum, mul(lane, mload(place)))
                word := sar(32, sub(word, lane))
            }
        }
    }

    /// @dev The first numbers of a state, negative ones in two's complement, and zeros up to a multiple of four.
    function _unpacked(bytes32 state, uint256 count) private pure returns (uint256[] memory values) {
        values = new uint256[]((count + 3) & ~uint256(3));
        assembly ("memory-safe") {
            let place := add(values, 32)
            for { let last := add(place, mul(32, count)) } lt(place, last) { place := add(place, 32) } {
                mstore(place, signextend(0, state))
                state := shr(8, state)
            }
        }
    }

    /// @dev Words of a network, its header's included.
    function _size(Network memory network) private pure returns (uint256) {
        uint256 rows = network.inputs + network.hidden + 3;
        return HEADER + rows * network.hidden / LANES + 1;
    }

    function _at(uint256 place) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(place)
        }
    }
}
