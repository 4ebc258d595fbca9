// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title A set of 24-bit keys that gives its lowest in three storage reads, however many there are.
/// @dev A tree of words with 256 children each: a bit says whether there is anything below.
library TickBitmap {
    /// @notice The set.
    /// @param root Which branches are not empty.
    /// @param branches Which leaves are not empty.
    /// @param leaves Which keys are in the set.
    struct Bitmap {
        uint256 root;
        mapping(uint256 => uint256) branches;
        mapping(uint256 => uint256) leaves;
    }

    /// @dev What `lowest` returns for an empty set.
    uint256 internal constant NONE = type(uint256).max;

    function insert(Bitmap storage self, uint256 key) internal {
        uint256 leaf = self.leaves[key >> 8];
        self.leaves[key >> 8] = leaf | _bit(key);
        if (leaf != 0) return;
        uint256 branch = self.branches[key >> 16];
        self.branches[key >> 16] = branch | _bit(key >> 8);
        if (branch == 0) self.root |= _bit(key >> 16);
    }

    function remove(Bitmap storage self, uint256 key) internal {
        uint256 leaf = self.leaves[key >> 8] & ~_bit(key);
        self.leaves[key >> 8] = leaf;
        if (leaf != 0) return;
        uint256 branch = self.branches[key >> 16] & ~_bit(key >> 8);
        self.branches[key >> 16] = branch;
        if (branch == 0) self.root &= ~_bit(key >> 16);
    }

    function lowest(Bitmap storage self) internal view returns (uint256) {
        uint256 root = self.root;
        if (root == 0) return NONE;
        uint256 branch = _lowestBit(root);
        uint256 leaf = (branch << 8) | _lowestBit(self.branches[branch]);
        return (leaf << 8) | _lowestBit(self.leaves[leaf]);
    }

    function _bit(uint256 key) private pure returns (uint256) {
        return 1 << (key & 0xff);
    }

    function _lowestBit(uint256 word) private pure returns (uint256) {
        unchecked {
            // Two's complement: a word and its negative share the lowest bit alone.
            return Math.log2(word & (~word + 1));
        }
    }
}
