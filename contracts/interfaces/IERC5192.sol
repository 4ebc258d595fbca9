// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title ERC-5192: tokens that can be locked.
interface IERC5192 {
    /// @notice The token can no longer be transferred.
    /// @param tokenId The token.
    event Locked(uint256 tokenId);

    /// @notice The token can be transferred.
    /// @param tokenId The token.
    event Unlocked(uint256 tokenId);

    /// @notice Whether a token is locked.
    /// @param tokenId The token. Reverts where it does not exist.
    /// @return True while it cannot be transferred.
    function locked(uint256 tokenId) external view returns (bool);
}
