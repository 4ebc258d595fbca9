// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Money and identities of the balancing market.
interface IBalancingAccounts {
    /// @notice Money came in.
    /// @param account Whose balance grew.
    /// @param amount By how much.
    event Deposited(address indexed account, uint256 amount);

    /// @notice Money went out.
    /// @param account Whose balance shrank.
    /// @param to Who received it.
    /// @param amount How much.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice The reserve grew from outside.
    /// @param from Who paid.
    /// @param amount How much.
    event ReserveFunded(address indexed from, uint256 amount);

    /// @notice The operator took from the reserve.
    /// @param to Who received it.
    /// @param amount How much.
    event ReserveWithdrawn(address indexed to, uint256 amount);

    /// @notice An account's place on the list changed.
    /// @param account Who.
    /// @param producer Whether it may sell.
    /// @param consumer Whether it may buy.
    event AccountListed(address indexed account, bool producer, bool consumer);

    /// @notice The balance does not cover it.
    /// @param account Whose.
    /// @param needed What it would take.
    /// @param available What there is.
    error InsufficientBalance(address account, uint256 needed, uint256 available);

    /// @notice The reserve does not cover it.
    /// @param needed What it would take.
    /// @param available What is free.
    error InsufficientReserve(uint256 needed, uint256 available);

    /// @notice The currency moved another amount than asked for, by a fee for instance.
    /// @param expected What was asked for.
    /// @param received What came.
    error UnexpectedTransfer(uint256 expected, uint256 received);

    /// @notice An amount or quantity of zero.
    error ZeroAmount();

    /// @notice Moves money from the caller's wallet to its balance here. The caller approves it before.
    /// @param amount How much.
    function deposit(uint256 amount) external;

    /// @notice The same with the approval as a signature (ERC-2612).
    /// @param amount How much.
    /// @param deadline Until when the signature holds.
    /// @param v Of the signature.
    /// @param r Of the signature.
    /// @param s Of the signature.
    function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Moves money out of the caller's balance. Works while the market is paused.
    /// @param amount How much.
    /// @param to Who receives it.
    function withdraw(uint256 amount, address to) external;

    /// @notice Adds to the reserve, from the caller's wallet.
    /// @param amount How much.
    function fundReserve(uint256 amount) external;

    /// @notice Takes from the reserve what no time slot needs. OPERATOR_ROLE only.
    /// @param amount How much.
    /// @param to Who receives it.
    function withdrawReserve(uint256 amount, address to) external;

    /// @notice Sets what an account may do. REGISTRAR_ROLE only. Orders already placed stay.
    /// @param account Who.
    /// @param producer Whether it may sell.
    /// @param consumer Whether it may buy.
    function list(address account, bool producer, bool consumer) external;

    /// @notice Stops deposits and new orders. PAUSER_ROLE only.
    function pause() external;

    /// @notice Ends the pause. PAUSER_ROLE only.
    function unpause() external;

    /// @notice The currency.
    /// @return The token.
    function currency() external view returns (IERC20);

    /// @notice The market's own money that no time slot needs.
    /// @return Units of the currency.
    function reserve() external view returns (uint128);

    /// @notice An account's money here, not bound by any order.
    /// @param account Whose.
    /// @return Units of the currency.
    function balanceOf(address account) external view returns (uint256);

    /// @notice What an account may do.
    /// @param account Who.
    /// @return producer Whether it may sell.
    /// @return consumer Whether it may buy.
    function listed(address account) external view returns (bool producer, bool consumer);
}
