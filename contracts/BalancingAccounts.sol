// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Administered, ZeroAddress} from "./Administered.sol";
import {IBalancingAccounts} from "./interfaces/IBalancingAccounts.sol";
import {OPERATOR_ROLE, REGISTRAR_ROLE} from "./libraries/BalancingTypes.sol";
import {PAUSER_ROLE} from "./libraries/Roles.sol";

/// @title Balances in an ERC-20 currency, the reserve, and the list of identified producers and consumers.
/// @dev The currency is called in `deposit`, `withdraw`, `fundReserve` and `withdrawReserve` only, after the books have been
/// changed, and for the permit before a deposit. Trading moves numbers here, so that no token and no receiver can stand in its way.
abstract contract BalancingAccounts is IBalancingAccounts, Administered, Pausable, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev One slot of storage.
    struct Account {
        uint128 balance;
        bool producer;
        bool consumer;
    }

    /// @inheritdoc IBalancingAccounts
    IERC20 public immutable currency;

    /// @notice Whether trade has been opened; shares a slot of storage with the pause.
    bool public isOpen;

    /// @inheritdoc IBalancingAccounts
    uint128 public reserve;

    mapping(address owner => Account) private _accounts;

    /// @param admin Receives DEFAULT_ADMIN_ROLE, which grants the others.
    /// @param currency_ The currency. One that takes fees or changes balances by itself will not do.
    constructor(address admin, IERC20 currency_) Administered(admin) {
        if (address(currency_) == address(0)) revert ZeroAddress();
        currency = currency_;
    }

    // ------------------------------------------------------------------------------------------------ money

    /// @inheritdoc IBalancingAccounts
    function deposit(uint256 amount) public nonReentrant whenNotPaused {
        _credit(msg.sender, amount);
        emit Deposited(msg.sender, amount);
        _collect(amount);
    }

    /// @inheritdoc IBalancingAccounts
    function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // Whoever sees the signature may use it first. Then the approval is there, and the deposit goes through.
        try IERC20Permit(address(currency)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        deposit(amount);
    }

    /// @inheritdoc IBalancingAccounts
    function withdraw(uint256 amount, address to) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        _debit(msg.sender, amount);
        emit Withdrawn(msg.sender, to, amount);
        currency.safeTransfer(to, amount);
    }

    /// @inheritdoc IBalancingAccounts
    function fundReserve(uint256 amount) external nonReentrant {
        _addToReserve(amount);
        emit ReserveFunded(msg.sender, amount);
        _collect(amount);
    }

    /// @inheritdoc IBalancingAccounts
    function withdrawReserve(uint256 amount, address to) external nonReentrant onlyRole(OPERATOR_ROLE) {
        _takeFromReserve(amount);
        emit ReserveWithdrawn(to, amount);
        currency.safeTransfer(to, amount);
    }

    // ------------------------------------------------------------------------------------------------ roles

    /// @inheritdoc IBalancingAccounts
    function list(address account, bool producer, bool consumer) external onlyRole(REGISTRAR_ROLE) {
        (_accounts[account].producer, _accounts[account].consumer) = (producer, consumer);
        emit AccountListed(account, producer, consumer);
    }

    /// @inheritdoc IBalancingAccounts
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IBalancingAccounts
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    // ------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IBalancingAccounts
    function balanceOf(address account) external view returns (uint256) {
        return _accounts[account].balance;
    }

    /// @inheritdoc IBalancingAccounts
    function listed(address account) public view returns (bool producer, bool consumer) {
        return (_accounts[account].producer, _accounts[account].consumer);
    }

    // ------------------------------------------------------------------------------------------------ inside

    function _credit(address owner, uint256 amount) internal {
        _accounts[owner].balance = SafeCast.toUint128(_accounts[owner].balance + amount);
    }

    function _debit(address owner, uint256 amount) internal {
        uint256 available = _accounts[owner].balance;
        if (amount > available) revert InsufficientBalance(owner, amount, available);
        unchecked {
            _accounts[owner].balance = uint128(available - amount);
        }
    }

    function _addToReserve(uint256 amount) internal {
        reserve = SafeCast.toUint128(reserve + amount);
    }

    function _takeFromReserve(uint256 amount) internal {
        uint256 available = reserve;
        if (amount > available) revert InsufficientReserve(amount, available);
        reserve = uint128(available - amount);
    }

    /// @dev Takes the caller's money into the contract, the books having been changed already.
    function _collect(uint256 amount) private {
        if (amount == 0) revert ZeroAmount();
        uint256 before = currency.balanceOf(address(this));
        currency.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = currency.balanceOf(address(this)) - before;
        if (received != amount) revert UnexpectedTransfer(amount, received);
    }
}
