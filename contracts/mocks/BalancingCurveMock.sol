// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BalancingCurve, Curve} from "../libraries/BalancingCurve.sol";

/// @title The curve by itself, many points a call, to be compared with its twin off chain.
contract BalancingCurveMock {
    using BalancingCurve for Curve;

    /// @notice Costs of many curves at many states: the i-th of each.
    function costs(Curve[] calldata curves, int256[] calldata nets) external pure returns (int256[] memory values) {
        values = new int256[](nets.length);
        for (uint256 i = 0; i < nets.length; ++i) {
            values[i] = curves[i].cost(nets[i]);
        }
    }

    /// @notice Marginal prices, likewise.
    function marginalPrices(Curve[] calldata curves, int256[] calldata nets)
        external
        pure
        returns (uint256[] memory numerators, uint256[] memory denominators)
    {
        (numerators, denominators) = (new uint256[](nets.length), new uint256[](nets.length));
        for (uint256 i = 0; i < nets.length; ++i) {
            (numerators[i], denominators[i]) = curves[i].marginalPrice(nets[i]);
        }
    }

    /// @notice Worst cases, likewise.
    function worstCaseLosses(Curve[] calldata curves) external pure returns (uint256[] memory values) {
        values = new uint256[](curves.length);
        for (uint256 i = 0; i < curves.length; ++i) {
            values[i] = curves[i].worstCaseLoss();
        }
    }

    /// @notice Gas of one evaluation.
    function gasOfCost(Curve calldata curve, int256 net) external view returns (uint256) {
        Curve memory copy = curve;
        uint256 before = gasleft();
        copy.cost(net);
        return before - gasleft();
    }
}
