// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IActionVerifier} from "./interfaces/IActionVerifier.sol";
import {IHalo2Verifier} from "./interfaces/IHalo2Verifier.sol";

/// @title Verifies actions by a zero-knowledge proof, through the verifier that ezkl generated for the policy's circuit.
/// @dev The weights are in that verifier's key. That they are those of `policyHash` cannot be seen here: whoever lists
/// this contract has generated the verifier again from the weights and compared, see `AUDITOR_ROLE`.
contract ProofVerifier is IActionVerifier {
    /// @dev Order of the scalar field of BN254.
    uint256 private constant FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @dev Makes a byte in two's complement one from 0 to 255, in all bytes of a state.
    uint256 private constant SHIFT = 0x8080808080808080808080808080808080808080808080808080808080808080;

    /// @dev Numbers of a state in one public number.
    uint256 private constant DIGITS = 4;

    /// @notice The generated verifier.
    IHalo2Verifier public immutable halo2;

    /// @inheritdoc IActionVerifier
    bytes32 public immutable policyHash;

    /// @inheritdoc IActionVerifier
    int64 public immutable unit;

    /// @notice Numbers of a state that the circuit reads.
    uint256 public immutable inputs;

    /// @notice Actions that one proof is for.
    uint256 public immutable actions;

    /// @notice A circuit of this shape cannot be.
    error InvalidCircuit();

    /// @param halo2_ The generated verifier.
    /// @param policyHash_ Hash of the policy's weights.
    /// @param unit_ The output that stands for full power.
    /// @param inputs_ Numbers of a state that the circuit reads, 1 to 32.
    /// @param actions_ Actions that one proof is for.
    constructor(IHalo2Verifier halo2_, bytes32 policyHash_, int64 unit_, uint256 inputs_, uint256 actions_) {
        bool possible = address(halo2_).code.length != 0 && inputs_ != 0 && inputs_ <= 32 && actions_ != 0;
        if (!possible || unit_ <= 0 || policyHash_ == 0) revert InvalidCircuit();
        halo2 = halo2_;
        policyHash = policyHash_;
        unit = unit_;
        inputs = inputs_;
        actions = actions_;
    }

    /// @inheritdoc IActionVerifier
    function verify(bytes32[] calldata states, int64[] calldata outputs, bytes calldata proof)
        external
        view
        returns (bool)
    {
        if (states.length != actions || outputs.length != actions) return false;
        try halo2.verifyProof(proof, _instances(states, outputs)) returns (bool holds) {
            return holds;
        } catch {
            return false;
        }
    }

    /// @dev The circuit's public numbers: all states, packed, then all outputs. The circuit proves that packed numbers
    /// have digits of 30 bits, so no other state has the same; 64 bits leave no second output for the same element.
    function _instances(bytes32[] calldata states, int64[] calldata outputs)
        private
        view
        returns (uint256[] memory instances)
    {
        uint256 count = states.length;
        uint256 groups = (inputs + DIGITS - 1) / DIGITS;
        uint256 read = type(uint256).max >> (256 - 8 * inputs);
        instances = new uint256[](count * (groups + 1));
        uint256 next = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 state = (uint256(states[i]) ^ SHIFT) & read;
            for (uint256 j = 0; j < groups; ++j) {
                instances[next++] = _packed(state);
                state >>= 8 * DIGITS;
            }
        }
        for (uint256 i = 0; i < count; ++i) {
            instances[next++] = _element(outputs[i]);
        }
    }

    /// @dev The four lowest bytes, 30 bits apart.
    function _packed(uint256 state) private pure returns (uint256) {
        return (state & 0xff) | ((state & 0xff00) << 22) | ((state & 0xff0000) << 44) | ((state & 0xff000000) << 66);
    }

    function _element(int256 number) private pure returns (uint256) {
        return number < 0 ? FIELD - uint256(-number) : uint256(number);
    }
}
