// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IFixedPriceMarket} from "../interfaces/IFixedPriceMarket.sol";

/// @title A buyer that refuses money, or withdraws again while it receives some.
contract FixedPriceBuyerMock {
    IFixedPriceMarket private immutable _market;

    /// @notice Whether it refuses money.
    bool public refuses;

    /// @notice How often withdrawing again went through.
    uint256 public reentries;

    /// @notice The error of withdrawing again.
    bytes public lastError;

    constructor(IFixedPriceMarket market) {
        _market = market;
    }

    /// @notice Buys with the money sent.
    function buy(address seller, uint256 quantity) external payable returns (uint256) {
        return _market.buyEnergy{value: msg.value}(seller, quantity);
    }

    /// @notice Withdraws to itself.
    function withdraw() external {
        _market.withdraw(payable(address(this)));
    }

    /// @notice Withdraws to somebody else.
    function withdrawTo(address payable to) external {
        _market.withdraw(to);
    }

    /// @notice Chooses whether to refuse money.
    function setRefuses(bool refuses_) external {
        refuses = refuses_;
    }

    receive() external payable {
        require(!refuses, "no, thank you");
        try _market.withdraw(payable(address(this))) {
            ++reentries;
        } catch (bytes memory error) {
            lastError = error;
        }
    }
}
