// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A currency that misbehaves: calls somebody during a transfer, takes a fee, or refuses one receiver.
contract BalancingCurrencyMock is ERC20 {
    /// @notice How often a call made during a transfer went through.
    uint256 public reentries;

    /// @notice The last error of such a call.
    bytes public lastError;

    address private _target;
    bytes private _call;
    uint256 private _fee;
    address private _refused;

    constructor() ERC20("Misbehaving", "BAD") {}

    /// @notice Creates money.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Chooses a call to make during each transfer; none for the zero address.
    function callDuringTransfer(address target, bytes calldata data) external {
        (_target, _call) = (target, data);
    }

    /// @notice Chooses a fee taken of every transfer.
    function setFee(uint256 fee) external {
        _fee = fee;
    }

    /// @notice Chooses a receiver to refuse.
    function refuse(address receiver) external {
        _refused = receiver;
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(to != _refused || to == address(0), "refused");
        super._update(from, to, amount);
        if (_fee != 0 && from != address(0) && to != address(0)) super._update(to, address(0), _fee);
        if (_target == address(0)) return;
        (bool done, bytes memory answer) = _target.call(_call);
        if (done) {
            ++reentries;
        } else {
            lastError = answer;
        }
    }
}
