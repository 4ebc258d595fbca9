// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IMeterOracle} from "../interfaces/IMeterOracle.sol";

/// @title A register of meters that anyone may change.
contract FixedPriceMetersMock is IMeterOracle {
    /// @inheritdoc IMeterOracle
    mapping(address home => address) public meterOf;

    /// @notice Accredits a meter; the zero address revokes.
    function accredit(address home, address meter) external {
        meterOf[home] = meter;
    }
}
