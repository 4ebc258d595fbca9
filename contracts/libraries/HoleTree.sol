// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title How much was taken out of a queue before a place in it.
/// @dev Taking an order out leaves a hole in its queue; those behind move up by it. The sums of holes stand in a tree
/// whose nodes have four children, four sums of 64 bits a word. Level 0 holds the places themselves. The first
/// sum of a level above would grow with the queue without end, so it is not kept but added up from the level
/// below when needed. Cost follows the place: log4(place) words, whatever the queue's length.
library HoleTree {
    uint256 private constant SUM_BITS = 64;

    /// @notice Leaves a hole.
    /// @param nodes The words of all trees.
    /// @param tree The tree, below 2^56.
    /// @param place The place in the queue, from 0, below 2^31.
    /// @param amount Its size.
    function add(mapping(uint256 => uint256) storage nodes, uint256 tree, uint256 place, uint256 amount) internal {
        uint256 level;
        do {
            nodes[_key(tree, level, place >> 2)] += amount << ((place & 3) * SUM_BITS);
            place >>= 2;
            ++level;
        } while (place != 0);
    }

    /// @notice Sum of the holes before a place.
    /// @param nodes The words of all trees.
    /// @param tree The tree.
    /// @param place The place in the queue.
    /// @return sum The sum.
    function before(mapping(uint256 => uint256) storage nodes, uint256 tree, uint256 place)
        internal
        view
        returns (uint256 sum)
    {
        uint256 level;
        unchecked {
            // Sums are of 64 bits, levels at most 16.
            for (; place != 0; place >>= 2) {
                sum += _sum(nodes[_key(tree, level, place >> 2)] & ((1 << ((place & 3) * SUM_BITS)) - 1));
                ++level;
            }
            // The first sums that are not kept, below the highest level read.
            for (; level > 1; --level) {
                sum += _sum(nodes[_key(tree, level - 2, 0)]);
            }
        }
    }

    function _sum(uint256 word) private pure returns (uint256) {
        unchecked {
            return uint64(word) + uint256(uint64(word >> 64)) + uint64(word >> 128) + (word >> 192);
        }
    }

    function _key(uint256 tree, uint256 level, uint256 index) private pure returns (uint256) {
        return (tree << 40) | (level << 32) | index;
    }
}
